"""How long people talked, told of groups alone: what queue statistics show in works-council mode (`svara.privacy.figures`).

A cell is a queue's day (the company's time zone), whole and over: half a day, or a day that still grows, is in no figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from svara.history.models import QueueWait
from svara.privacy.figures.groups import Cell, published, total

if TYPE_CHECKING:
    from svara.history.statistics import Figures

Cells = Mapping[tuple[str, date], Cell]


def talk_cells(
    waits: QuerySet[QueueWait], since: datetime, until: datetime, zone: ZoneInfo, now: datetime | None = None
) -> Cells:
    """The cells of talks between two moments that may be shown, by queue and day."""
    until = min(until, now or datetime.now(UTC))
    taken = waits.filter(why="answered").exclude(answered_person="").order_by()
    cells: dict[tuple[str, date], Cell] = defaultdict(lambda: Cell(frozenset()))
    for queue, at, person, seconds in taken.values_list("queue", "entered_at", "answered_person", "talk_seconds").iterator():
        cells[queue, at.astimezone(zone).date()] += Cell(frozenset({person}), 1, seconds)
    return published({key: cell for key, cell in cells.items() if _whole(key[1], since, until, zone)})


def with_talk(figures: Figures, cells: Iterable[Cell]) -> Figures:
    """The same figures, their talk time from these cells alone; without any, none is told."""
    found = total(cells)
    return replace(figures, talk_seconds=round(found.seconds / found.count, 3) if found else None)


def _whole(day: date, since: datetime, until: datetime, zone: ZoneInfo) -> bool:
    begins = datetime.combine(day, time(), zone)
    return since <= begins and datetime.combine(day + timedelta(days=1), time(), zone) <= until
