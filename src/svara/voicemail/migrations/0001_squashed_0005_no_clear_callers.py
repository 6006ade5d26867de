"""The tables in one step. Who has done some of the steps that it replaces goes on with those."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("voicemail", "0001_messages"),
        ("voicemail", "0002_subjects"),
        ("voicemail", "0003_callers_outside"),
        ("voicemail", "0004_seal_callers"),
        ("voicemail", "0005_no_clear_callers"),
    ]

    initial = True

    dependencies = [
        ("history", "0006_no_clear_numbers"),
        ("people", "0003_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeChoice",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "notice",
                    models.CharField(
                        choices=[("none", "none"), ("plain", "plain"), ("caller", "caller")], default="plain", max_length=8
                    ),
                ),
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
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("box", models.CharField(max_length=48)),
                ("call_id", models.CharField(max_length=64)),
                ("caller_number", models.CharField(blank=True, max_length=200)),
                ("caller_person", models.CharField(blank=True, max_length=32)),
                ("left_at", models.DateTimeField()),
                ("seconds", models.FloatField()),
                ("file", models.CharField(max_length=200, unique=True)),
                ("heard_at", models.DateTimeField(blank=True, null=True)),
                ("heard_by", models.CharField(blank=True, max_length=32)),
                ("saved", models.BooleanField(default=False)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("notified_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("caller_index", models.CharField(blank=True, max_length=64)),
                ("caller_sealed", models.BinaryField(default=b"")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "box", "-left_at", "-id"], name="message_by_time"),
                    models.Index(fields=["left_at"], name="message_by_age"),
                    models.Index(
                        condition=models.Q(("deleted_at", None), ("notified_at", None)),
                        fields=["left_at"],
                        name="message_to_notify",
                    ),
                    models.Index(
                        condition=models.Q(("caller_person", ""), _negated=True),
                        fields=["caller_person"],
                        name="message_by_caller",
                    ),
                    models.Index(
                        condition=models.Q(("heard_by", ""), _negated=True), fields=["heard_by"], name="message_by_hearer"
                    ),
                    models.Index(
                        condition=models.Q(("caller_index", ""), _negated=True),
                        fields=["tenant", "caller_index"],
                        name="message_by_outside",
                    ),
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
    ]
