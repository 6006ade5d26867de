from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0013_conferences"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="parking",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="account",
            name="pickup",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
