"""How queues did: service level, answer time, abandoned; per queue, hour and agent.

Counted by the database (`svara.history.counting`), so a year of a busy office is a matter of moments; the same before and
after the detail of calls has gone. For supervisors and administrators; nobody counts another company. An agent has figures
of their own only where they agreed to it (`svara.privacy.functions`, "statistics"); a queue's figures count everybody but
calls of those who objected or whose data are restricted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from svara.history.access import BadFilter, names_of, sees_all_calls
from svara.history.counting import DEFAULT_SERVICE_SECONDS, Fared, Key, Kind, Took, fared, kinds, took
from svara.history.counts import AGENT_DAYS, AgentCount, CallCount, QueueCount, TalkCount
from svara.history.groups import Cells, Talks, talk_cells, with_talk
from svara.history.hiding import calls_with, people_of
from svara.history.looked import sees_as
from svara.history.models import AgentMoment, Call, QueueOffer, QueueWait
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
LOGGED_OUT = "logged-out"


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
class CallFigures:
    """How many calls of one direction and outcome there were, and for how long they waited and talked, in all (seconds).
    `talk_seconds` None: it is not told."""

    direction: str
    outcome: str
    calls: int
    wait_seconds: float
    talk_seconds: float | None


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
    calls: tuple[CallFigures, ...]
    """All calls, also those that came to no queue."""
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
    asked = _Asked(actor, since, until)
    if left_out := stopped(actor.tenant_id, Purpose.STATISTICS):
        asked.without(left_out)
    if queue:
        wanted = next((each.id for each in queues.values() if each.name == queue), None)
        if wanted is None:
            raise NotFound
        asked.only(wanted, names_of(actor, queue))
    hourly = until - since <= timedelta(days=HOURLY_DAYS)
    within = {each.id: each.service_level_seconds for each in queues.values()}
    council = choice_of(actor).council
    shown = (revealed(actor) if council else people_with(STATISTICS, actor.tenant_id)) - people_of(left_out)
    agents = _agents(actor, asked.took(), since, until, shown=shown)
    about = [subject.person(agent.person) for agent in agents if agent.person != actor.id]
    if about:
        act: Act = "export" if export else "view"
        why = "reveal" if council else sees_as(actor)
        record_views(actor.tenant_id, actor.id, about, "statistics", act=act, why=why, count=len(about))
    found = Statistics(
        since=since.astimezone(zone),
        until=until.astimezone(zone),
        hourly=hourly,
        total=_figures(asked.fared(within).get((), Fared())),
        queues=_queues(asked, queues),
        slots=_slots(asked, within, zone, hourly=hourly),
        agents=agents,
        calls=_calls(asked.kinds()),
        council=council,
    )
    return _of_groups(found, asked.cells(since, until, zone)) if council else found


class _Asked:
    """What is counted: calls between two moments, and the figures that older ones became."""

    def __init__(self, actor: Account, since: datetime, until: datetime) -> None:
        begin, end = since.astimezone(UTC), until.astimezone(UTC)
        self.waits = QueueWait.of(actor).filter(entered_at__gte=begin, entered_at__lt=end)
        self.offers = QueueOffer.of(actor).filter(offered_at__gte=begin, offered_at__lt=end)
        self.records = Call.of(actor).filter(started_at__gte=begin, started_at__lt=end)
        self.by_queue = QueueCount.of(actor).filter(hour__gte=begin, hour__lt=end)
        self.by_agent = AgentCount.of(actor).filter(hour__gte=begin, hour__lt=end)
        self.by_kind = CallCount.of(actor).filter(hour__gte=begin, hour__lt=end)
        self.talks = TalkCount.of(actor)

    def without(self, people: frozenset[subject.Subject]) -> None:
        """Not the calls in which one of these has a part; figures know nobody any more."""
        calls = Call.all_tenants.filter(calls_with(people)).values("pk")
        self.waits, self.offers = self.waits.exclude(call__in=calls), self.offers.exclude(call__in=calls)
        self.records = self.records.exclude(pk__in=calls)

    def only(self, queue: str, names: list[str]) -> None:
        """Of one queue: its id, and by which names records know it."""
        self.waits, self.offers = self.waits.filter(queue=queue), self.offers.filter(queue=queue)
        self.by_queue, self.by_agent = self.by_queue.filter(queue=queue), self.by_agent.filter(queue=queue)
        self.records, self.by_kind = self.records.filter(queue__in=names), self.by_kind.filter(queue__in=names)
        self.talks = self.talks.filter(queue=queue)

    def fared(self, within: dict[str, float], *by: str, slots: tuple[ZoneInfo, bool] | None = None) -> dict[Key, Fared]:
        return fared(self.waits, self.by_queue, within, *by, slots=slots)

    def took(self) -> dict[str, Took]:
        return took(self.waits, self.offers, self.by_agent)

    def kinds(self) -> dict[tuple[str, str], Kind]:
        return kinds(self.records, self.by_kind)

    def cells(self, since: datetime, until: datetime, zone: ZoneInfo) -> Cells:
        return talk_cells(Talks(self.waits, self.by_agent, self.talks), since, until, zone)

    def names(self) -> dict[str, str]:
        """What each queue was called last."""
        earlier = dict(self.by_queue.order_by("hour").values_list("queue", "name"))
        return earlier | dict(self.waits.order_by("entered_at").values_list("queue", "name"))


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
        calls=tuple(replace(each, talk_seconds=None) for each in found.calls),
    )


def _figures(told: Fared) -> Figures:
    counted = told.offered - told.gave_up_at_once
    return Figures(
        offered=told.offered,
        answered=told.answered,
        abandoned=told.abandoned,
        passed_on=told.offered - told.answered - told.abandoned,
        service_level=told.in_time / counted if counted else None,
        answer_seconds=_average(told.answer_ms, told.answered),
        longest_seconds=None if told.longest_ms is None else told.longest_ms / 1000,
        talk_seconds=_average(told.talk_ms, told.answered),
    )


def _average(milliseconds: int, count: int) -> float | None:
    return round(milliseconds / count / 1000, 3) if count else None


def _queues(asked: _Asked, queues: dict[str, Queue]) -> tuple[QueueFigures, ...]:
    within = {each.id: each.service_level_seconds for each in queues.values()}
    names = asked.names()
    shown = []
    for (queue_id,), told in asked.fared(within, "queue").items():
        known = queues.get(str(queue_id))
        name = known.name if known else names.get(str(queue_id), "")
        promise = within.get(str(queue_id), DEFAULT_SERVICE_SECONDS)
        shown.append(QueueFigures(str(queue_id), name, promise, _figures(told)))
    return tuple(sorted(shown, key=lambda each: each.name))


def _slots(asked: _Asked, within: dict[str, float], zone: ZoneInfo, *, hourly: bool) -> tuple[Slot, ...]:
    slots = asked.fared(within, "slot", slots=(zone, hourly))
    found = {moment: told for (moment,), told in slots.items() if isinstance(moment, datetime)}
    return tuple(Slot(moment.astimezone(zone), _figures(found[moment])) for moment in sorted(found))


def _calls(told: dict[tuple[str, str], Kind]) -> tuple[CallFigures, ...]:
    return tuple(
        CallFigures(direction, outcome, each.calls, each.wait_ms / 1000, each.talk_ms / 1000)
        for (direction, outcome), each in sorted(told.items())
    )


def _agents(
    actor: Account, did: dict[str, Took], since: datetime, until: datetime, *, shown: frozenset[str]
) -> tuple[AgentFigures, ...]:
    times = _times(actor, since, until)
    known = people.people_by_id(actor, {*did, *times} & shown)
    figures = []
    for person, account in known.items():
        one, states = did.get(person, Took()), times.get(person, {})
        talked = one.talk_ms / 1000
        figures.append(AgentFigures(person, account.name, account.username, one.offered, one.answered, talked, states))
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
