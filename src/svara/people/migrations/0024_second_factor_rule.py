from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0023_second_factor"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="second_factor",
            field=models.CharField(
                choices=[("nobody", "nobody"), ("administrators", "administrators"), ("everybody", "everybody")],
                default="nobody",
                max_length=14,
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="second_factor_from",
            field=models.CharField(blank=True, max_length=10),
        ),
    ]
