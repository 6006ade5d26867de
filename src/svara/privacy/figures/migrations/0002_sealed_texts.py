"""Words about people that stand in clear are sealed; the columns that held them go with the next migration."""

from typing import Any

from django.db import migrations

from svara.privacy.sealedtext import SealedText, seal_column
from svara.privacy.subject import Subject, person


def _of_person(row: Any) -> Subject:
    return person(row.person)


def seal(apps: Any, _schema: Any) -> None:
    seal_column(apps.get_model("figures", "reveal"), "reason_clear", "reason", _of_person)


class Migration(migrations.Migration):
    dependencies = [("figures", "0001_figures")]

    operations = [
        migrations.RenameField("reveal", "reason", "reason_clear"),
        migrations.AddField("reveal", "reason", SealedText(default=b""), preserve_default=False),
        migrations.RunPython(seal),
    ]
