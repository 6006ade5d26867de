"""What a company says in its own words, by language and version: to its staff of recordings, to readers of its news."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from svara.privacy.functions.models import NOTICES, Notice
from svara.privacy.tenancy import InTenant

MAX_CHARACTERS = 4000


def current(owner: InTenant, kind: str, language: str) -> Notice | None:
    """What is said now: in this language, else in another in which there is something. An empty text says nothing."""
    newest: dict[str, Notice] = {}
    for notice in Notice.of(owner).filter(kind=kind).order_by("version"):
        newest[notice.language] = notice
    spoken = [notice for notice in newest.values() if notice.text]
    return min(spoken, key=lambda notice: (notice.language != language, notice.language), default=None)


def versions(owner: InTenant) -> list[Notice]:
    """Every version of every notice, newest first."""
    return list(Notice.of(owner).order_by("-at", "-version"))


@transaction.atomic
def do_say(owner: InTenant, kind: str, language: str, text: str, now: datetime | None = None) -> Notice | None:
    """Say it from now on; "" says nothing any more. None when it is said already. Raises ValueError for an unknown kind, or
    a text that is too long."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if kind not in NOTICES or len(text) > MAX_CHARACTERS:
        raise ValueError("no such notice, or too long")
    last = Notice.of(owner).filter(kind=kind, language=language).order_by("-version").first()
    if text == (last.text if last else ""):
        return None
    return Notice.all_tenants.create(
        tenant_id=owner.tenant_id,
        kind=kind,
        language=language[:35],
        version=last.version + 1 if last else 1,
        text=text,
        at=now or timezone.now(),
    )
