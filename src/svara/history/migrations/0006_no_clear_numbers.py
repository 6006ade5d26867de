from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("history", "0005_seal_outside_parties")]

    operations = [
        migrations.RemoveIndex("missedcaller", "missed_by_number"),
        migrations.RemoveField("missedcaller", "caller_name"),
        migrations.RemoveField("missedcaller", "number"),
        migrations.AlterField("missedcaller", "index", models.CharField(blank=True, max_length=64)),
        migrations.AddIndex("missedcaller", models.Index(fields=["tenant", "index", "state"], name="missed_by_index")),
    ]
