from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_squashed_0003_no_clear_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="staff",
            name="code_sealed",
            field=models.BinaryField(blank=True, default=b""),
        ),
        migrations.AddField(
            model_name="staff",
            name="code_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="staff",
            name="code_step",
            field=models.BigIntegerField(default=0),
        ),
    ]
