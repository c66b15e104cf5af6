import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0010_flag_what_was_done_to_pictures"),
    ]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="changed_share",
            field=models.FloatField(
                blank=True, help_text="of the area that both show, the share that differs, 0 to 1", null=True
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="certain_changed_share",
            field=models.FloatField(
                default=0.001,
                help_text=(
                    "Of the area that both pictures show. If more of it differs and what differs looks like lettering, "
                    "as with two captions on one picture, the pair is never certain."
                ),
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
                verbose_name="Geometry: certain up to changed lettering",
            ),
        ),
    ]
