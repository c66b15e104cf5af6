"""Data: how much differs in pairs that were compared before that was a column of its own."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AT_ONCE = 500


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    pairs = apps.get_model("gallery", "Pair").objects.only("pk", "evidence").order_by("pk")
    last = 0
    # Evidence may be large: so many at a time.
    while found := list(pairs.filter(pk__gt=last)[:AT_ONCE]):
        last = found[-1].pk
        compared = [pair for pair in found if pair.evidence]
        for pair in compared:
            pair.changed_share = pair.evidence["transformation"]["changed_share"]
        pairs.bulk_update(compared, ["changed_share"])


class Migration(migrations.Migration):
    dependencies = [("gallery", "0011_measure_how_much_differs")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
