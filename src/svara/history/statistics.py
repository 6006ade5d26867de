"""How queues did: service level, answer time, abandoned; per queue, hour and agent.

Counted by the database from the rows that `svara.history.queue_facts` writes, so a year of a busy office is a matter of
moments. For supervisors and administrators; nobody counts another company. An agent has figures of their own only where they
agreed to it (`svara.privacy.functions`, "statistics"); a queue's figures count everybody but calls of those who objected or
whose data are restricted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Avg, Count, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDay, TruncHour

from svara.history.access import BadFilter, sees_all_calls
from svara.history.groups import Cells, talk_cells, with_talk
from svara.history.hiding import calls_with, people_of
from svara.history.looked import sees_as
from svara.history.models import AGENT_DAYS, AgentMoment, Call, QueueOffer, QueueWait
from svara.people import access as people
from svara.people.access import NotFound
from svara.people.models import Account, Queue
from svara.privacy import subject
from svara.privacy.audit.port import Act, record_views
from svara.privacy.catalogue import Purpose
from svara.privacy.figures.council import choice_of, revealed
from svara.privacy.figures.groups import Cell
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import STATISTICS
from svara.privacy.rights.objections import stopped

MAX_DAYS = AGENT_DAYS
HOURLY_DAYS = 3
"""Up to so many days the slots are hours, beyond them days."""
DEFAULT_SERVICE_SECONDS = 20.0
LOGGED_OUT = "logged-out"

ANSWERED, ABANDONED = Q(why="answered"), Q(why__in=("abandoned", ""))


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of callers in a line.

    `offered` all who came; `passed_on` went on to somewhere else (too long, full, nobody there, a call-back).
    `service_level` is the share of those answered within the queue's promised time among all but those who gave up within
    that time; None without calls. Times are seconds, None without a call to measure.
    """

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    passed_on: int = 0
    service_level: float | None = None
    answer_seconds: float | None = None
    longest_seconds: float | None = None
    talk_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue; a removed one goes by the name it had."""

    id: str
    name: str
    service_seconds: float
    figures: Figures


@dataclass(frozen=True, slots=True)
class Slot:
    """One hour or day, from `begins_at` on (company's timezone)."""

    begins_at: datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """What one agent did: calls offered, taken and let pass, and how long in which state (seconds by state)."""

    person: str
    name: str
    username: str
    offered: int
    answered: int
    talk_seconds: float
    states: dict[str, float]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of all or one queue between two moments."""

    since: datetime
    until: datetime
    hourly: bool
    total: Figures
    queues: tuple[QueueFigures, ...]
    slots: tuple[Slot, ...]
    agents: tuple[AgentFigures, ...]
    council: bool = False
    """Works-council mode: talk time of groups alone, and agents only where an auditor agreed."""


def access_statistics(
    actor: Account, *, since: datetime, until: datetime, queue: str | None = None, export: bool = False
) -> Statistics:
    """The figures from `since` up to `until`. `queue` is a queue's name; `export`: they leave as a file.

    Raises NotFound for who may not see them, or for a queue that there is not; BadFilter for times that make no sense.
    """
    if not sees_all_calls(actor):
        raise NotFound
    zone = ZoneInfo(actor.tenant.timezone)
    since, until = (moment if moment.tzinfo else moment.replace(tzinfo=zone) for moment in (since, until))
    if not timedelta() < until - since <= timedelta(days=MAX_DAYS):
        raise BadFilter("until", f"must be after the beginning, and within {MAX_DAYS} days of it")
    queues = {each.id: each for each in Queue.of(actor)}
    waits = QueueWait.of(actor).filter(entered_at__gte=since.astimezone(UTC), entered_at__lt=until.astimezone(UTC))
    offers = QueueOffer.of(actor).filter(offered_at__gte=since.astimezone(UTC), offered_at__lt=until.astimezone(UTC))
    if left_out := stopped(actor.tenant_id, Purpose.STATISTICS):
        calls = Call.of(actor).filter(calls_with(left_out))
        waits = waits.exclude(call__in=calls.values("pk"))
        offers = offers.exclude(call__in=calls.values("pk"))
    if queue:
        wanted = next((each.id for each in queues.values() if each.name == queue), None)
        if wanted is None:
            raise NotFound
        waits, offers = waits.filter(queue=wanted), offers.filter(queue=wanted)
    hourly = until - since <= timedelta(days=HOURLY_DAYS)
    within = {each.id: each.service_level_seconds for each in queues.values()}
    council = choice_of(actor).council
    shown = (revealed(actor) if council else people_with(STATISTICS, actor.tenant_id)) - people_of(left_out)
    agents = _agents(actor, waits, offers, since, until, shown=shown)
    about = [subject.person(agent.person) for agent in agents if agent.person != actor.id]
    if about:
        act: Act = "export" if export else "view"
        why = "reveal" if council else sees_as(actor)
        record_views(actor.tenant_id, actor.id, about, "statistics", act=act, why=why, count=len(about))
    found = Statistics(
        since=since.astimezone(zone),
        until=until.astimezone(zone),
        hourly=hourly,
        total=next(iter(_figures(waits, within).values()), Figures()),
        queues=_queues(waits, queues),
        slots=_slots(waits, within, zone, hourly=hourly),
        agents=agents,
        council=council,
    )
    return _of_groups(found, talk_cells(waits, since, until, zone)) if council else found


def _of_groups(found: Statistics, cells: Cells) -> Statistics:
    """The same, with the talk time of groups alone; hours are smaller than any group's cell."""

    def of(day: date) -> list[Cell]:
        return [] if found.hourly else [cell for (_queue, each), cell in cells.items() if each == day]

    return replace(
        found,
        total=with_talk(found.total, cells.values()),
        queues=tuple(
            replace(each, figures=with_talk(each.figures, [cell for key, cell in cells.items() if key[0] == each.id]))
            for each in found.queues
        ),
        slots=tuple(replace(each, figures=with_talk(each.figures, of(each.begins_at.date()))) for each in found.slots),
    )


def _in_time(within: dict[str, float]) -> Q:
    """Waits not longer than their queue's promise."""
    fast = Q(wait_seconds__lte=DEFAULT_SERVICE_SECONDS) & ~Q(queue__in=list(within))
    for seconds in set(within.values()):
        fast |= Q(wait_seconds__lte=seconds, queue__in=[queue for queue, each in within.items() if each == seconds])
    return fast


def _figures(waits: QuerySet[QueueWait], within: dict[str, float], *by: str) -> dict[tuple[object, ...], Figures]:
    """Figures for each combination of the columns `by`; all together under () without one."""
    fast = _in_time(within)
    counts = {
        "offered": Count("id"),
        "answered": Count("id", filter=ANSWERED),
        "abandoned": Count("id", filter=ABANDONED),
        "in_time": Count("id", filter=ANSWERED & fast),
        "gave_up_at_once": Count("id", filter=ABANDONED & fast),
        "answer_seconds": Avg("wait_seconds", filter=ANSWERED),
        "longest_seconds": Max("wait_seconds"),
        "talk_seconds": Avg("talk_seconds", filter=ANSWERED),
    }
    rows = waits.order_by().values(*by).annotate(**counts) if by else [waits.aggregate(**counts)]
    return {tuple(row[column] for column in by): _of(row) for row in rows}


def _of(row: dict[str, object]) -> Figures:
    def number(name: str) -> int:
        return int(str(row[name] or 0))

    def seconds(name: str) -> float | None:
        return None if row[name] is None else round(float(str(row[name])), 3)

    counted = number("offered") - number("gave_up_at_once")
    return Figures(
        offered=number("offered"),
        answered=number("answered"),
        abandoned=number("abandoned"),
        passed_on=number("offered") - number("answered") - number("abandoned"),
        service_level=number("in_time") / counted if counted else None,
        answer_seconds=seconds("answer_seconds"),
        longest_seconds=seconds("longest_seconds"),
        talk_seconds=seconds("talk_seconds"),
    )


def _queues(waits: QuerySet[QueueWait], queues: dict[str, Queue]) -> tuple[QueueFigures, ...]:
    within = {each.id: each.service_level_seconds for each in queues.values()}
    names = dict(waits.order_by("entered_at").values_list("queue", "name"))
    shown = []
    for (queue_id,), figures in _figures(waits, within, "queue").items():
        known = queues.get(str(queue_id))
        name = known.name if known else names.get(str(queue_id), "")
        shown.append(QueueFigures(str(queue_id), name, within.get(str(queue_id), DEFAULT_SERVICE_SECONDS), figures))
    return tuple(sorted(shown, key=lambda each: each.name))


def _slots(waits: QuerySet[QueueWait], within: dict[str, float], zone: ZoneInfo, *, hourly: bool) -> tuple[Slot, ...]:
    cut = TruncHour if hourly else TruncDay
    slots = _figures(waits.annotate(slot=cut("entered_at", tzinfo=zone)), within, "slot")
    found = {moment: figures for (moment,), figures in slots.items() if isinstance(moment, datetime)}
    return tuple(Slot(moment.astimezone(zone), found[moment]) for moment in sorted(found))


def _agents(
    actor: Account,
    waits: QuerySet[QueueWait],
    offers: QuerySet[QueueOffer],
    since: datetime,
    until: datetime,
    *,
    shown: frozenset[str],
) -> tuple[AgentFigures, ...]:
    rung = {
        row["person"]: row["count"]
        for row in offers.exclude(how="withdrawn").order_by().values("person").annotate(count=Count("id"))
    }
    taken = {
        row["answered_person"]: (row["count"], row["talk"] or 0.0)
        for row in waits.filter(ANSWERED)
        .exclude(answered_person="")
        .order_by()
        .values("answered_person")
        .annotate(count=Count("id"), talk=Sum("talk_seconds"))
    }
    times = _times(actor, since, until)
    known = people.people_by_id(actor, {*rung, *taken, *times} & shown)
    figures = [
        AgentFigures(
            person=person,
            name=account.name,
            username=account.username,
            offered=rung.get(person, 0),
            answered=taken.get(person, (0, 0.0))[0],
            talk_seconds=round(taken.get(person, (0, 0.0))[1], 3),
            states=times.get(person, {}),
        )
        for person, account in known.items()
    ]
    return tuple(sorted(figures, key=lambda each: each.name))


def _times(actor: Account, since: datetime, until: datetime) -> dict[str, dict[str, float]]:
    """How long each agent was in which state between the two moments; what nobody told of is not counted."""
    begin = since.astimezone(UTC)
    earlier = AgentMoment.of(actor).filter(person=OuterRef("id"), at__lt=begin).order_by("-at")
    last = Account.of(actor).annotate(last=Subquery(earlier.values("id")[:1])).values("last")
    standing = AgentMoment.of(actor).filter(id__in=last).values_list("person", "state")
    told = AgentMoment.of(actor).filter(at__gte=begin, at__lt=until.astimezone(UTC)).order_by("at", "id")
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    before = {person: (state, begin) for person, state in standing.iterator()}

    def add(person: str, end: datetime) -> None:
        state, at = before.get(person, (LOGGED_OUT, end))
        if state != LOGGED_OUT and end > at:
            seconds[person, state] += (end - at).total_seconds()

    for person, at, state in told.values_list("person", "at", "state").iterator():
        add(person, at)
        before[person] = (state, at)
    for person in before:
        add(person, _last(until))
    times: dict[str, dict[str, float]] = {}
    for (person, state), spent in seconds.items():
        times.setdefault(person, {})[state] = round(spent, 3)
    return times


def _last(until: datetime) -> datetime:
    """A state that still lasts is counted up to now."""
    return min(until, datetime.now(UTC))
