import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import svara.privacy.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("functions", "0002_evidence"),
        ("people", "0006_supervision"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=svara.privacy.tenancy.new_id,
                        editable=False,
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(choices=[("recording", "recording"), ("news", "news")], max_length=12)),
                ("language", models.CharField(max_length=35)),
                ("version", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "kind", "language", "version"), name="one_notice_of_a_version")
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="OptIn",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=svara.privacy.tenancy.new_id,
                        editable=False,
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("subject", models.CharField(max_length=100)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("language", models.CharField(max_length=35)),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "subject"], name="optin_by_subject")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
    ]
