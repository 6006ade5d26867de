"""Callers whom a queue did not answer, as a list that its agents share: waiting, claimed by somebody, handled.

Somebody claims a caller and calls back; the entry closes itself when anyone reaches that number, or the caller gets through
(`svara.history.queue_facts`). Members of a queue see its list, supervisors and administrators every list of their company.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from django.utils import timezone

from svara.calls.queue.model import GiveUpReason
from svara.history.hiding import hidden_from
from svara.history.models import MissedCaller
from svara.history.outside import RESTRICTED, Outsider, indexes_of, missed_context, open_some
from svara.people import access as people
from svara.people.access import NotFound
from svara.people.models import Account
from svara.privacy.audit.port import record_views

GIVEN_UP = frozenset(get_args(GiveUpReason))
SHOWN, MAX_SHOWN = 50, 200
"""How many callers a list shows, and how many where all are asked for."""
HANDLED_DAYS = 7
"""How long one that is handled stays on the list."""


@dataclass(frozen=True, slots=True)
class Missed:
    """One caller of one queue, with every try of late. `id` stands for the newest; times in the company's timezone."""

    id: str
    queue: str
    number: str
    name: str
    tries: int
    missed_at: datetime
    first_at: datetime
    longest_wait_seconds: float
    left_message: bool
    given_up: str
    """Why a promised call back was given up: "unreached", "too late", "closed"; "" where none was promised."""
    state: str
    claimed_by: str
    claimed_by_me: bool
    handled_by: str
    handled_at: datetime | None
    handled_call: str


def access_missed(actor: Account, *, queue: str | None = None, handled: bool = False, most: int = MAX_SHOWN) -> list[Missed]:
    """Those who wait for a call back (or, with `handled`, those of the last days who do not any more), newest first; `most`
    of them at most."""
    rows = MissedCaller.of(actor).filter(queue__in=visible_queues(actor, queue))
    if handled:
        rows = rows.filter(state="handled", handled_at__gte=timezone.now() - timedelta(days=HANDLED_DAYS))
    else:
        rows = rows.exclude(state="handled")
    tries: dict[tuple[str, str, str], list[MissedCaller]] = {}
    for row in rows.order_by("-missed_at", "-id")[: most * 4]:
        tries.setdefault((row.queue, row.index or row.id, row.handled_call if handled else ""), []).append(row)
    groups = list(tries.values())[:most]
    if groups:
        record_views(
            actor.tenant_id, actor.id, (), "missed-callers", ref="handled" if handled else "waiting", count=len(groups)
        )
    callers = open_some(actor.tenant_id, [(row.sealed, missed_context(row.id)) for rows in groups for row in rows])
    unseen = frozenset(indexes_of(hidden_from(actor)))
    who = {
        row.id: Outsider("", str(RESTRICTED)) if row.index in unseen else one
        for row, one in zip((row for rows in groups for row in rows), callers, strict=True)
    }
    known = people.people_by_id(actor, {p for rows in groups for row in rows for p in (row.claimed_by, row.handled_by) if p})
    zone = ZoneInfo(actor.tenant.timezone)
    return [_shown(actor, group, [who[row.id] for row in group], known, zone) for group in groups]


def waiting_count(actor: Account) -> int:
    """How many callers wait for a call back, in the lists that this person sees."""
    rows = MissedCaller.of(actor).filter(queue__in=visible_queues(actor, None)).exclude(state="handled")
    return rows.values("queue", "index").distinct().count()


def visible_queues(actor: Account, name: str | None) -> list[str]:
    """Ids of the queues whose lists this person sees."""
    return [queue.id for queue in people.queues(actor) if name in (None, queue.name)]


def entries_of(actor: Account, missed_id: str, *, handled: bool = False) -> list[MissedCaller]:
    """Every entry of the same caller in the same list, locked. Raises NotFound."""
    rows = MissedCaller.of(actor).filter(queue__in=visible_queues(actor, None)).select_for_update()
    one = rows.filter(id=missed_id[:64]).first()
    if one is None or (one.state == "handled") is not handled:
        raise NotFound
    same = rows.filter(queue=one.queue, index=one.index) if one.index else rows.filter(id=one.id)
    return list(same.filter(state="handled", handled_at=one.handled_at) if handled else same.exclude(state="handled"))


def _shown(
    actor: Account, rows: list[MissedCaller], callers: list[Outsider], known: dict[str, Account], zone: ZoneInfo
) -> Missed:
    newest, oldest = rows[0], rows[-1]
    claimed = next((row for row in rows if row.state == "claimed"), None)

    def name(person: str) -> str:
        return known[person].name if person in known else ""

    return Missed(
        id=newest.id,
        queue=newest.name,
        number=callers[0].number,
        name=next((one.name for one in callers if one.name), ""),
        tries=len(rows),
        missed_at=newest.missed_at.astimezone(zone),
        first_at=oldest.missed_at.astimezone(zone),
        longest_wait_seconds=max(row.wait_seconds for row in rows),
        left_message=any(row.outcome == "voicemail" for row in rows),
        given_up=next((row.outcome for row in rows if row.outcome in GIVEN_UP), ""),
        state="claimed" if claimed else newest.state,
        claimed_by=name(claimed.claimed_by) if claimed else "",
        claimed_by_me=claimed is not None and claimed.claimed_by == actor.id,
        handled_by=name(newest.handled_by),
        handled_at=newest.handled_at and newest.handled_at.astimezone(zone),
        handled_call=newest.handled_call,
    )
