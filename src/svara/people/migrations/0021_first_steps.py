from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0020_session_facts"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="first_steps",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
