"""When it is open: opening hours and quiet hours, decided by the calendar and the clock on the office's wall.

Guarantees: pure functions of the hours, the time zone and the moment, cheap enough for a call's way; hours, zones or
holidays that nobody knows raise no error. A window belongs to the day on which it begins: what was
opened on Friday at 22:00 until 06:00 stays open on Saturday morning, also when that Saturday is a holiday. When clocks are
put forward, a time that the day skips is the moment of the jump; when they are put back, a window opens at the first of two
equal times and closes at the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from svara.people.office import Hours, Window

_DAY = timedelta(days=1)
_MINUTES = 1440


def is_open(hours: Hours, timezone: str, at: float) -> bool:
    """Whether it is open at `at` (seconds since the epoch) for a tenant in `timezone`."""
    zone = _zone(timezone)
    today = _local_date(zone, at)
    return any(start <= at < end for day in (today - _DAY, today) for start, end in _openings(hours, zone, day))


def prepare(code: str, at: float) -> None:
    """Work out the holidays (see `Hours`) of the year in which `at` lies now: that takes longer than a call should wait."""
    _holidays(code, datetime.fromtimestamp(at, UTC).year)


def in_windows(windows: Sequence[Window], timezone: str, at: float) -> bool:
    """Whether `at` lies in one of the weekly windows (quiet hours), holidays or not."""
    return bool(windows) and is_open(Hours(name="", open=tuple(windows)), timezone, at)


def _openings(hours: Hours, zone: ZoneInfo, day: date) -> Iterator[tuple[float, float]]:
    """From when to when (seconds since the epoch) it is open, of what begins on this day."""
    for window in _windows(hours, day):
        if window.from_minute == window.to_minute:
            continue
        over_midnight = window.to_minute < window.from_minute
        start = _moment(zone, day, window.from_minute, last=False)
        end = _moment(zone, day, window.to_minute + (_MINUTES if over_midnight else 0), last=True)
        if start < end:
            yield start, end


def _windows(hours: Hours, day: date) -> Sequence[Window]:
    """What counts on this day: an exception (of this date before that of each year), else a holiday, else the week."""
    for key in (day.isoformat(), day.isoformat()[5:]):
        if (exception := hours.exceptions.get(key)) is not None:
            return exception
    if hours.holidays and day in _holidays(hours.holidays, day.year):
        return ()
    weekday = day.weekday()
    return [window for window in hours.open if weekday in window.days]


@lru_cache(maxsize=512)
def _holidays(code: str, year: int) -> frozenset[date]:
    """The public holidays of a country ("NO") or subdivision ("DE-BY"); none where nobody knows them."""
    country, _, subdivision = code.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
    except (NotImplementedError, ValueError):
        return frozenset()


@lru_cache(maxsize=4096)
def _moment(zone: ZoneInfo, day: date, minute: int, *, last: bool) -> float:
    """When the clock on the wall shows that minute of the day (up to two days long), in seconds since the epoch."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001  the zone is set below
    first, second = (wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    if first <= second:
        return second if last else first
    return _jump(zone, second, first)  # the wall clock skips it (PEP 495)


def _jump(zone: ZoneInfo, before: float, after: float) -> float:
    """The moment between the two at which the zone's offset changes, to the second."""
    low, high = int(before), int(after)
    offset = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return float(high)


def _offset(zone: ZoneInfo, at: float) -> timedelta | None:
    return datetime.fromtimestamp(at, zone).utcoffset()


def _local_date(zone: ZoneInfo, at: float) -> date:
    return datetime.fromtimestamp(at, zone).date()


@lru_cache(maxsize=1024)
def _zone(timezone: str) -> ZoneInfo:
    """The zone of that name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(timezone)
    except (LookupError, OSError, ValueError):
        return ZoneInfo("UTC")
