"""Data: admins and auditors may look at the self-tests."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GROUPS = ["admin", "auditor"]
PERMISSION = {"content_type__app_label": "gallery", "codename": "view_selftest"}


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    from django.apps import apps as real_apps

    # Permissions are made after all migrations; the groups need this one now.
    create_permissions(
        real_apps.get_app_config("gallery"), verbosity=0, apps=apps, using=schema_editor.connection.alias
    )
    permission = apps.get_model("auth", "Permission").objects.get(**PERMISSION)
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(permission)


def unmake(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    permissions = apps.get_model("auth", "Permission").objects.filter(**PERMISSION)
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0007_api_tokens")]
    operations = [migrations.RunPython(make, unmake)]
