from django.db import migrations, models

import svara.privacy.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_entered_by"),
    ]

    operations = [
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
    ]
