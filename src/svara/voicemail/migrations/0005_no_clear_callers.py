from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voicemail", "0004_seal_callers")]

    operations = [
        migrations.RemoveField("message", "caller_name"),
        migrations.AlterField("message", "caller_index", models.CharField(blank=True, max_length=64)),
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("caller_index", ""), _negated=True),
                fields=["tenant", "caller_index"],
                name="message_by_outside",
            ),
        ),
    ]
