from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0016_split_cases_and_reveal_pictures"),
    ]

    operations = [
        migrations.AddField(
            model_name="collection",
            name="astray_since",
            field=models.DateTimeField(
                blank=True,
                help_text="found in another state than SQL knows, and not made good since",
                null=True,
            ),
        ),
    ]
