"""
Data: the first policy of a site that has compared nothing yet goes by the newer default.

A published version never changes once a pair was weighed by it: sites in use adopt the default by publishing.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BEFORE = {"similarity_review": 0.75, "pdq_review": 60}
AFTER = {"similarity_review": 0.95, "pdq_review": 44}


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    move(apps, BEFORE, AFTER)


def unmake(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    move(apps, AFTER, BEFORE)


def move(apps: Apps, before: dict[str, float], after: dict[str, float]) -> None:
    if not apps.get_model("gallery", "Pair").objects.exists():
        first = apps.get_model("gallery", "Policy").objects.filter(version=1, published_by=None)
        first.filter(**before).update(**after)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0018_weigh_words_and_documents")]
    operations = [migrations.RunPython(make, unmake)]
