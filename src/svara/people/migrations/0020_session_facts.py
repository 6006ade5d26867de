from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0019_presence_by_company"),
    ]

    operations = [
        migrations.AddField(
            model_name="signedin",
            name="screen",
            field=models.CharField(blank=True, default="", max_length=11),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="signedin",
            name="version",
            field=models.CharField(blank=True, default="", max_length=24),
            preserve_default=False,
        ),
    ]
