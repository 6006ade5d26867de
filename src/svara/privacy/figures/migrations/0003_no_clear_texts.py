from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("figures", "0002_sealed_texts")]

    operations = [
        migrations.RemoveField("reveal", "reason_clear"),
    ]
