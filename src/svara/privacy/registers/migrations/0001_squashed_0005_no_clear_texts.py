"""The tables in one step. Who has done some of the steps that it replaces goes on with those."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import svara.privacy.sealedtext
import svara.privacy.tenancy


class Migration(migrations.Migration):
    replaces = [
        ("registers", "0001_registers"),
        ("registers", "0002_recipients"),
        ("registers", "0003_countries"),
        ("registers", "0004_sealed_texts"),
        ("registers", "0005_no_clear_texts"),
    ]

    initial = True

    dependencies = [
        ("people", "0006_supervision"),
        ("policies", "0001_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Disclosure",
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
                ("state", models.CharField(default="asked", max_length=10)),
                ("asked_at", models.DateTimeField()),
                ("opened_by", models.CharField(max_length=32)),
                ("approvals", models.JSONField(default=list)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("told", models.BooleanField(default=False)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("chapters", models.JSONField(default=list)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("job", models.CharField(blank=True, max_length=32)),
                ("silent_until", models.DateField(blank=True, null=True)),
                ("since", models.DateField(blank=True, null=True)),
                ("until", models.DateField(blank=True, null=True)),
                ("authority", svara.privacy.sealedtext.SealedText()),
                ("reference", svara.privacy.sealedtext.SealedText(default=b"")),
                ("basis", svara.privacy.sealedtext.SealedText()),
                ("scope", svara.privacy.sealedtext.SealedText()),
                ("why_not_told", svara.privacy.sealedtext.SealedText(default=b"")),
            ],
            options={
                "abstract": False,
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Case",
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
                ("kind", models.CharField(max_length=12)),
                ("person", models.CharField(blank=True, max_length=32)),
                ("opened_at", models.DateTimeField()),
                ("due_on", models.DateField(db_index=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answered_by", models.CharField(blank=True, max_length=32)),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("form", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("index", models.CharField(blank=True, db_index=True, max_length=64)),
                ("name", svara.privacy.sealedtext.SealedText(default=b"")),
                ("contact", svara.privacy.sealedtext.SealedText(default=b"")),
                ("text", svara.privacy.sealedtext.SealedText(default=b"")),
                ("extension", svara.privacy.sealedtext.SealedText(default=b"")),
                ("answer", svara.privacy.sealedtext.SealedText(default=b"")),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "due_on"], name="cases_by_due_day")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ContactBasis",
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
                ("basis", models.CharField(blank=True, max_length=10)),
                ("note", models.BinaryField(default=b"")),
                ("by", models.CharField(max_length=32)),
                ("at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "subject", "-at"], name="basis_by_contact")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="DisclosedPerson",
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
                (
                    "disclosure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="concerned", to="registers.disclosure"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "subject"], name="disclosed_by_subject")],
                "constraints": [
                    models.UniqueConstraint(fields=("disclosure", "subject"), name="one_person_of_a_disclosure")
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="RecipientEntry",
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
                ("key", models.CharField(max_length=300)),
                ("kind", models.CharField(default="partner", max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("purpose", models.CharField(blank=True, max_length=20)),
                ("data", models.CharField(blank=True, max_length=300)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("role", models.CharField(blank=True, max_length=10)),
                ("ground", models.CharField(blank=True, max_length=10)),
                ("contract", models.CharField(blank=True, max_length=300)),
                ("confidential", models.BooleanField(default=False)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "key"), name="one_entry_of_a_recipient")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Share",
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
                ("recipient", models.CharField(max_length=300)),
                ("name", models.CharField(max_length=200)),
                ("purpose", models.CharField(max_length=20)),
                ("what", models.CharField(max_length=10)),
                ("form", models.CharField(max_length=4)),
                ("since", models.DateField()),
                ("until", models.DateField()),
                ("rows", models.PositiveIntegerField()),
                ("left_out", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=32)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "-at"], name="shares_by_time")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
    ]
