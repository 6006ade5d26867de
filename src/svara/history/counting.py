"""Figures counted by the database: from calls whose detail is still there, and from what became of those that are older.

Both are summed in whole milliseconds, so that it makes no difference to any figure when the detail of a call went.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Cast, Round, TruncDay, TruncHour

from svara.history.counts import AgentCount, CallCount, QueueCount
from svara.history.models import Call, QueueOffer, QueueWait
from svara.history.stored import milliseconds

DEFAULT_SERVICE_SECONDS = 20.0
"""Of queues that are not there any more."""
ANSWERED, ABANDONED = Q(why="answered"), Q(why__in=("abandoned", ""))
_AS = "n_"
"""Before the names of what is counted, for a table may have a column of that name."""
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Fared:
    """How many callers fared how in a line, and for how long (milliseconds); `longest_ms` None: nobody came."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    in_time: int = 0
    gave_up_at_once: int = 0
    answer_ms: int = 0
    longest_ms: int | None = None
    talk_ms: int = 0

    def __add__(self, other: Fared) -> Fared:
        longest = [each for each in (self.longest_ms, other.longest_ms) if each is not None]
        return Fared(
            self.offered + other.offered,
            self.answered + other.answered,
            self.abandoned + other.abandoned,
            self.in_time + other.in_time,
            self.gave_up_at_once + other.gave_up_at_once,
            self.answer_ms + other.answer_ms,
            max(longest, default=None),
            self.talk_ms + other.talk_ms,
        )


@dataclass(frozen=True, slots=True)
class Took:
    """What an agent did: callers offered to them, answered, and for how long they talked."""

    offered: int = 0
    answered: int = 0
    talk_ms: int = 0

    def __add__(self, other: Took) -> Took:
        return Took(self.offered + other.offered, self.answered + other.answered, self.talk_ms + other.talk_ms)


@dataclass(frozen=True, slots=True)
class Kind:
    """How many calls of one kind there were, and for how long they waited and talked."""

    calls: int = 0
    wait_ms: int = 0
    talk_ms: int = 0

    def __add__(self, other: Kind) -> Kind:
        return Kind(self.calls + other.calls, self.wait_ms + other.wait_ms, self.talk_ms + other.talk_ms)


def fared(
    waits: QuerySet[QueueWait],
    counted: QuerySet[QueueCount],
    within: Mapping[str, float],
    *by: str,
    slots: tuple[ZoneInfo, bool] | None = None,
) -> dict[Key, Fared]:
    """For each combination of the columns `by`; all together under () without one. `within` is each queue's promise, for
    calls; figures have theirs. `slots`: by "slot", an hour (True) or day of a time zone, too."""
    if slots:
        cut = TruncHour if slots[1] else TruncDay
        waits = waits.annotate(slot=cut("entered_at", tzinfo=slots[0]))
        counted = counted.annotate(slot=cut("hour", tzinfo=slots[0]))
    fast = _in_time(within)
    calls = {
        "offered": Count("id"),
        "answered": Count("id", filter=ANSWERED),
        "abandoned": Count("id", filter=ABANDONED),
        "in_time": Count("id", filter=ANSWERED & fast),
        "gave_up_at_once": Count("id", filter=ABANDONED & fast),
        "answer_ms": Sum(_ms("wait_seconds"), filter=ANSWERED),
        "longest_ms": Max(_ms("wait_seconds")),
        "talk_ms": Sum(_ms("talk_seconds"), filter=ANSWERED),
    }
    figures = {name: Max(name) if name == "longest_ms" else Sum(name) for name in calls}
    found: dict[Key, Fared] = defaultdict(Fared)
    for rows, columns in ((waits, calls), (counted, figures)):
        for row in _grouped(rows, by, columns):
            told = {name: row[_AS + name] for name in calls}
            longest = told.pop("longest_ms")
            sums = {name: int(each or 0) for name, each in told.items()}
            one = Fared(**sums, longest_ms=None if longest is None else int(longest))
            found[tuple(row[column] for column in by)] += one
    return dict(found)


def _in_time(within: Mapping[str, float]) -> Q:
    """Waits not longer than their queue's promise."""
    fast = Q(wait_seconds__lte=DEFAULT_SERVICE_SECONDS) & ~Q(queue__in=list(within))
    for seconds in set(within.values()):
        fast |= Q(wait_seconds__lte=seconds, queue__in=[queue for queue, each in within.items() if each == seconds])
    return fast


def took(waits: QuerySet[QueueWait], offers: QuerySet[QueueOffer], counted: QuerySet[AgentCount]) -> dict[str, Took]:
    """What each agent did who is known, by their id."""
    answered = waits.filter(ANSWERED).exclude(answered_person="")
    found: dict[str, Took] = defaultdict(Took)
    for row in _grouped(offers.exclude(how="withdrawn"), ("person",), {"offered": Count("id")}):
        found[row["person"]] += Took(offered=row[_AS + "offered"])
    talked = {"answered": Count("id"), "talk_ms": Sum(_ms("talk_seconds"))}
    for row in _grouped(answered, ("answered_person",), talked):
        found[row["answered_person"]] += Took(0, *(int(row[_AS + name]) for name in talked))
    sums = {name: Sum(name) for name in ("offered", "answered", "talk_ms")}
    for row in _grouped(counted, ("person",), sums):
        found[row["person"]] += Took(*(int(row[_AS + name]) for name in sums))
    return dict(found)


def kinds(calls: QuerySet[Call], counted: QuerySet[CallCount]) -> dict[tuple[str, str], Kind]:
    """How many calls there were of each direction and outcome."""
    found: dict[tuple[str, str], Kind] = defaultdict(Kind)
    by = ("direction", "outcome")
    of_calls = {"calls": Count("id"), "wait_ms": Sum(_ms("wait_seconds")), "talk_ms": Sum(_ms("talk_seconds"))}
    of_figures = {name: Sum(name) for name in of_calls}
    for rows, columns in ((calls, of_calls), (counted, of_figures)):
        for row in _grouped(rows, by, columns):
            found[row["direction"], row["outcome"]] += Kind(*(int(row[_AS + name]) for name in of_calls))
    return dict(found)


def _ms(field: str) -> Cast:
    return Cast(Round(F(field) * 1000), BigIntegerField())


def _grouped(rows: QuerySet[Any], by: tuple[str, ...], columns: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    named = {_AS + name: column for name, column in columns.items()}
    return rows.order_by().values(*by).annotate(**named) if by else [rows.aggregate(**named)]


# What calls become


@dataclass(frozen=True, slots=True)
class Became:
    """The figures that some calls become, by the key columns of their tables."""

    calls: dict[tuple[datetime, str, str, str], Kind]
    queues: dict[tuple[datetime, str], Fared]
    names: dict[tuple[datetime, str], str]
    agents: dict[tuple[datetime, str, str], Took]


def became(
    calls: Iterable[Call],
    waits: Iterable[QueueWait],
    offers: Iterable[QueueOffer],
    within: Mapping[str, float],
    zone: ZoneInfo,
) -> Became:
    """What is left of these calls. Pure. `within` is each queue's promise in seconds."""
    found = Became(defaultdict(Kind), defaultdict(Fared), {}, defaultdict(Took))
    for call in calls:
        one = Kind(1, milliseconds(call.wait_seconds), milliseconds(call.talk_seconds))
        found.calls[_hour(call.started_at, zone), call.direction, call.outcome, call.queue] += one
    for wait in sorted(waits, key=lambda each: each.entered_at):
        key = (_hour(wait.entered_at, zone), wait.queue)
        found.queues[key] += _of_wait(wait, within)
        found.names[key] = wait.name
        if wait.why == "answered" and wait.answered_person:
            found.agents[*key, wait.answered_person] += Took(0, 1, milliseconds(wait.talk_seconds))
    for offer in offers:
        if offer.how != "withdrawn":
            found.agents[_hour(offer.offered_at, zone), offer.queue, offer.person] += Took(offered=1)
    return found


def _of_wait(wait: QueueWait, within: Mapping[str, float]) -> Fared:
    answered, abandoned = wait.why == "answered", wait.why in ("abandoned", "")
    fast = wait.wait_seconds <= within.get(wait.queue, DEFAULT_SERVICE_SECONDS)
    return Fared(
        offered=1,
        answered=answered,
        abandoned=abandoned,
        in_time=answered and fast,
        gave_up_at_once=abandoned and fast,
        answer_ms=milliseconds(wait.wait_seconds) if answered else 0,
        longest_ms=milliseconds(wait.wait_seconds),
        talk_ms=milliseconds(wait.talk_seconds) if answered else 0,
    )


def _hour(at: datetime, zone: ZoneInfo) -> datetime:
    """When the hour of the company's clock began."""
    return at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
