import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0020_fold_batches_into_one_case"),
    ]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="certain_lettered_share",
            field=models.FloatField(
                default=0.15,
                help_text="Of the area that both pictures show. A caption, a sticker or a watermark on one of them only may cover so much of it, and the pair is still certain if all the rest agrees. 0 leaves every such pair to people.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
                verbose_name="Geometry: certain up to lettering on one",
            ),
        ),
        migrations.AlterField(
            model_name="pair",
            name="traits",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="of the evidence: 1 mirrored, 2 turned, 4 cropped, 8 grey, 16 lettering, 32 framed, 64 other words, 128 lettering on one only",
            ),
        ),
    ]
