"""Values of an office as an administrator reads them in a plan or a change log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from svara.people.linekeys import target_of
from svara.people.office import FindMe, Forward, Key, Window

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def show(value: Any) -> str:
    """On one line; "none" for what is not there."""
    if value in (None, "", [], (), {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {show_plain(each)}" for key, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(show_plain(each) for each in value)
    return f'"{value}"'


def show_plain(value: Any) -> str:
    """The same within others: text without quotes."""
    match value:
        case str():
            return value
        case Window():
            times = f"{clock(value.from_minute)}-{clock(value.to_minute)}"
            return f"{days(value.days)} {times}" if value.days else times
        case Forward():
            return f"{value.when} to {value.to}"
        case FindMe():
            return f"{value.to} after {value.after_seconds:g}"
        case Key():
            return target_of(value)
        case () | []:
            return "closed"
        case _:
            return show(value)


def clock(minute: int) -> str:
    """A minute of the day as "08:30"."""
    return f"{minute // 60:02}:{minute % 60:02}"


def days(numbers: Sequence[int]) -> str:
    """Days of the week as in the office file: "mon-fri", "sat,sun"."""
    if len(numbers) == 7:
        return "daily"
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(
        f"{_DAYS[part[0]]}-{_DAYS[part[-1]]}" if len(part) > 2 else ",".join(_DAYS[each] for each in part) for part in parts
    )
