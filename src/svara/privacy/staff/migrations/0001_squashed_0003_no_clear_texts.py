"""The tables in one step. Who has done some of the steps that it replaces goes on with those."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.manager
from django.db import migrations, models

import svara.privacy.sealedtext
import svara.privacy.tenancy


class Migration(migrations.Migration):
    replaces = [("staff", "0001_staff"), ("staff", "0002_sealed_texts"), ("staff", "0003_no_clear_texts")]

    initial = True

    dependencies = [
        ("people", "0006_supervision"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="people.tenant",
                    ),
                ),
                ("wish", models.CharField(default="ask", max_length=4)),
                ("emergency", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="OperatorKey",
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
                ("token_id", models.CharField(max_length=32, unique=True)),
                ("person", models.CharField(max_length=32)),
                ("asked_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("reason", svara.privacy.sealedtext.SealedText()),
            ],
            options={
                "abstract": False,
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Staff",
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
                ("name", models.CharField(max_length=200)),
                ("email", models.EmailField(max_length=254)),
                ("role", models.CharField(max_length=10)),
                ("password", models.CharField(max_length=128)),
                ("last_login", models.DateTimeField(blank=True, null=True)),
                ("invited_hash", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ("invited_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="one_email_among_staff")
                ],
            },
        ),
        migrations.CreateModel(
            name="Grant",
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
                ("staff_id", models.CharField(blank=True, db_index=True, max_length=32)),
                ("staff_name", models.CharField(blank=True, max_length=200)),
                ("role", models.CharField(max_length=10)),
                ("how", models.CharField(max_length=10)),
                ("minutes", models.IntegerField()),
                ("content_wanted", models.BooleanField(default=False)),
                ("content", models.BooleanField(default=False)),
                ("refused", models.BooleanField(default=False)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by", models.CharField(blank=True, max_length=32)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_by", models.CharField(blank=True, max_length=32)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("reason", svara.privacy.sealedtext.SealedText()),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "-asked_at"], name="grants_by_time")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
    ]
