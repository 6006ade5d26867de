import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

import svara.privacy.tenancy


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0006_supervision"),
    ]

    operations = [
        migrations.CreateModel(
            name="Letter",
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
                ("sending", models.CharField(blank=True, max_length=32)),
                (
                    "audience",
                    models.CharField(
                        choices=[("news", "news"), ("product_updates", "product_updates"), ("marketing", "marketing")],
                        max_length=20,
                    ),
                ),
                ("texts", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "draft"), ("sending", "sending"), ("stopped", "stopped"), ("sent", "sent")],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("by", models.CharField(blank=True, max_length=32)),
                ("changed_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("counts", models.JSONField(default=dict)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Posting",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("begun", "begun"),
                            ("sent", "sent"),
                            ("refused", "refused"),
                            ("withdrawn", "withdrawn"),
                            ("spared", "spared"),
                            ("unreachable", "unreachable"),
                            ("stopped", "stopped"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("tries", models.PositiveIntegerField(default=0)),
                ("after", models.DateTimeField(blank=True, null=True)),
                (
                    "letter",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="letters.letter"),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Undeliverable",
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
                ("address", models.CharField(max_length=32)),
                ("since", models.DateTimeField()),
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
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["tenant", "-changed_at"], name="letter_by_time"),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(condition=models.Q(("state", "sending")), fields=["asked_at"], name="letter_to_send"),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["letter", "state"], name="posting_by_state"),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["tenant", "subject"], name="posting_by_subject"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.UniqueConstraint(fields=("letter", "subject"), name="one_letter_for_one_person"),
        ),
    ]
