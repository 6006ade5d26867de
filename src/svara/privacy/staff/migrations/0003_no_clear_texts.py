from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_sealed_texts")]

    operations = [
        migrations.RemoveField("grant", "reason_clear"),
        migrations.RemoveField("operatorkey", "reason_clear"),
    ]
