from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rights", "0009_sealed_texts")]

    operations = [
        migrations.RemoveField("hold", "reason_clear"),
        migrations.RemoveField("link", "verified_clear"),
    ]
