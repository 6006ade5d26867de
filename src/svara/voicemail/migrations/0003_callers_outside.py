from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voicemail", "0002_subjects")]

    operations = [
        migrations.AddField("message", "caller_index", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField("message", "caller_sealed", models.BinaryField(default=b"")),
        migrations.AlterField("message", "caller_number", models.CharField(blank=True, max_length=200)),
    ]
