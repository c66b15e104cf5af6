"""One submit for many cases, filters that are kept, and flags to filter pairs by."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0008_let_admins_see_self_tests"),
    ]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="traits",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="of the evidence: 1 mirrored, 2 turned, 4 cropped, 8 grey, 16 lettering, 32 framed"
            ),
        ),
        migrations.CreateModel(
            name="BulkJob",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("different", "different"),
                            ("related", "related"),
                            ("intentional", "intentional copy"),
                            ("merge", "merged"),
                            ("undo", "undone"),
                        ],
                        max_length=12,
                    ),
                ),
                ("filters", models.JSONField(blank=True, default=dict)),
                ("reason", models.CharField(blank=True, help_text="one of the action's short list", max_length=40)),
                ("note", models.TextField(blank=True, max_length=2000)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "at work"),
                            ("done", "done"),
                            ("cancelled", "stopped"),
                            ("undoing", "being taken back"),
                            ("undone", "taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, help_text="cases chosen")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("undo_reason", models.CharField(blank=True, max_length=400)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bulk_jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField(help_text="its place in the job, from 1")),
                ("case_version", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("decided", "decided"),
                            ("left_out", "left out"),
                            ("undone", "taken back"),
                            ("stands", "still stands"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("code", models.CharField(blank=True, help_text="why it was left out or still stands", max_length=24)),
                ("sentence", models.CharField(blank=True, help_text="the same, for people", max_length=600)),
                ("pairs_closed", models.PositiveIntegerField(default=0)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bulk_items", to="gallery.case"
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="gallery.bulkjob"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("filters", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddIndex(
            model_name="bulkjob",
            index=models.Index(fields=["actor", "-created_at"], name="bulk_job_by_actor"),
        ),
        migrations.AddIndex(
            model_name="bulkitem",
            index=models.Index(fields=["job", "state", "number"], name="bulk_item_next"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(fields=("job", "case"), name="bulk_item_once"),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="saved_filter_name_once"),
        ),
    ]
