"""Times of the week and of the year in an office file: "mon-fri: 08:00-16:00"."""

from __future__ import annotations

import re
from datetime import date

from svara.people.office import Window
from svara.people.officefile.reader import OfficeReader
from svara.people.values import short
from svara.people.yamltree import Node, Sequence, Text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_EXCEPTIONS = 1000
MAX_WINDOWS_OF_A_DAY = 10

_WINDOW = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])\s*-\s*([01][0-9]|2[0-4]):([0-5][0-9])")
_YEARLY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_LEAP_YEAR = 2024


def read_week(reader: OfficeReader, node: Node | None, key: str) -> tuple[Window, ...] | None:
    """`{mon-fri: "08:00-16:00", sat: ["10:00-12:00", "13:00-14:00"]}`; None where it is left out."""
    if node is None:
        return None
    found: list[Window] = []
    for word, times in reader.entries(node, key, '{mon-fri: "08:00-16:00"}', limit=50):
        days = _days(reader, word)
        found += [Window(days, start, end) for start, end in _times(reader, times, word.value) if days]
    return tuple(sorted(found, key=lambda window: (window.days, window.from_minute, window.to_minute)))


def read_exceptions(reader: OfficeReader, node: Node | None) -> dict[str, tuple[Window, ...]]:
    """`{"2026-12-24": "08:00-12:00", "12-31": closed}`: one date, or a day of each year."""
    found: dict[str, tuple[Window, ...]] = {}
    for word, times in reader.entries(node, "exceptions", '{2026-12-24: "08:00-12:00", 12-31: closed}', MAX_EXCEPTIONS):
        if not _is_day(word.value):
            message = f"'exceptions' has '{short(word.value)}': expected a date like 2026-12-24, or 12-24 for each year"
            reader.say(word.line, message)
            continue
        windows = _times(reader, times, word.value)
        found[word.value] = tuple(Window((), start, end) for start, end in windows)
    return found


def _is_day(text: str) -> bool:
    if _YEARLY.fullmatch(text):
        text = f"{_LEAP_YEAR}-{text}"
    return is_date(text)


def is_date(text: str) -> bool:
    """Whether it is a day that there is, like 2026-12-24."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _days(reader: OfficeReader, word: Text) -> tuple[int, ...]:
    """ "mon-wed,fri", or "daily"."""
    if word.value == "daily":
        return tuple(range(7))
    found: set[int] = set()
    for part in word.value.lower().split(","):
        first, dash, last = (text.strip() for text in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            reader.say(word.line, f"'{short(word.value)}' are no days: expected something like mon-fri, sat or daily")
            return ()
        start, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(start, end + 1 if end >= start else end + 8)}
    return tuple(sorted(found))


def _times(reader: OfficeReader, node: Node, key: str) -> list[tuple[int, int]]:
    """Minutes of the day, of one or several "08:00-16:00"; none of "closed"."""
    items: tuple[Node, ...] = node.items if isinstance(node, Sequence) else (node,)
    if len(items) > MAX_WINDOWS_OF_A_DAY:
        reader.say(node.line, f"'{short(key)}' has too many times; at most {MAX_WINDOWS_OF_A_DAY} are allowed")
        return []
    found = []
    for item in items:
        text = reader.scalar(item, short(key))
        if text is None or (text.value == "closed" and len(items) == 1):
            continue
        match = _WINDOW.fullmatch(text.value.strip())
        start, end = _minutes(match) if match else (0, 0)
        if match is None or start >= 1440 or end > 1440:
            message = f"'{short(key)}' is '{short(text.value)}': expected times like \"08:00-16:00\", or closed"
            reader.say(text.line, message)
        elif start == end:
            reader.say(text.line, f"'{short(key)}': {text.value} is no time at all; the whole day is \"00:00-24:00\"")
        else:
            found.append((start, end))
    return found


def _minutes(match: re.Match[str]) -> tuple[int, int]:
    hour, minute, end_hour, end_minute = map(int, match.groups())
    return hour * 60 + minute, end_hour * 60 + end_minute
