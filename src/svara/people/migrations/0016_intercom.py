from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0015_handsets"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="intercom",
            field=models.BooleanField(default=False),
        ),
    ]
