from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("functions", "0001_consents"),
        ("people", "0006_supervision"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(fields=["tenant", "evidence"], name="consent_by_evidence"),
        ),
    ]
