from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0014_keep_collections_fed"),
    ]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="standing_out",
            field=models.FloatField(
                blank=True,
                help_text="similarity less what both have with unrelated pictures on average, -2 to 2",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="use_background",
            field=models.BooleanField(
                default=False,
                help_text=(
                    "Compare first those candidates whose similarity stands out from what both pictures have with "
                    "unrelated ones. Takes effect from 1,000 images on; it hides nothing."
                ),
                verbose_name="rank by what stands out",
            ),
        ),
    ]
