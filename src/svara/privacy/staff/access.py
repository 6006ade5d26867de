"""What is told of support access: to the company as a whole list with everything that was seen, to each person by name and
reason, for what concerns them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from svara.privacy.audit.models import Entry
from svara.privacy.audit.port import OPERATOR, STAFF
from svara.privacy.errors import Invalid
from svara.privacy.sealedtext import open_all
from svara.privacy.staff import rules
from svara.privacy.staff.deciding import Officer, officer
from svara.privacy.staff.models import Grant, OperatorKey
from svara.privacy.tenancy import InTenant, id_in

PAGE = 20
MAX_SEEN = 1000
MAX_KEYS = 50
_LOOKED = ("view", "hear")


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was looked at or heard; `count` things of the kind, about so many `persons`."""

    at: datetime
    act: str
    what: str
    ref: str
    count: int
    persons: int


@dataclass(frozen=True, slots=True)
class Access:
    """A grant as the company reads it."""

    grant: Grant
    state: rules.State
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Newest first; `next` is the cursor of the page after, None on the last."""

    items: tuple[Access, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands behind an actor of the log of views."""

    name: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class MadeKey:
    """An API token that the operator made: for whom, and why in words; "" where nothing was said."""

    at: datetime
    person: str
    reason: str


def access_grants(actor: Officer, now: datetime, cursor: str | None = None, limit: int = PAGE) -> AccessPage:
    """Every access of the provider's staff, with what was looked at. Raises Forbidden, Invalid for a cursor that we did not
    give."""
    officer(actor)
    rows = Grant.of(actor).order_by("-asked_at", "-pk")
    if cursor:
        last = rows.filter(pk=id_in(cursor)).first()
        if last is None:
            raise Invalid("cursor must be the `next` of an earlier page")
        rows = rows.filter(asked_at__lte=last.asked_at).exclude(asked_at=last.asked_at, pk__gte=last.pk)
    size = min(max(limit, 1), 100)
    found = list(rows[: size + 1])
    open_all(found, "reason")
    seen = _seen(actor, found[:size])
    items = tuple(Access(grant, rules.state(grant, now), tuple(seen[grant.actor])) for grant in found[:size])
    return AccessPage(items, found[size - 1].pk if len(found) > size else None)


def access_operator_keys(actor: Officer) -> tuple[MadeKey, ...]:
    """The newest API tokens that were made at the server's command line, from the log of views. Raises Forbidden."""
    officer(actor)
    made = list(Entry.of(actor).filter(actor=OPERATOR, act="grant", what="token").order_by("-number")[:MAX_KEYS])
    noted = list(OperatorKey.of(actor).filter(token_id__in=[entry.ref for entry in made]))
    open_all(noted, "reason")
    reasons = {key.token_id: key.reason for key in noted}
    return tuple(
        MadeKey(entry.at, entry.subjects[0].partition(":")[2] if entry.subjects else "", reasons.get(entry.ref, ""))
        for entry in made
    )


def visitors(tenant: InTenant, actors: Iterable[str]) -> dict[str, Visitor]:
    """Who of the provider's staff acted in a company, by what the log of views calls them; others are left out."""
    ids = {actor.removeprefix(STAFF) for actor in actors if actor.startswith(STAFF)}
    if not ids:
        return {}
    grants = list(Grant.of(tenant).filter(pk__in=ids))
    open_all(grants, "reason")
    return {grant.actor: Visitor(grant.staff_name, grant.role, grant.reason) for grant in grants}


def _seen(tenant: InTenant, grants: Iterable[Grant]) -> dict[str, list[Seen]]:
    seen: dict[str, list[Seen]] = {grant.actor: [] for grant in grants}
    rows = Entry.of(tenant).filter(actor__in=list(seen), act__in=_LOOKED).order_by("-number")[:MAX_SEEN]
    for row in rows:
        seen[row.actor].append(Seen(row.at, row.act, row.what, row.ref, row.count, len(row.subjects)))
    return seen
