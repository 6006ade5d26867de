from typing import Any

from django.db import migrations, models

CHOICES = [("everybody", "everybody"), ("colleagues", "colleagues"), ("nobody", "nobody")]


def follow_the_company(apps: Any, schema_editor: Any) -> None:
    """Nobody could tell before who had chosen "everybody" and who had not chosen at all: both see the same as before."""
    apps.get_model("people", "Account")._base_manager.using(schema_editor.connection.alias).filter(
        presence_to="everybody"
    ).update(presence_to="")


def as_before(apps: Any, schema_editor: Any) -> None:
    apps.get_model("people", "Account")._base_manager.using(schema_editor.connection.alias).filter(presence_to="").update(
        presence_to="everybody"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0018_hold_music"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="presence_to",
            field=models.CharField(choices=CHOICES, default="everybody", max_length=10),
        ),
        migrations.AlterField(
            model_name="account",
            name="presence_to",
            field=models.CharField(blank=True, choices=CHOICES, default="", max_length=10),
        ),
        migrations.RunPython(follow_the_company, as_before),
    ]
