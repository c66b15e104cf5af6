from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0025_look_at_transparency_over_black"),
    ]

    operations = [
        migrations.AlterField(
            model_name="pair",
            name="pdq_distance",
            field=models.PositiveSmallIntegerField(
                blank=True, help_text="0 to 256, best of 8 dihedral and of the negative's", null=True
            ),
        ),
        migrations.AlterField(
            model_name="pair",
            name="traits",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="of the evidence: 1 mirrored, 2 turned, 4 cropped, 8 grey, 16 lettering, 32 framed, 64 other words, 128 lettering on one only, 256 inverted colours",
            ),
        ),
    ]
