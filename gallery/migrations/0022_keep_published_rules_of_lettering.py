"""
Data: a policy that pairs were weighed by goes on leaving every lettered pair to people.

A published version never changes once a pair was weighed by it: sites in use adopt the default by publishing.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def keep(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if apps.get_model("gallery", "Pair").objects.exists():
        apps.get_model("gallery", "Policy").objects.update(certain_lettered_share=0.0)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0021_weigh_lettering_on_one")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
