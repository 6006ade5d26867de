"""The tables in one step. Who has done some of the steps that it replaces goes on with those."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import svara.privacy.tenancy


class Migration(migrations.Migration):
    replaces = [
        ("functions", "0001_consents"),
        ("functions", "0002_evidence"),
        ("functions", "0003_notices"),
        ("functions", "0004_readers"),
    ]

    initial = True

    dependencies = [
        ("people", "0006_supervision"),
    ]

    operations = [
        migrations.CreateModel(
            name="Consent",
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
                ("number", models.PositiveIntegerField()),
                ("subject", models.CharField(max_length=100)),
                ("purpose", models.CharField(max_length=40)),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("given", "given"),
                            ("refused", "refused"),
                            ("withdrawn", "withdrawn"),
                            ("asked-again", "asked-again"),
                        ],
                        max_length=12,
                    ),
                ),
                ("how", models.CharField(max_length=40)),
                ("evidence", models.CharField(blank=True, max_length=100)),
                ("language", models.CharField(max_length=35)),
                ("text_version", models.PositiveIntegerField()),
                ("text", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject", "purpose", "-number"], name="consent_by_subject"),
                    models.Index(fields=["tenant", "purpose", "decision"], name="consent_by_purpose"),
                    models.Index(fields=["tenant", "evidence"], name="consent_by_evidence"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "subject", "number"), name="one_consent_of_a_number")
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
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
                ("sealed", models.BinaryField(default=b"")),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "subject"], name="optin_by_subject")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Reader",
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
                ("sealed", models.BinaryField()),
                ("language", models.CharField(max_length=35)),
                ("since", models.DateTimeField()),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "subject"), name="one_reader_of_a_subject")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
    ]
