from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0009_signed_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="codes",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="account",
            name="call_waiting",
            field=models.CharField(default="ring", max_length=8),
        ),
    ]
