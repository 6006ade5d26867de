"""Figures and records of calls for others, without names: what a company may share with a partner of its register.

Persons and numbers are left out, or stand there under pseudonyms made with a key that is thrown away with the file; times
are rounded to the hour. Calls are shared by cells (a day's calls of one queue in one direction), and only those behind
which, of the company's people and of callers alike, stand five or nobody (`svara.privacy.figures.groups`). Whose data are
restricted, or who objected to statistics, is in none. Every file is an entry in the register: who got what of which days,
with its SHA-256.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.history.models import Call, OutsideParty, Participant
from svara.people.models import Account, Queue
from svara.privacy.audit.port import record
from svara.privacy.catalogue import Purpose
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.figures.groups import Cell, published
from svara.privacy.registers.models import Share
from svara.privacy.registers.recipients import OFFICERS, open_partner
from svara.privacy.rights.objections import stopped
from svara.privacy.subject import Subject, outside, person

What = Literal["figures", "calls"]
WHAT: tuple[What, ...] = ("figures", "calls")
FORMS = ("csv", "json")
MAX_DAYS = 366
MAX_CALLS = 200_000
TALK_SECONDS = 60
"""To so many seconds the length of a talk is rounded."""
WAIT_SECONDS = 5

Key = tuple[date, str, str]
"""A day of the company's calendar, a queue's id ("" for none), a direction."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A file that was made, and its entry."""

    name: str
    content: bytes
    share: Share


@dataclass(frozen=True, slots=True)
class Behind:
    """A call with who stands behind it: ids of the company's people, blind indexes of others."""

    call: Call
    staff: frozenset[str]
    others: frozenset[str]


@transaction.atomic
def do_share(  # noqa: PLR0917  what the form asks, in its order
    actor: Account, key: str, what: str, since: date | None, until: date | None, form: str, now: datetime | None = None
) -> Shared:
    """Make a file for a partner (by the key of its entry) and write down that it got it. Days are those of the company,
    both included. Raises Forbidden, NotFound; Invalid for a partner that may get nothing, days that are not over, or where
    nothing is left that may be shared."""
    if not actor.has_role(*OFFICERS):
        raise Forbidden
    partner = open_partner(actor, key)
    zone = ZoneInfo(actor.tenant.timezone)
    at = now or timezone.now()
    if what not in WHAT or form not in FORMS:
        raise Invalid(_("Choose one of what is offered."))
    if since is None or until is None or not since <= until < at.astimezone(zone).date() or (until - since).days >= MAX_DAYS:
        raise Invalid(_("Choose days that are over, a year at most."))
    calls = _calls(actor.tenant_id, since, until, zone)
    kept, left_out = shareable(calls, zone)
    names = dict(Queue.of(actor).values_list("id", "name"))
    rows = list(figures(kept, names) if what == "figures" else records(kept, names, zone, secrets.token_bytes(32)))
    if not rows:
        raise Invalid(_("Behind this stand fewer than five people: nothing is left that may be shared."))
    content = _csv(rows) if form == "csv" else json.dumps(rows, ensure_ascii=False, indent=1).encode()
    share = Share.all_tenants.create(
        tenant_id=actor.tenant_id,
        recipient=partner.key,
        name=partner.name,
        purpose=partner.purposes[0].value,
        what=what,
        form=form,
        since=since,
        until=until,
        rows=len(rows),
        left_out=left_out,
        digest=hashlib.sha256(content).hexdigest(),
        at=at,
        by=actor.id,
    )
    record(actor.tenant_id, actor.id, "export", None, "share", share.id)
    return Shared(f"svara-{what}-{since:%Y%m%d}-{until:%Y%m%d}.{form}", content, share)


def shareable(calls: Iterable[Behind], zone: ZoneInfo) -> tuple[dict[Key, list[Behind]], int]:
    """The calls of cells that may be shown, and how many calls were left out. Pure."""
    cells: dict[Key, list[Behind]] = defaultdict(list)
    for each in calls:
        day = each.call.started_at.astimezone(zone).date()
        cells[day, each.call.queue, each.call.direction].append(each)
    staff = {key: Cell(frozenset().union(*(each.staff for each in found))) for key, found in cells.items()}
    others = {key: Cell(frozenset().union(*(each.others for each in found))) for key, found in cells.items()}
    open_ = {key for side in (staff, others) for key in published(side)}
    kept = {
        key: found
        for key, found in cells.items()
        if key in open_ and all(not side[key].people or key in published({key: side[key]}) for side in (staff, others))
    }
    return kept, sum(len(found) for key, found in cells.items() if key not in kept)


def figures(kept: Mapping[Key, list[Behind]], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """A row for each day, queue and direction."""
    for (day, queue, direction), found in sorted(kept.items()):
        talks = [each.call.talk_seconds for each in found if each.call.answered_at is not None]
        waits = [each.call.wait_seconds for each in found]
        yield {
            "day": day.isoformat(),
            "queue": names.get(queue, ""),
            "direction": direction,
            "calls": len(found),
            "answered": len(talks),
            "talk_minutes": round(sum(talks) / 60),
            "wait_seconds": _rounded(sum(waits) / len(waits), WAIT_SECONDS),
        }


def records(
    kept: Mapping[Key, list[Behind]], names: Mapping[str, str], zone: ZoneInfo, key: bytes
) -> Iterable[dict[str, Any]]:
    """A row for each call, in an order that tells nothing of the minute: by hour and pseudonyms."""
    rows = [
        {
            "hour": each.call.started_at.astimezone(zone).replace(minute=0, second=0, microsecond=0).isoformat(),
            "queue": names.get(each.call.queue, ""),
            "direction": each.call.direction,
            "outcome": each.call.outcome,
            "wait_seconds": _rounded(each.call.wait_seconds, WAIT_SECONDS),
            "talk_seconds": _rounded(each.call.talk_seconds, TALK_SECONDS),
            "staff": " ".join(sorted(pseudonym(key, "staff", one) for one in each.staff)),
            "others": " ".join(sorted(pseudonym(key, "other", one) for one in each.others)),
        }
        for found in kept.values()
        for each in found
    ]
    return sorted(rows, key=lambda row: tuple(map(str, row.values())))


def pseudonym(key: bytes, kind: str, who: str) -> str:
    """The same for one person in one file, and another in each file; nobody can work it out without the key, which is
    kept nowhere."""
    return f"{kind}-{hmac.digest(key, f'{kind}:{who}'.encode(), 'sha256').hex()[:12]}"


def _calls(tenant_id: str, since: date, until: date, zone: ZoneInfo) -> list[Behind]:
    first, end = datetime.combine(since, time(), zone), datetime.combine(until + timedelta(days=1), time(), zone)
    found = Call.all_tenants.filter(tenant_id=tenant_id, started_at__gte=first, started_at__lt=end)
    calls = list(
        found.only(
            *("id", "queue", "direction", "outcome", "started_at", "answered_at", "talk_seconds", "wait_seconds")
        ).order_by("started_at", "id")[: MAX_CALLS + 1]
    )
    if len(calls) > MAX_CALLS:
        raise Invalid(_("Choose days that are over, a year at most."))
    staff: dict[str, set[str]] = defaultdict(set)
    others: dict[str, set[str]] = defaultdict(set)
    between = {"started_at__gte": first, "started_at__lt": end, "call__tenant_id": tenant_id}
    for call, who in Participant.objects.filter(**between).values_list("call_id", "person").iterator(chunk_size=2000):
        staff[call].add(who)
    parties = OutsideParty.all_tenants.filter(tenant_id=tenant_id, started_at__gte=first, started_at__lt=end)
    for call, who in parties.values_list("call_id", "index").iterator(chunk_size=2000):
        others[call].add(who)
    behind = [Behind(each, frozenset(staff[each.id]), frozenset(others[each.id])) for each in calls]
    unused = stopped(tenant_id, Purpose.STATISTICS)
    return [each for each in behind if unused.isdisjoint(_subjects(each))]


def _subjects(each: Behind) -> set[Subject]:
    return {*map(person, each.staff), *map(outside, each.others)}


def _rounded(seconds: float, to: int) -> int:
    return round(seconds / to) * to


def _csv(rows: list[dict[str, Any]]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return file.getvalue().encode()


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula is taken for text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
