"""Data: the flags of pairs that were compared before there were flags."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AT_ONCE = 500
ALL = 0.97


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    pairs = apps.get_model("gallery", "Pair").objects.only("pk", "evidence").order_by("pk")
    last = 0
    # Evidence may be large: so many at a time.
    while found := list(pairs.filter(pk__gt=last)[:AT_ONCE]):
        last = found[-1].pk
        for pair in found:
            pair.traits = flags_of(pair.evidence["transformation"]) if pair.evidence else 0
        pairs.bulk_update(found, ["traits"])


def flags_of(found: dict[str, Any]) -> int:
    """1 mirrored, 2 turned, 4 cropped, 8 grey, 16 lettering, 32 framed."""
    parts = (found["first"], found["second"])
    holds = (
        found["mirrored"],
        abs(found["angle"]) >= 1,
        any(part["share"] < ALL and part["surroundings"] == "scene" for part in parts),
        parts[0]["grey"] != parts[1]["grey"],
        any(part["lettered"] for part in parts),
        any(part["share"] < ALL and part["surroundings"] in ("plain", "other") for part in parts),
    )
    return sum(1 << place for place, is_so in enumerate(holds) if is_so)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0009_answer_many_cases_at_once")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
