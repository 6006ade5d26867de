"""The tables in one step. Who has done some of the steps that it replaces goes on with those."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("history", "0001_history"),
        ("history", "0002_queues"),
        ("history", "0003_subjects"),
        ("history", "0004_outside_parties"),
        ("history", "0005_seal_outside_parties"),
        ("history", "0006_no_clear_numbers"),
        ("history", "0007_counts"),
        ("history", "0008_archive"),
    ]

    initial = True

    dependencies = [
        ("people", "0008_demo_wipes"),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalPlace",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("segment", models.BigIntegerField()),
                ("offset", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="OpenCall",
            fields=[
                ("call", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("state", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("direction", models.CharField(max_length=8)),
                ("caller_number", models.CharField(max_length=200)),
                ("caller_name", models.CharField(blank=True, max_length=200)),
                ("caller_person", models.CharField(blank=True, max_length=32)),
                ("callee_number", models.CharField(max_length=200)),
                ("callee_name", models.CharField(blank=True, max_length=200)),
                ("callee_person", models.CharField(blank=True, max_length=32)),
                ("dialled", models.CharField(blank=True, max_length=200)),
                ("answered_number", models.CharField(blank=True, max_length=200)),
                ("answered_name", models.CharField(blank=True, max_length=200)),
                ("answered_person", models.CharField(blank=True, max_length=32)),
                ("queue", models.CharField(blank=True, max_length=64)),
                ("started_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField()),
                ("wait_seconds", models.FloatField()),
                ("talk_seconds", models.FloatField()),
                ("outcome", models.CharField(max_length=12)),
                ("ended_by", models.CharField(max_length=8)),
                ("end_reason", models.CharField(blank=True, max_length=200)),
                ("details", models.TextField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "-started_at", "-id"], name="call_by_time"),
                    models.Index(fields=["tenant", "outcome", "-started_at", "-id"], name="call_by_outcome"),
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("person", models.CharField(max_length=32)),
                ("part", models.CharField(max_length=8)),
                ("started_at", models.DateTimeField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="participants", to="history.call"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person", "-started_at", "-call"], name="participant_by_time")],
                "constraints": [models.UniqueConstraint(fields=("call", "person"), name="once_in_a_call")],
            },
        ),
        migrations.CreateModel(
            name="AgentMoment",
            fields=[
                ("person", models.CharField(max_length=32)),
                ("at", models.DateTimeField()),
                ("state", models.CharField(max_length=12)),
                ("reason", models.CharField(blank=True, max_length=100)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "at"], name="agent_by_time")],
                "constraints": [models.UniqueConstraint(fields=("person", "at"), name="one_state_at_a_moment")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="MissedCaller",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("queue", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=64)),
                ("missed_at", models.DateTimeField()),
                ("wait_seconds", models.FloatField()),
                ("outcome", models.CharField(max_length=12)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("claimed", "claimed"), ("handled", "handled")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("claimed_by", models.CharField(blank=True, max_length=32)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("handled_by", models.CharField(blank=True, max_length=32)),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                ("handled_call", models.CharField(blank=True, max_length=64)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("index", models.CharField(blank=True, max_length=64)),
                ("sealed", models.BinaryField(default=b"")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "state", "-missed_at"], name="missed_by_state"),
                    models.Index(
                        condition=models.Q(("claimed_by", ""), _negated=True),
                        fields=["claimed_by"],
                        name="missed_by_claimer",
                    ),
                    models.Index(
                        condition=models.Q(("handled_by", ""), _negated=True),
                        fields=["handled_by"],
                        name="missed_by_handler",
                    ),
                    models.Index(fields=["tenant", "index", "state"], name="missed_by_index"),
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="QueueOffer",
            fields=[
                ("offer", models.CharField(max_length=64)),
                ("queue", models.CharField(max_length=64)),
                ("person", models.CharField(max_length=32)),
                ("offered_at", models.DateTimeField()),
                ("ring_seconds", models.FloatField()),
                ("how", models.CharField(blank=True, max_length=12)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="queue_offers", to="history.call"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "offered_at"], name="offer_by_time"),
                    models.Index(fields=["person"], name="offer_by_person"),
                ],
                "constraints": [models.UniqueConstraint(fields=("call", "offer"), name="one_offer_once")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="QueueWait",
            fields=[
                ("queue", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=64)),
                ("entered_at", models.DateTimeField()),
                ("wait_seconds", models.FloatField()),
                ("why", models.CharField(blank=True, max_length=12)),
                ("answered_person", models.CharField(blank=True, max_length=32)),
                ("talk_seconds", models.FloatField(default=0.0)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="queue_waits", to="history.call"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "entered_at", "queue"], name="wait_by_time"),
                    models.Index(
                        condition=models.Q(("answered_person", ""), _negated=True),
                        fields=["tenant", "entered_at"],
                        name="wait_by_agent",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("call", "queue", "entered_at"), name="one_wait_at_a_time")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                ("person", models.CharField(max_length=32)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mentions", to="history.call"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "call"), name="once_mentioned_in_a_call")],
            },
        ),
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
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="AgentCount",
            fields=[
                ("hour", models.DateTimeField()),
                ("queue", models.CharField(max_length=64)),
                ("person", models.CharField(max_length=32)),
                ("offered", models.PositiveIntegerField(default=0)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("talk_ms", models.BigIntegerField(default=0)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person"], name="count_by_person")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "hour", "queue", "person"), name="one_count_of_an_agent")
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="CallCount",
            fields=[
                ("hour", models.DateTimeField()),
                ("direction", models.CharField(max_length=8)),
                ("outcome", models.CharField(max_length=12)),
                ("queue", models.CharField(blank=True, max_length=64)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("wait_ms", models.BigIntegerField(default=0)),
                ("talk_ms", models.BigIntegerField(default=0)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "hour", "direction", "outcome", "queue"), name="one_count_of_calls"
                    )
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="QueueCount",
            fields=[
                ("hour", models.DateTimeField()),
                ("queue", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=64)),
                ("offered", models.PositiveIntegerField(default=0)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("abandoned", models.PositiveIntegerField(default=0)),
                ("in_time", models.PositiveIntegerField(default=0)),
                ("gave_up_at_once", models.PositiveIntegerField(default=0)),
                ("answer_ms", models.BigIntegerField(default=0)),
                ("longest_ms", models.BigIntegerField(default=0)),
                ("talk_ms", models.BigIntegerField(default=0)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "hour", "queue"), name="one_count_of_a_queue")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="TalkCount",
            fields=[
                ("day", models.DateField()),
                ("queue", models.CharField(max_length=64)),
                ("people", models.PositiveIntegerField(default=0)),
                ("talks", models.PositiveIntegerField(default=0)),
                ("talk_ms", models.BigIntegerField(default=0)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "day", "queue"), name="one_count_of_talks")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ArchiveFile",
            fields=[
                ("name", models.CharField(max_length=120)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("calls", models.PositiveIntegerField(default=0)),
                ("digest", models.CharField(max_length=64)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="one_archive_of_a_name")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
    ]
