from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0013_look_at_quarters"),
    ]

    operations = [
        migrations.AddField(
            model_name="collection",
            name="fed_by",
            field=models.CharField(
                blank=True,
                help_text="the network that new images are shown to for it, though the policy may name another",
                max_length=20,
            ),
        ),
    ]
