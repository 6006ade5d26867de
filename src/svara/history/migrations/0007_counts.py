import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0006_no_clear_numbers"),
        ("people", "0006_supervision"),
    ]

    operations = [
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
            ],
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
            ],
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
            ],
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
            ],
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name="queuewait",
            index=models.Index(
                condition=models.Q(("answered_person", ""), _negated=True),
                fields=["tenant", "entered_at"],
                name="wait_by_agent",
            ),
        ),
        migrations.AddField(
            model_name="agentcount",
            name="tenant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
        ),
        migrations.AddField(
            model_name="callcount",
            name="tenant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
        ),
        migrations.AddField(
            model_name="queuecount",
            name="tenant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
        ),
        migrations.AddField(
            model_name="talkcount",
            name="tenant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
        ),
        migrations.AddIndex(
            model_name="agentcount",
            index=models.Index(fields=["person"], name="count_by_person"),
        ),
        migrations.AddConstraint(
            model_name="agentcount",
            constraint=models.UniqueConstraint(fields=("tenant", "hour", "queue", "person"), name="one_count_of_an_agent"),
        ),
        migrations.AddConstraint(
            model_name="callcount",
            constraint=models.UniqueConstraint(
                fields=("tenant", "hour", "direction", "outcome", "queue"), name="one_count_of_calls"
            ),
        ),
        migrations.AddConstraint(
            model_name="queuecount",
            constraint=models.UniqueConstraint(fields=("tenant", "hour", "queue"), name="one_count_of_a_queue"),
        ),
        migrations.AddConstraint(
            model_name="talkcount",
            constraint=models.UniqueConstraint(fields=("tenant", "day", "queue"), name="one_count_of_talks"),
        ),
    ]
