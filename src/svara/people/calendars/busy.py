"""When somebody is busy, out of an iCalendar file (RFC 5545): times alone, no title, place or person is looked at.

What comes is a stranger's text: its size is bounded by who fetched it, here how many events and repetitions are followed.
Events that repeat more often than daily are left out: no meeting does, and to follow them could take for ever.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any, Final

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event, FreeBusy

MAX_EVENTS: Final = 5_000
MAX_REPEATING: Final = 300
MAX_TIMES: Final = 500
"""Busy times that are kept, at most."""
MAX_TIMES_A_DAY: Final = 4
OLDEST_YEAR: Final = 2000
"""Events that began to repeat before are not followed."""
YEARS_AHEAD: Final = 7_600
"""Rules are followed so much later, where the calendar is the same (400 years are whole weeks): one that names no day that
there is would else be followed from today to the year 9999, whatever its end, and takes seconds; so it ends soon."""
FREQUENCIES: Final = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})

Span = tuple[float, float]
"""From and to, seconds since the epoch."""


class NotCalendar(ValueError):  # noqa: N818 - the text is
    """The text is no calendar."""


def busy_times(text: bytes, since: float, until: float, zone: tzinfo) -> tuple[Span, ...]:
    """The busy times between two moments, in order, those that touch each other as one. `zone` is that of times without one.

    Raises NotCalendar.
    """
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotCalendar("this is no calendar") from error
    if not calendars or any(one.name != "VCALENDAR" for one in calendars):
        raise NotCalendar("this is no calendar")
    found: list[Span] = []
    for calendar in calendars:
        found += _of_events(
            [one for one in calendar.subcomponents if isinstance(one, Event)][:MAX_EVENTS], since, until, zone
        )
        for freebusy in [one for one in calendar.subcomponents if isinstance(one, FreeBusy)][:MAX_EVENTS]:
            found += _of_freebusy(freebusy, zone)
    return merged(found, since, until)


def merged(times: Iterable[Span], since: float, until: float) -> tuple[Span, ...]:
    """In order, cut to the window, those that touch or overlap as one; at most `MAX_TIMES`."""
    result: list[Span] = []
    for begins, ends in sorted((max(one, since), min(other, until)) for one, other in times):
        if begins >= ends:
            continue
        if result and begins <= result[-1][1]:
            result[-1] = (result[-1][0], max(ends, result[-1][1]))
        else:
            result.append((begins, ends))
    return tuple(result[:MAX_TIMES])


def _of_events(events: list[Event], since: float, until: float, zone: tzinfo) -> Iterator[Span]:
    moved: dict[str, set[float]] = {}
    for event in events:
        original = _at(event.get("RECURRENCE-ID"), zone)
        if original is not None:
            moved.setdefault(str(event.get("UID", "")), set()).add(original.timestamp())
    repeating = 0
    for event in events:
        if "RRULE" in event and "RECURRENCE-ID" not in event:
            repeating += 1
            if repeating > MAX_REPEATING:
                continue
        if not _is_busy(event):
            continue
        try:
            yield from _of_event(event, moved.get(str(event.get("UID", "")), set()), since, until, zone)
        except (ValueError, OverflowError, TypeError, AttributeError, KeyError, IndexError):
            continue  # one that cannot be read is nobody's meeting


def _is_busy(event: Event) -> bool:
    """Whether who owns the calendar is busy then: not where it was called off, or marked as free."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return False
    return str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() != "FREE"


def _of_event(event: Event, moved: set[float], since: float, until: float, zone: tzinfo) -> Iterator[Span]:
    begins = _at(event.get("DTSTART"), zone)
    if begins is None:
        return
    lasts = _duration(event, begins, zone)
    if lasts <= timedelta(0):
        return
    if "RECURRENCE-ID" in event or ("RRULE" not in event and "RDATE" not in event):
        yield begins.timestamp(), (begins + lasts).timestamp()
        return
    left_out = {one.timestamp() for one in _dates(event.get("EXDATE"), zone)} | moved
    for at in [*_repeated(event, begins, until), *_dates(event.get("RDATE"), zone)]:
        start = at.timestamp()
        if start not in left_out and start + lasts.total_seconds() > since and start < until:
            yield start, start + lasts.total_seconds()


def _repeated(event: Event, begins: datetime, until: float) -> Iterator[datetime]:
    """The beginnings by the event's rule, in its own local time, so that nine o'clock stays nine o'clock."""
    rule = event.get("RRULE")
    zone = begins.tzinfo
    if rule is None:
        yield begins
        return
    if isinstance(rule, list) or begins.year < OLDEST_YEAR or not _may_be_followed(rule) or begins.timestamp() >= until:
        return
    last = datetime.fromtimestamp(until, zone).replace(tzinfo=None)
    named = rule.get("UNTIL", [None])[0]
    if isinstance(named, datetime):
        last = min(last, named.astimezone(zone).replace(tzinfo=None) if named.tzinfo is not None else named)
    elif isinstance(named, date):
        last = min(last, datetime.combine(named, time.max))
    count = rule.get("COUNT", [None])[0]
    followed = {key: value for key, value in rule.items() if key.upper() not in ("UNTIL", "COUNT")}
    text = f"{type(rule)(followed).to_ical().decode()};UNTIL={last.replace(year=last.year + YEARS_AHEAD):%Y%m%dT%H%M%S}"
    for at in islice(rrulestr(text, dtstart=begins.replace(year=begins.year + YEARS_AHEAD, tzinfo=None)), count):
        yield at.replace(year=at.year - YEARS_AHEAD, tzinfo=zone)


def _may_be_followed(rule: Mapping[str, list[Any]]) -> bool:
    """Whether it ends soon to follow a rule day by day: a stranger may have written it so that it does not."""
    frequent = str(rule.get("FREQ", [""])[0]).upper() not in FREQUENCIES
    apart, count = rule.get("INTERVAL", [1])[0], rule.get("COUNT", [1])[0]
    times_a_day = math.prod(max(1, len(rule.get(part, []))) for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    return not frequent and apart >= 1 and count >= 1 and times_a_day <= MAX_TIMES_A_DAY


def _of_freebusy(freebusy: FreeBusy, zone: tzinfo) -> Iterator[Span]:
    values = freebusy.get("FREEBUSY", [])
    for value in values if isinstance(values, list) else [values]:
        if str(getattr(value, "params", {}).get("FBTYPE", "BUSY")).upper() == "FREE":
            continue
        period = getattr(value, "dt", None)
        if isinstance(period, tuple) and len(period) == 2:
            begins, ends = _moment(period[0], zone), period[1]
            until = begins + ends if isinstance(ends, timedelta) else _moment(ends, zone)
            yield begins.timestamp(), until.timestamp()


def _duration(event: Event, begins: datetime, zone: tzinfo) -> timedelta:
    ends = _at(event.get("DTEND"), zone)
    if ends is not None:
        return ends - begins
    duration = getattr(event.get("DURATION"), "dt", None)
    if isinstance(duration, timedelta):
        return duration
    whole_day = not isinstance(getattr(event.get("DTSTART"), "dt", None), datetime)
    return timedelta(days=1) if whole_day else timedelta(0)


def _dates(value: Any, zone: tzinfo) -> list[datetime]:
    """EXDATE and RDATE: one property or several, each with one time or several."""
    properties = value if isinstance(value, list) else [] if value is None else [value]
    found = []
    for each in properties:
        for one in getattr(each, "dts", [])[:MAX_EVENTS]:
            moment = one.dt[0] if isinstance(one.dt, tuple) else one.dt
            found.append(_moment(moment, zone))
    return found


def _at(value: Any, zone: tzinfo) -> datetime | None:
    moment = getattr(value, "dt", None)
    return _moment(moment, zone) if isinstance(moment, date) else None


def _moment(moment: date | datetime, zone: tzinfo) -> datetime:
    """A point in time; a day begins at midnight where its person is."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
