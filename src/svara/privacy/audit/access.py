"""Reading the log: for the person whom it is about (who looked at my data), and for officers, who answer for all of it.

That an officer read it is in the log, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from svara.privacy.audit.models import Concerned, Entry
from svara.privacy.audit.port import record
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.subject import Subject, person
from svara.privacy.tenancy import Person

MAX_PAGE = 100
READERS = ("admin", "privacy-officer")


class Reader(Person, Protocol):
    """Whoever reads: `svara.people.models.Account`."""

    def has_role(self, *roles: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class View:
    """Somebody saw or changed something. `actor` is an account's id, or one of the words of `port`;
    `number` is the entry's in the company's log; `about` are
    those whom it is about, `count` is how many things were seen."""

    number: int
    at: datetime
    actor: str
    act: str
    what: str
    ref: str
    why: str
    about: tuple[Subject, ...]
    count: int


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
    return _page(Entry.of(actor).filter(id__in=about.values("entry_id")), since, until, cursor, limit)


def access_log(
    actor: Reader,
    *,
    about: Subject | None = None,
    by: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> ViewPage:
    """Every entry of the company, or those `about` somebody, or those `by` an actor (an account's id, or one of the words of
    `port`). Raises Forbidden; Invalid for a cursor that we did not give."""
    if not actor.has_role(*READERS):
        raise Forbidden
    entries = Entry.of(actor)
    if about is not None:
        entries = entries.filter(id__in=Concerned.of(actor).filter(subject=about).values("entry_id"))
    if by:
        entries = entries.filter(actor=by)
    page = _page(entries, since, until, cursor, limit)
    record(actor.tenant_id, actor.id, "view", about, "audit")
    return page


def _page(
    entries: QuerySet[Entry], since: datetime | None, until: datetime | None, cursor: str | None, limit: int
) -> ViewPage:
    if since is not None:
        entries = entries.filter(at__gte=since)
    if until is not None:
        entries = entries.filter(at__lt=until)
    if cursor:
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise Invalid("cursor must be the `next` of an earlier page")
        entries = entries.filter(id__lt=int(cursor))
    size = min(max(limit, 1), MAX_PAGE)
    rows = list(entries.order_by("-id")[: size + 1])
    return ViewPage(tuple(map(_view, rows[:size])), str(rows[size - 1].id) if len(rows) > size else None)


def _view(entry: Entry) -> View:
    return View(
        entry.number,
        entry.at,
        entry.actor,
        entry.act,
        entry.what,
        entry.ref,
        entry.why,
        tuple(map(Subject, entry.subjects)),
        entry.count,
    )
