"""Words about people that stand in clear are sealed; the columns that held them go with the next migration."""

from typing import Any

from django.db import migrations

from svara.privacy.sealedtext import SealedText, own_key, seal_column
from svara.privacy.subject import Subject, outside, person


def _of_case(row: Any) -> Subject:
    if row.person:
        return person(row.person)
    return outside(row.index) if row.index else own_key(row.pk)


def _own(row: Any) -> Subject:
    return own_key(row.pk)


def seal(apps: Any, _schema: Any) -> None:
    seal_column(apps.get_model("registers", "case"), "name_clear", "name", _of_case)
    seal_column(apps.get_model("registers", "case"), "contact_clear", "contact", _of_case)
    seal_column(apps.get_model("registers", "case"), "text_clear", "text", _of_case)
    seal_column(apps.get_model("registers", "case"), "extension_clear", "extension", _of_case)
    seal_column(apps.get_model("registers", "case"), "answer_clear", "answer", _of_case)
    seal_column(apps.get_model("registers", "disclosure"), "authority_clear", "authority", _own)
    seal_column(apps.get_model("registers", "disclosure"), "reference_clear", "reference", _own)
    seal_column(apps.get_model("registers", "disclosure"), "basis_clear", "basis", _own)
    seal_column(apps.get_model("registers", "disclosure"), "scope_clear", "scope", _own)
    seal_column(apps.get_model("registers", "disclosure"), "why_not_told_clear", "why_not_told", _own)


class Migration(migrations.Migration):
    dependencies = [("registers", "0003_countries")]

    operations = [
        migrations.RenameField("case", "name", "name_clear"),
        migrations.AddField("case", "name", SealedText(default=b"")),
        migrations.RenameField("case", "contact", "contact_clear"),
        migrations.AddField("case", "contact", SealedText(default=b"")),
        migrations.RenameField("case", "text", "text_clear"),
        migrations.AddField("case", "text", SealedText(default=b"")),
        migrations.RenameField("case", "extension", "extension_clear"),
        migrations.AddField("case", "extension", SealedText(default=b"")),
        migrations.RenameField("case", "answer", "answer_clear"),
        migrations.AddField("case", "answer", SealedText(default=b"")),
        migrations.RenameField("disclosure", "authority", "authority_clear"),
        migrations.AddField("disclosure", "authority", SealedText(default=b""), preserve_default=False),
        migrations.RenameField("disclosure", "reference", "reference_clear"),
        migrations.AddField("disclosure", "reference", SealedText(default=b"")),
        migrations.RenameField("disclosure", "basis", "basis_clear"),
        migrations.AddField("disclosure", "basis", SealedText(default=b""), preserve_default=False),
        migrations.RenameField("disclosure", "scope", "scope_clear"),
        migrations.AddField("disclosure", "scope", SealedText(default=b""), preserve_default=False),
        migrations.RenameField("disclosure", "why_not_told", "why_not_told_clear"),
        migrations.AddField("disclosure", "why_not_told", SealedText(default=b"")),
        migrations.RunPython(seal),
    ]
