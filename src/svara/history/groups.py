"""How long people talked, told of groups alone: what queue statistics show in works-council mode (`svara.privacy.figures`).

A cell is a queue's day (the company's time zone), whole and over: half a day, or a day that still grows, is in no figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from svara.history.counts import AgentCount, TalkCount
from svara.history.models import QueueWait
from svara.history.stored import milliseconds
from svara.privacy.figures.groups import Cell, published, total

if TYPE_CHECKING:
    from svara.history.statistics import Figures

Cells = Mapping[tuple[str, date], Cell]


@dataclass(frozen=True, slots=True)
class Talks:
    """What cells are made of: calls, figures that became of calls, and cells of people of whom nothing else is known."""

    waits: QuerySet[QueueWait]
    counted: QuerySet[AgentCount]
    kept: QuerySet[TalkCount]


def talk_cells(talks: Talks, since: datetime, until: datetime, zone: ZoneInfo, now: datetime | None = None) -> Cells:
    """The cells of talks between two moments that may be shown, by queue and day."""
    until = min(until, now or datetime.now(UTC))
    found = published(group_cells(talks.waits, talks.counted, zone))
    days = talks.kept.filter(day__gte=since.astimezone(zone).date(), day__lt=until.astimezone(zone).date())
    found |= {(row.queue, row.day): Cell(frozenset(), row.talks, row.talk_ms) for row in days}
    return {key: cell for key, cell in found.items() if _whole(key[1], since, until, zone)}


def group_cells(waits: QuerySet[QueueWait], counted: QuerySet[AgentCount], zone: ZoneInfo) -> Cells:
    """The cells of all talks by somebody who is known, of calls and of figures that became of calls."""
    cells: dict[tuple[str, date], Cell] = defaultdict(lambda: Cell(frozenset()))
    taken = waits.filter(why="answered").exclude(answered_person="").order_by()
    for queue, at, person, seconds in taken.values_list("queue", "entered_at", "answered_person", "talk_seconds").iterator():
        cells[queue, at.astimezone(zone).date()] += Cell(frozenset({person}), 1, milliseconds(seconds))
    talked = counted.filter(answered__gt=0).order_by()
    for queue, hour, person, answered, talk_ms in talked.values_list(
        "queue", "hour", "person", "answered", "talk_ms"
    ).iterator():
        cells[queue, hour.astimezone(zone).date()] += Cell(frozenset({person}), answered, talk_ms)
    return cells


def with_talk(figures: Figures, cells: Iterable[Cell]) -> Figures:
    """The same figures, their talk time from these cells alone; without any, none is told."""
    found = total(cells)
    return replace(figures, talk_seconds=round(found.milliseconds / found.count / 1000, 3) if found else None)


def _whole(day: date, since: datetime, until: datetime, zone: ZoneInfo) -> bool:
    begins = datetime.combine(day, time(), zone)
    return since <= begins and datetime.combine(day + timedelta(days=1), time(), zone) <= until
