from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0012_read_how_much_differs"),
    ]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="deep_search",
            field=models.BooleanField(
                default=False,
                help_text=(
                    "Also look at the quarters of every new picture: finds pictures in collages. Takes five times as "
                    "much work of the network and room in the index."
                ),
                verbose_name="deep search",
            ),
        ),
        migrations.AlterField(
            model_name="embedding",
            name="view",
            field=models.CharField(
                choices=[
                    ("whole", "the whole picture"),
                    ("region", "the content of a screenshot or frame"),
                    ("q1", "the upper left quarter"),
                    ("q2", "the upper right quarter"),
                    ("q3", "the lower left quarter"),
                    ("q4", "the lower right quarter"),
                ],
                default="whole",
                max_length=8,
            ),
        ),
    ]
