"""Words about people that stand in clear are sealed; the columns that held them go with the next migration."""

from typing import Any

from django.db import migrations

from svara.privacy.sealedtext import SealedText, own_key, seal_column
from svara.privacy.subject import Subject


def _held(row: Any) -> Subject:
    return Subject(row.subject) if row.subject else own_key(row.pk)


def _whose(row: Any) -> Subject:
    return Subject(row.subject)


def seal(apps: Any, _schema: Any) -> None:
    seal_column(apps.get_model("rights", "hold"), "reason_clear", "reason", _held)
    seal_column(apps.get_model("rights", "link"), "verified_clear", "verified", _whose)


class Migration(migrations.Migration):
    dependencies = [("rights", "0008_decisions_before")]

    operations = [
        migrations.RenameField("hold", "reason", "reason_clear"),
        migrations.AddField("hold", "reason", SealedText(default=b""), preserve_default=False),
        migrations.RenameField("link", "verified", "verified_clear"),
        migrations.AddField("link", "verified", SealedText(default=b"")),
        migrations.RunPython(seal),
    ]
