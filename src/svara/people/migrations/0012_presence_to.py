from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0011_line_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="presence_to",
            field=models.CharField(
                choices=[("everybody", "everybody"), ("colleagues", "colleagues"), ("nobody", "nobody")],
                default="everybody",
                max_length=10,
            ),
        ),
    ]
