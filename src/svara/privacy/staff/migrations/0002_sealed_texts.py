"""Words about people that stand in clear are sealed; the columns that held them go with the next migration."""

from typing import Any

from django.db import migrations

from svara.privacy.sealedtext import SealedText, own_key, seal_column
from svara.privacy.subject import Subject, person


def _own(row: Any) -> Subject:
    return own_key(row.pk)


def _of_person(row: Any) -> Subject:
    return person(row.person)


def seal(apps: Any, _schema: Any) -> None:
    seal_column(apps.get_model("staff", "grant"), "reason_clear", "reason", _own)
    seal_column(apps.get_model("staff", "operatorkey"), "reason_clear", "reason", _of_person)


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_staff")]

    operations = [
        migrations.RenameField("grant", "reason", "reason_clear"),
        migrations.AddField("grant", "reason", SealedText(default=b""), preserve_default=False),
        migrations.RenameField("operatorkey", "reason", "reason_clear"),
        migrations.AddField("operatorkey", "reason", SealedText(default=b""), preserve_default=False),
        migrations.RunPython(seal),
    ]
