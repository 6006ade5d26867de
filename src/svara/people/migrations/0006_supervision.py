from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_former_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="queue",
            name="supervision",
            field=models.CharField(default="off", max_length=20),
        ),
    ]
