"""Reading the log, for the person whom it is about: who looked at my data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from svara.privacy.audit.models import Concerned, Entry
from svara.privacy.errors import Invalid
from svara.privacy.subject import person
from svara.privacy.tenancy import Person

MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class View:
    """Somebody saw or changed something about the reader. `actor` is an account's id, or one of the words of `port`;
    `number` is the entry's in the company's log."""

    number: int
    at: datetime
    actor: str
    act: str
    what: str
    ref: str
    why: str


@dataclass(frozen=True, slots=True)
class ViewPage:
    """Newest first; `next` is the cursor of the page after, None on the last."""

    items: tuple[View, ...]
    next: str | None


def access_views(
    actor: Person,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> ViewPage:
    """What others did with what is about the actor, from `since` up to `until` (both with offset). Raises Invalid for a
    cursor that we did not give."""
    about = Concerned.of(actor).filter(subject=person(actor.id)).exclude(entry__actor=actor.id)
    if since is not None:
        about = about.filter(entry__at__gte=since)
    if until is not None:
        about = about.filter(entry__at__lt=until)
    if cursor:
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise Invalid("cursor must be the `next` of an earlier page")
        about = about.filter(entry_id__lt=int(cursor))
    size = min(max(limit, 1), MAX_PAGE)
    rows = list(about.select_related("entry").order_by("-entry_id")[: size + 1])
    items = tuple(_view(row.entry) for row in rows[:size])
    return ViewPage(items, str(rows[size - 1].entry_id) if len(rows) > size else None)


def _view(entry: Entry) -> View:
    return View(entry.number, entry.at, entry.actor, entry.act, entry.what, entry.ref, entry.why)
