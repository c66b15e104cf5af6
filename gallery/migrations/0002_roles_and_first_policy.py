"""Data: the groups with their permissions, the first policy, the head of the audit chain."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

VIEWABLE = [
    "album", "auditentry", "case", "casecomment", "collection", "decision", "embedding", "fingerprint", "image",
    "journalentry", "merge", "outboxentry", "pair", "policy", "storedfile", "tag", "user", "verdict",
]  # fmt: skip

REVIEW = ["review_case"]
OVERRIDE = [*REVIEW, "override_decision"]
VIEW = [f"view_{model}" for model in VIEWABLE]

PERMISSIONS = {
    "uploader": [],
    "moderator": REVIEW,
    "senior": OVERRIDE,
    "admin": [
        *VIEW, "inspect", "add_policy", "change_policy", "add_user", "change_user", "change_image",
        "change_outboxentry", "delete_outboxentry",
    ],
    "auditor": [*VIEW, "inspect"],
}  # fmt: skip


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    from django.apps import apps as real_apps

    # Permissions are made after all migrations; the groups need them now.
    create_permissions(
        real_apps.get_app_config("gallery"), verbosity=0, apps=apps, using=schema_editor.connection.alias
    )
    permission = apps.get_model("auth", "Permission")
    group = apps.get_model("auth", "Group")
    for name, codenames in PERMISSIONS.items():
        made, _created = group.objects.get_or_create(name=name)
        found = permission.objects.filter(content_type__app_label="gallery", codename__in=codenames)
        missing = set(codenames) - set(found.values_list("codename", flat=True))
        if missing:
            raise RuntimeError(f"permissions that no model has: {sorted(missing)}")
        made.permissions.set(found)
    apps.get_model("gallery", "Policy").objects.create(
        version=1, state="in_force", note="Measured defaults.", published_at=timezone.now()
    )
    apps.get_model("gallery", "AuditChain").objects.create(pk=1)


def unmake(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=PERMISSIONS).delete()
    # Straight to the table: Django's collector would first look for rows that refer to these, through model classes
    # of another migration state. The database's own constraints keep a policy that is in use.
    for name in ("Policy", "AuditChain"):
        apps.get_model("gallery", name).objects.all()._raw_delete(schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, unmake)]
