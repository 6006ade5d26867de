import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0003_subjects"),
        ("people", "0003_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="OutsideParty",
            fields=[
                ("n", models.PositiveSmallIntegerField()),
                ("index", models.CharField(max_length=64)),
                ("part", models.CharField(max_length=8)),
                ("started_at", models.DateTimeField()),
                ("sealed", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="outside", to="history.call"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "index", "-started_at"], name="outside_by_index")],
                "constraints": [models.UniqueConstraint(fields=("call", "n"), name="one_mark_a_person")],
            },
            managers=[("all_tenants", django.db.models.manager.Manager())],
        ),
        migrations.AddField("missedcaller", "index", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField("missedcaller", "sealed", models.BinaryField(default=b"")),
    ]
