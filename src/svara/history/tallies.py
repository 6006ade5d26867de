"""How many calls there were on which day and at which hour, who took them, and for how long people talked.

One's own figures are for oneself alone: they are counted when one asks, and kept nowhere. Those of the company are for
administrators and name nobody; they are the same before and after the detail of calls has gone, where one's own end with
it. Calls of those who objected to statistics, or whose data are restricted, are in neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Case, CharField, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Round, TruncHour

from svara.history.access import BadFilter
from svara.history.counts import CallCount
from svara.history.hiding import calls_with
from svara.history.models import Call, Participant
from svara.people.access import NotFound
from svara.people.models import Account
from svara.privacy import subject
from svara.privacy.catalogue import Purpose
from svara.privacy.figures.council import choice_of
from svara.privacy.rights.objections import stopped

MAX_DAYS = 400


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls of some time. `taken` and `missed` came in, `made` went out (`reached` of them were answered), `inside` are
    those of the company between its people. `talk_seconds` None: it is not told."""

    taken: int = 0
    missed: int = 0
    made: int = 0
    reached: int = 0
    inside: int = 0
    talk_seconds: float | None = 0.0

    def __add__(self, other: Tally) -> Tally:
        told = self.talk_seconds is not None and other.talk_seconds is not None
        return Tally(
            self.taken + other.taken,
            self.missed + other.missed,
            self.made + other.made,
            self.reached + other.reached,
            self.inside + other.inside,
            round((self.talk_seconds or 0.0) + (other.talk_seconds or 0.0), 3) if told else None,
        )

    @property
    def calls(self) -> int:
        """All of them."""
        return self.taken + self.missed + self.made + self.inside

    @property
    def answer_rate(self) -> float | None:
        """The share of those that came in which was answered; None when none came."""
        came = self.taken + self.missed
        return self.taken / came if came else None

    @property
    def talk_average(self) -> float | None:
        """Seconds of talk a call that was answered; None without one, or where it is not told."""
        talks = self.taken + self.reached + self.inside
        return self.talk_seconds / talks if talks and self.talk_seconds is not None else None


@dataclass(frozen=True, slots=True)
class Tallies:
    """Between two moments: all together, by day (only days with a call), and by hour of the day (0 to 23), in the
    company's timezone. `objected`: nothing was counted, for that is what its person wants."""

    since: datetime
    until: datetime
    total: Tally
    days: dict[date, Tally]
    hours: dict[int, Tally]
    objected: bool = False


def access_own_tallies(actor: Account, *, since: datetime, until: datetime) -> Tallies:
    """The actor's own calls. Raises BadFilter for times that make no sense."""
    zone = _checked(actor, since, until)
    left_out = stopped(actor.tenant_id, Purpose.STATISTICS)
    me = subject.person(actor.id)
    if me in left_out:
        return _together(since, until, zone, (), objected=True)
    part = Participant.objects.filter(person=actor.id, started_at__gte=since, started_at__lt=until)
    calls = Call.of(actor).filter(pk__in=part.values("call"))
    kinds = {
        "made": Q(caller_person=actor.id),
        "taken": Q(answered_person=actor.id),
        "missed": Q(callee_person=actor.id) & ~Q(outcome="answered"),
    }
    return _together(since, until, zone, _of_calls(_without(calls, left_out), kinds, zone))


def access_company_tallies(actor: Account, *, since: datetime, until: datetime) -> Tallies:
    """All calls of the company; the time of talks is not told in works-council mode. Raises NotFound for whoever is no
    administrator, BadFilter for times that make no sense."""
    if not actor.has_role("admin"):
        raise NotFound
    zone = _checked(actor, since, until)
    begin, end = since.astimezone(UTC), until.astimezone(UTC)
    calls = Call.of(actor).filter(started_at__gte=begin, started_at__lt=end)
    kinds = {
        "inside": Q(direction="internal"),
        "made": Q(direction="outbound"),
        "taken": Q(outcome="answered"),
        "missed": Q(),
    }
    rows = [*_of_calls(_without(calls, stopped(actor.tenant_id, Purpose.STATISTICS)), kinds, zone)]
    for one in CallCount.of(actor).filter(hour__gte=begin, hour__lt=end).iterator():
        answered = one.outcome == "answered"
        kind = {"internal": "inside", "outbound": "made"}.get(one.direction, "taken" if answered else "missed")
        rows.append((one.hour, _tally(kind, one.calls, one.talk_ms, answered=answered)))
    if choice_of(actor).council:
        rows = [(hour, _untimed(tally)) for hour, tally in rows]
    return _together(since, until, zone, rows)


def _checked(actor: Account, since: datetime, until: datetime) -> ZoneInfo:
    if not timedelta() < until - since <= timedelta(days=MAX_DAYS):
        raise BadFilter("until", f"must be after the beginning, and within {MAX_DAYS} days of it")
    return ZoneInfo(actor.tenant.timezone)


def _without(calls: QuerySet[Call], people: frozenset[subject.Subject]) -> QuerySet[Call]:
    if not people:
        return calls
    return calls.exclude(pk__in=Call.all_tenants.filter(calls_with(people)).values("pk"))


def _of_calls(calls: QuerySet[Call], kinds: dict[str, Q], zone: ZoneInfo) -> Iterable[tuple[datetime, Tally]]:
    """By hour and kind, counted by the database; the first of the kinds that fits a call is its own, others are left out."""
    whens = [
        When(fits, then=Value(kind)) if fits else When(pk__isnull=False, then=Value(kind)) for kind, fits in kinds.items()
    ]
    kind_of = Case(*whens, default=Value(""), output_field=CharField())
    rows: Any = (
        calls.order_by()
        .annotate(kind=kind_of, slot=TruncHour("started_at", tzinfo=zone))
        .values("kind", "slot", "outcome")
        .annotate(many=Count("id"), talk_ms=Sum(Cast(Round(F("talk_seconds") * 1000), BigIntegerField())))
    )
    for row in rows:
        if row["kind"]:
            answered = row["outcome"] == "answered"
            yield row["slot"], _tally(row["kind"], row["many"], int(row["talk_ms"] or 0), answered=answered)


def _tally(kind: str, many: int, talk_ms: int, *, answered: bool) -> Tally:
    reached = many if kind == "made" and answered else 0
    return Tally(**{kind: many}, reached=reached, talk_seconds=talk_ms / 1000 if answered else 0.0)


def _untimed(tally: Tally) -> Tally:
    return Tally(tally.taken, tally.missed, tally.made, tally.reached, tally.inside, None)


def _together(
    since: datetime, until: datetime, zone: ZoneInfo, rows: Iterable[tuple[datetime, Tally]], *, objected: bool = False
) -> Tallies:
    days: dict[date, Tally] = defaultdict(Tally)
    hours: dict[int, Tally] = defaultdict(Tally)
    total = Tally()
    for slot, tally in rows:
        local = slot.astimezone(zone)
        days[local.date()] += tally
        hours[local.hour] += tally
        total += tally
    return Tallies(since, until, total, dict(sorted(days.items())), dict(sorted(hours.items())), objected)
