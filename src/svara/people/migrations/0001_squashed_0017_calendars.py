"""The tables in one step. Who has done some of the steps that it replaces goes on with those."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

import svara.people.models.accounts
import svara.privacy.tenancy


class Migration(migrations.Migration):
    replaces = [
        ("people", "0001_people"),
        ("people", "0002_routing"),
        ("people", "0003_changes"),
        ("people", "0004_greetings"),
        ("people", "0005_former_names"),
        ("people", "0006_supervision"),
        ("people", "0007_entered_by"),
        ("people", "0008_demo_wipes"),
        ("people", "0009_signed_in"),
        ("people", "0010_codes"),
        ("people", "0011_line_keys"),
        ("people", "0012_presence_to"),
        ("people", "0013_conferences"),
        ("people", "0014_parking"),
        ("people", "0015_handsets"),
        ("people", "0016_intercom"),
        ("people", "0017_calendars"),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SignInCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("failures", models.FloatField(default=0.0)),
                ("known", models.BooleanField(default=False)),
                ("changed_at", models.FloatField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Tenant",
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
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("country", models.CharField(max_length=2)),
                ("timezone", models.CharField(max_length=64)),
                ("languages", models.JSONField(default=list)),
                (
                    "media",
                    models.CharField(choices=[("relay", "relay"), ("direct", "direct")], default="relay", max_length=8),
                ),
                ("demo", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "recording_rule",
                    models.CharField(
                        choices=[("announce", "announce"), ("consent", "consent")], default="announce", max_length=8
                    ),
                ),
                ("codes", models.JSONField(blank=True, default=dict)),
                ("parking", models.JSONField(blank=True, default=dict)),
                ("own_phones", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Account",
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
                ("username", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("extension", models.CharField(blank=True, max_length=10, null=True)),
                ("roles", models.JSONField(default=list)),
                ("language", models.CharField(blank=True, max_length=35)),
                (
                    "choice",
                    models.CharField(
                        choices=[("available", "available"), ("away", "away"), ("dnd", "dnd")],
                        default="available",
                        max_length=9,
                    ),
                ),
                ("unanswered_after_seconds", models.FloatField(blank=True, null=True)),
                ("unanswered_to", models.CharField(blank=True, max_length=200)),
                ("password", models.CharField(max_length=128)),
                ("last_login", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("classes", models.JSONField(default=svara.people.models.accounts.every_class_but_premium)),
                ("find_me", models.JSONField(default=list)),
                ("forwards", models.JSONField(default=list)),
                ("mobile", models.CharField(blank=True, max_length=20)),
                ("quiet", models.JSONField(default=list)),
                ("record", models.BooleanField(default=False)),
                ("shows", models.CharField(blank=True, max_length=20)),
                ("voicemail_pin", models.CharField(blank=True, max_length=200)),
                ("entered_by", models.CharField(blank=True, max_length=32)),
                ("call_waiting", models.CharField(default="ring", max_length=8)),
                ("keys", models.JSONField(default=list)),
                (
                    "presence_to",
                    models.CharField(
                        choices=[("everybody", "everybody"), ("colleagues", "colleagues"), ("nobody", "nobody")],
                        default="everybody",
                        max_length=10,
                    ),
                ),
                ("pickup", models.JSONField(blank=True, default=list)),
                ("intercom", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["username"], name="account_by_username"),
                    models.Index(django.db.models.functions.text.Lower("email"), name="account_by_email"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "username"), name="one_username_in_a_tenant"),
                    models.UniqueConstraint(fields=("tenant", "extension"), name="one_extension_in_a_tenant"),
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("email", ""), _negated=True),
                        name="one_email_in_a_tenant",
                    ),
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Phone",
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
                ("login", models.CharField(max_length=64, unique=True)),
                ("ha1", models.JSONField()),
                ("label", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="phones", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("entered_by", models.CharField(blank=True, max_length=32)),
            ],
            options={
                "abstract": False,
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Invitation",
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
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invitation", to=settings.AUTH_USER_MODEL
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
            name="ApiToken",
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
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("label", models.CharField(blank=True, max_length=100)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="api_tokens", to=settings.AUTH_USER_MODEL
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
            name="Queue",
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
                ("name", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("extension", models.CharField(blank=True, max_length=10, null=True)),
                ("strategy", models.CharField(max_length=20)),
                ("ring_seconds", models.FloatField()),
                ("retry_seconds", models.FloatField()),
                ("wrap_up_seconds", models.FloatField()),
                ("max_wait_seconds", models.FloatField(blank=True, null=True)),
                ("max_waiting", models.IntegerField(blank=True, null=True)),
                ("when_full", models.CharField(default="hangup", max_length=200)),
                ("when_timeout", models.CharField(default="hangup", max_length=200)),
                ("when_empty", models.CharField(blank=True, max_length=200, null=True)),
                ("announce_position", models.BooleanField()),
                ("announce_every_seconds", models.FloatField()),
                ("greeting", models.CharField(blank=True, default="", max_length=64)),
                ("music", models.CharField(blank=True, default="", max_length=64)),
                ("callback_key", models.CharField(blank=True, default="", max_length=1)),
                ("priority", models.IntegerField()),
                ("auto_pause_after", models.IntegerField()),
                ("skills", models.JSONField(default=dict)),
                ("relax_seconds", models.FloatField()),
                ("service_level_seconds", models.FloatField()),
                ("record", models.BooleanField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                ("former_names", models.JSONField(default=list)),
                ("supervision", models.CharField(default="off", max_length=20)),
            ],
            options={
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="one_queue_of_a_name")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="QueueMember",
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
                ("order", models.IntegerField()),
                ("weight", models.IntegerField()),
                ("skills", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="people.queue"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("queue", "account"), name="once_a_member_of_a_queue")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Sound",
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
                ("name", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("file", models.CharField(blank=True, default="", max_length=200)),
                ("text", models.TextField(blank=True, default="")),
                ("language", models.CharField(blank=True, default="", max_length=35)),
                ("source_hash", models.CharField(blank=True, default="", max_length=64)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="one_sound_of_a_name")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Trunk",
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
                ("name", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("address", models.CharField(max_length=255)),
                ("login", models.CharField(blank=True, default="", max_length=64)),
                ("secret", models.CharField(blank=True, default="", max_length=200)),
                ("register", models.BooleanField()),
                ("match", models.JSONField(default=list)),
                ("priority", models.IntegerField()),
                ("format", models.CharField(max_length=10)),
                ("identity", models.CharField(max_length=24)),
                ("probe_seconds", models.FloatField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="one_trunk_of_a_name")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Hours",
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
                ("name", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("open", models.JSONField(default=list)),
                ("holidays", models.CharField(blank=True, default="", max_length=16)),
                ("exceptions", models.JSONField(default=dict)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="one_hours_of_a_name")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Menu",
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
                ("name", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("extension", models.CharField(blank=True, max_length=10, null=True)),
                ("prompt", models.CharField(blank=True, default="", max_length=64)),
                ("keys", models.JSONField(default=dict)),
                ("otherwise", models.CharField(default="hangup", max_length=200)),
                ("timeout_seconds", models.FloatField()),
                ("tries", models.IntegerField()),
                ("direct_dial", models.BooleanField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="one_menu_of_a_name")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Outbound",
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
                ("prefix", models.CharField(max_length=20)),
                ("trunk", models.CharField(max_length=64)),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "prefix", "trunk"), name="one_outbound_rule_of_a_kind")
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="PublicNumber",
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
                ("number", models.CharField(max_length=20)),
                ("trunk", models.CharField(max_length=64)),
                ("to", models.CharField(default="hangup", max_length=200)),
                ("hours", models.CharField(blank=True, default="", max_length=64)),
                ("closed", models.CharField(default="hangup", max_length=200)),
                ("record", models.BooleanField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "number"), name="one_public_number_in_a_tenant")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="OfficeChange",
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
                ("origin", models.CharField(choices=[("page", "page"), ("file", "file"), ("undo", "undo")], max_length=8)),
                ("lines", models.JSONField(default=list)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("ids", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="undone_by",
                        to="people.officechange",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "-created_at"], name="changes_by_time")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Greeting",
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
                ("kind", models.CharField(max_length=8)),
                ("file", models.CharField(max_length=200)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="greetings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="greetings",
                        to="people.queue",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "kind"), name="one_greeting_of_a_kind"),
                    models.UniqueConstraint(fields=("queue", "kind"), name="one_greeting_of_a_kind_of_a_queue"),
                    models.CheckConstraint(
                        condition=models.Q(("account__isnull", True), ("queue__isnull", True), _connector="XOR"),
                        name="a_greeting_is_of_one",
                    ),
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="DemoWipe",
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
                ("tenant", models.CharField(max_length=32)),
                ("slug", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("gone", models.JSONField()),
                ("keys", models.PositiveIntegerField(default=0)),
                ("digest", models.CharField(max_length=64)),
                ("files", models.JSONField(default=list)),
                ("finished", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [models.Index(fields=["slug", "-at"], name="wipe_by_time")],
            },
        ),
        migrations.CreateModel(
            name="Device",
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
                ("mark", models.CharField(max_length=64, unique=True)),
                ("browser", models.CharField(blank=True, max_length=20)),
                ("system", models.CharField(blank=True, max_length=20)),
                ("network", models.CharField(blank=True, max_length=50)),
                ("new", models.BooleanField(default=False)),
                ("mail_due", models.BooleanField(default=False)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-last_at"], name="device_by_person"),
                    models.Index(condition=models.Q(("mail_due", True)), fields=["first_at"], name="device_to_tell_of"),
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="SignedIn",
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
                ("network", models.CharField(blank=True, max_length=50)),
                ("at", models.DateTimeField(db_index=True)),
                ("last_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.device"),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-last_at"], name="session_by_person")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Conference",
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
                ("name", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("extension", models.CharField(blank=True, max_length=10, null=True)),
                ("pin", models.CharField(blank=True, default="", max_length=200)),
                ("moderator_pin", models.CharField(blank=True, default="", max_length=200)),
                ("wait_for_moderator", models.BooleanField()),
                ("record", models.BooleanField()),
                ("max_members", models.IntegerField()),
                ("announce", models.BooleanField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="one_conference_of_a_name")],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Handset",
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
                ("maker", models.CharField(max_length=12)),
                ("mac", models.CharField(blank=True, max_length=12)),
                ("clear", models.BooleanField(default=False)),
                ("made_login", models.BooleanField(default=False)),
                ("token_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("token_until", models.DateTimeField(blank=True, null=True)),
                ("open_until", models.DateTimeField(blank=True, null=True)),
                ("secret_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("bound_at", models.DateTimeField(blank=True, null=True)),
                ("fetched_at", models.DateTimeField(blank=True, null=True)),
                ("told_model", models.CharField(blank=True, max_length=40)),
                ("told_firmware", models.CharField(blank=True, max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("entered_by", models.CharField(blank=True, max_length=32)),
                (
                    "phone",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="handset", to="people.phone"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.tenant"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("mac", ""), _negated=True), fields=("tenant", "mac"), name="one_handset_of_a_mac"
                    )
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="PersonCalendar",
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
                ("url_sealed", models.BinaryField()),
                ("busy_sealed", models.BinaryField(default=b"")),
                ("etag", models.CharField(blank=True, max_length=200)),
                ("trouble", models.CharField(blank=True, max_length=20)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("next_at", models.DateTimeField(db_index=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="calendar", to=settings.AUTH_USER_MODEL
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
    ]
