import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import svara.privacy.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("functions", "0003_notices"),
        ("people", "0006_supervision"),
    ]

    operations = [
        migrations.AddField(
            model_name="optin",
            name="sealed",
            field=models.BinaryField(default=b""),
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
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "subject"), name="one_reader_of_a_subject"),
                ],
            },
            managers=[
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
    ]
