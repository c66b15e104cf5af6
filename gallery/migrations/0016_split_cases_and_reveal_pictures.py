import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0015_tell_what_stands_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="storedfile",
            name="tiled_at",
            field=models.DateTimeField(
                blank=True, help_text="when tiles of all its pixels were made; None if there are none", null=True
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="break_minutes",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "never"), (30, "after 30 minutes"), (60, "after 60 minutes"), (90, "after 90 minutes")],
                default=0,
                help_text="Minutes of work without one.",
                verbose_name="remind me of a break",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="hide_thumbnails",
            field=models.BooleanField(default=False, verbose_name="lists without pictures"),
        ),
        migrations.AddField(
            model_name="user",
            name="swipe_to_decide",
            field=models.BooleanField(default=True, verbose_name="swipe to decide"),
        ),
        migrations.AlterField(
            model_name="bulkjob",
            name="action",
            field=models.CharField(
                choices=[
                    ("different", "different"),
                    ("related", "related"),
                    ("intentional", "intentional copy"),
                    ("merge", "merged"),
                    ("split", "split"),
                    ("undo", "undone"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="decision",
            name="action",
            field=models.CharField(
                choices=[
                    ("different", "different"),
                    ("related", "related"),
                    ("intentional", "intentional copy"),
                    ("merge", "merged"),
                    ("split", "split"),
                    ("undo", "undone"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="concealment",
            field=models.CharField(
                choices=[
                    ("site", "as this site does it"),
                    ("none", "show pictures"),
                    ("grey", "grey until revealed"),
                    ("blur", "blurred until revealed"),
                ],
                default="site",
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="Reveal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reveals", to="gallery.image"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reveals", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "image", "day"), name="reveal_once_a_day")],
            },
        ),
        migrations.CreateModel(
            name="SplitPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part", models.PositiveSmallIntegerField(help_text="0 or 1: the side")),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="gallery.decision"
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="split_parts", to="gallery.image"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("decision", "image"), name="split_image_once"),
                    models.CheckConstraint(condition=models.Q(("part__in", [0, 1])), name="split_has_two_sides"),
                ],
            },
        ),
    ]
