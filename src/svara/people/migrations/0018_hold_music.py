from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0017_calendars"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="hold_music",
            field=models.CharField(choices=[("music", "music"), ("silence", "silence")], default="music", max_length=8),
        ),
    ]
