"""What was said about something asked, and the values themselves: sealed under the key of whom it is about, and opened."""

from __future__ import annotations

import json
from collections.abc import Sequence

from svara.privacy import vault
from svara.privacy.errors import Invalid
from svara.privacy.rights.asked import Asked
from svara.privacy.subject import Subject
from svara.privacy.vault.port import Unreadable

MAX_WORDS = 2000


def words(text: str, refusal: str) -> str:
    """What somebody wrote, on one line and bounded. Raises Invalid with `refusal` where there is nothing."""
    text = " ".join(text.replace("\0", "").split())[:MAX_WORDS]
    if not text:
        raise Invalid(refusal)
    return text


def seal(row: Asked, **said: str) -> None:
    """Put what was said into the row. Raises Invalid while the company's key is of no use."""
    content = json.dumps(said, ensure_ascii=False).encode()
    try:
        row.sealed = vault.current().seal(row.tenant_id, [Subject(row.subject)], content, context=_context(row))
    except Unreadable as error:
        raise Invalid(str(error)) from None


def open_all(rows: Sequence[Asked]) -> list[dict[str, str]]:
    """What was said, of rows of one company; {} where it cannot be read."""
    if not rows:
        return []
    opened = vault.current().open_many(rows[0].tenant_id, [(bytes(row.sealed), _context(row)) for row in rows])
    return [{} if isinstance(each, Unreadable) else json.loads(each) for each in opened]


def said(row: Asked) -> dict[str, str]:
    """What was said about one."""
    return open_all([row])[0]


def _context(row: Asked) -> bytes:
    return f"rights.{row._meta.model_name}:{row.pk}".encode()
