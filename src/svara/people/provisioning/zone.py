"""A time zone as phones are told it: the offset, and the rule for summer time, out of the zone's own POSIX string.

Files of the zone database end with it (RFC 9636 section 3.3): `CET-1CEST,M3.5.0,M10.5.0/3`.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)"
_TIME = r"[+-]?\d{1,3}(?::\d{2}){0,2}"
_CHANGE = rf"M(\d{{1,2}})\.(\d)\.(\d)(?:/({_TIME}))?"
_POSIX = re.compile(rf"{_NAME}({_TIME})(?:{_NAME}({_TIME})?,{_CHANGE},{_CHANGE})?")
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Change:
    """When the clocks change: `week` 1 to 4, or 5 for the last, of `month`; `weekday` 0 Sunday to 6; `hour` of the local
    time that ends then. (An hour outside the day, which few zones have, is brought to its nearest.)"""

    month: int
    week: int
    weekday: int
    hour: int


@dataclass(frozen=True, slots=True)
class Zone:
    """`offset_seconds` east of Greenwich in winter; `saved_seconds` more of it from `begins` to `ends`, where there is
    summer time. `posix` is all of it as a POSIX string."""

    offset_seconds: int
    posix: str
    saved_seconds: int = 0
    begins: Change | None = None
    ends: Change | None = None


def zone(name: str) -> Zone:
    """A zone of the IANA database; UTC where it is not known here."""
    return parse(_footer(name))


def parse(posix: str) -> Zone:
    """Read a POSIX string; UTC for what is none. Rules that count days of the year are read as no summer time."""
    match = _POSIX.fullmatch(posix)
    if match is None:
        plain = re.match(rf"{_NAME}({_TIME})", posix)
        return Zone(-_seconds(plain[1]), plain[0]) if plain else Zone(0, "UTC0")
    offset = -_seconds(match[1])
    if match[3] is None:
        return Zone(offset, posix)
    saved = (-_seconds(match[2]) if match[2] else offset + _HOUR) - offset
    return Zone(offset, posix, saved, _change(match, 3), _change(match, 7))


def _change(match: re.Match[str], at: int) -> Change:
    """Out of four groups of the pattern, from `at` on."""
    return Change(int(match[at]), int(match[at + 1]), int(match[at + 2]), _hour(match[at + 3]))


def _seconds(text: str) -> int:
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    whole = sum(part * size for part, size in zip(parts, (_HOUR, 60, 1), strict=False))
    return -whole if text.startswith("-") else whole


def _hour(text: str | None) -> int:
    return 2 if text is None else min(23, max(0, _seconds(text) // _HOUR))


def _footer(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        return ""
    for folder in zoneinfo.TZPATH:
        place = Path(folder) / name
        if place.is_file():
            return _last_line(place.read_bytes())
    return _last_line(resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes())


def _last_line(data: bytes) -> str:
    return data.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", "replace")
