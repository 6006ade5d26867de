"""Whose network was at fault when a talk sounded bad.

Everything passes the relay in the middle, so what is lost is lost before it (on the way from who speaks) or behind it (on
the way to who listens). What the relay cannot tell apart is said to be unclear: nobody is blamed on a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from svara.calls.events import EndedBy
from svara.history.access import sees_all_calls
from svara.history.hiding import hidden_from, people_of
from svara.history.models import Call
from svara.history.record import Quality
from svara.history.rows import details_of
from svara.media.quality import POOR_MOS
from svara.people import access as people
from svara.people.access import NotFound
from svara.people.models import Account
from svara.privacy.audit.port import record_views
from svara.privacy.figures.council import choice_of
from svara.privacy.subject import person

LOSS_PERCENT = 2.0
"""From here on a listener hears gaps (G.711 with concealment, ITU-T G.113 Appendix I: 2 % cost about 7 of 93 points)."""
ROUND_TRIP_MS = 300.0
"""Half of it is what one side adds; 150 ms one way is what ITU-T G.114 asks for of the whole way."""
JITTER_MS = 30.0

MAX_CALLS = 2_000
MAX_DAYS = 30

How = Literal["sent", "received", "delay", "unclear", "uneven"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was wrong, and with whose network. `value` is percent for "sent" (lost on the way from that side to us),
    "received" (from us to that side) and "unclear" (between that side, who spoke, and the other), else milliseconds."""

    side: EndedBy
    how: How
    value: float


def troubles(quality: Sequence[Quality]) -> tuple[Trouble, ...]:
    """What people would have noticed, the worst first."""
    found: list[Trouble] = []
    for one in quality:
        found += _lost(one)
        if one.round_trip_ms >= ROUND_TRIP_MS:
            found.append(Trouble(one.side, "delay", one.round_trip_ms))
        elif one.jitter_ms >= JITTER_MS and not any(trouble.how != "delay" for trouble in found):
            found.append(Trouble(one.side, "uneven", one.jitter_ms))
    order = ("sent", "received", "unclear", "delay", "uneven")
    return tuple(sorted(found, key=lambda trouble: (order.index(trouble.how), -trouble.value)))


def _lost(one: Quality) -> list[Trouble]:
    sent = one.packets + one.lost
    if not sent or 100 * one.lost / sent < LOSS_PERCENT:
        return []
    if one.lost_before is None:
        return [Trouble(one.side, "unclear", 100 * one.lost / sent)]
    before, behind = 100 * one.lost_before / sent, 100 * (one.lost - one.lost_before) / sent
    both = [Trouble(one.side, "sent", before), Trouble(_other(one.side), "received", behind)]
    return [each for each in both if each.value >= LOSS_PERCENT] or [max(both, key=lambda each: each.value)]


def _other(side: EndedBy) -> EndedBy:
    return "callee" if side == "caller" else "caller"


@dataclass(frozen=True, slots=True)
class Network:
    """One person's phones, or (`who` None) everybody outside, whose network was at fault in some poor talks. How many talks
    somebody had is told to nobody here."""

    who: Account | None
    at_fault: int
    mos: float | None
    """The mean of what came from this side, 1 to 4.4."""


@dataclass(frozen=True, slots=True)
class Networks:
    """`talks` were measured; in `poor` of them one of the two was heard so badly that people complain. `per_person` is False
    in works-council mode: then only what concerns everybody is told."""

    items: tuple[Network, ...]
    talks: int
    poor: int
    unclear: int
    """Poor talks of which nobody can say whose network it was."""
    per_person: bool
    more: bool
    """There were more talks than are looked at at once; these are the newest."""


def access_networks(actor: Account, days: int = 7, now: datetime | None = None) -> Networks:
    """How the newest talks of the last `days` sounded, and whose network was at fault, the worst first.

    For supervisors and administrators. Raises NotFound for everybody else.
    """
    if not sees_all_calls(actor):
        raise NotFound
    since = (now or datetime.now(UTC)) - timedelta(days=min(max(days, 1), MAX_DAYS))
    calls = list(
        Call.of(actor)
        .filter(answered_at__isnull=False, started_at__gte=since)
        .order_by("-started_at", "-id")[: MAX_CALLS + 1]
    )
    hidden, per_person = people_of(hidden_from(actor)), not choice_of(actor).council
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    everybody = _Tally()
    for call in calls[:MAX_CALLS]:
        _count(call, details_of(call).quality, tallies, everybody)
    faulty = {id_: tally for id_, tally in tallies.items() if tally.at_fault}
    shown = {id_: tally for id_, tally in faulty.items() if not id_ or (per_person and id_ not in hidden)}
    accounts = people.people_by_id(actor, {id_ for id_ in shown if id_})
    items = [tally.network(accounts.get(id_)) for id_, tally in shown.items() if not id_ or id_ in accounts]
    looked_at = [person(id_) for id_ in accounts if id_ != actor.id]
    if looked_at:
        record_views(actor.tenant_id, actor.id, looked_at, "sound", count=len(looked_at))
    return Networks(
        tuple(sorted(items, key=lambda item: -item.at_fault)),
        everybody.talks,
        everybody.poor,
        everybody.unclear,
        per_person,
        len(calls) > MAX_CALLS,
    )


class _Tally:
    __slots__ = ("at_fault", "poor", "scores", "talks", "unclear")

    def __init__(self) -> None:
        self.talks = self.poor = self.at_fault = self.unclear = 0
        self.scores: list[float] = []

    def network(self, who: Account | None) -> Network:
        mean = round(sum(self.scores) / len(self.scores), 2) if self.scores else None
        return Network(who, self.at_fault, mean)


def _count(call: Call, quality: Iterable[Quality], tallies: dict[str, _Tally], everybody: _Tally) -> None:
    measured = {one.side: one for one in quality if one.mos is not None}
    if not measured:
        return
    found = troubles(tuple(measured.values()))
    poor = any(one.mos is not None and one.mos < POOR_MOS for one in measured.values())
    blamed = {trouble.side for trouble in found if trouble.how in ("sent", "received", "delay")} if poor else set()
    everybody.talks += 1
    everybody.poor += poor
    everybody.unclear += poor and not blamed
    sides: tuple[tuple[EndedBy, str], ...] = (("caller", call.caller_person), ("callee", call.answered_person))
    for side, who in sides:
        tally = tallies[who]
        tally.at_fault += side in blamed
        one = measured.get(side)
        if one is not None and one.mos is not None:
            tally.scores.append(one.mos)
