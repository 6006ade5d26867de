import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0009_signed_in"),
        ("rights", "0006_reminded"),
    ]

    operations = [
        migrations.CreateModel(
            name="Undelivered",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("row", models.CharField(max_length=32)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "abstract": False,
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
    ]
