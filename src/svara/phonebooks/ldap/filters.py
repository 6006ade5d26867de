"""Filters of a search (RFC 4511 section 4.5.1.7): read from BER with bounds, and asked of an entry. Pure.

Their logic has three values: what an entry has no attribute for is undefined (None), neither true nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from svara.people.access import folded
from svara.phonebooks.ldap.ber import OCTETS, SEQUENCE, BerError, one, text, values

MAX_DEPTH = 12
MAX_PARTS = 100
MAX_VALUE_LENGTH = 200
_AND, _OR, _NOT, _EQUAL, _SUBSTRINGS, _AT_LEAST, _AT_MOST, _PRESENT, _APPROX, _EXTENSIBLE = (
    0xA0,
    0xA1,
    0xA2,
    0xA3,
    0xA4,
    0xA5,
    0xA6,
    0x87,
    0xA8,
    0xA9,
)
_INITIAL, _ANY, _FINAL = 0x80, 0x81, 0x82

Attributes = Callable[[str], tuple[str, ...] | None]
"""Of an attribute's name in lower case: its values; None for an attribute that nothing has."""
NUMBERS = frozenset({"telephonenumber", "mobile", "ipphone"})
"""Compared without spaces and hyphens (RFC 4517 section 4.2.29)."""


@dataclass(frozen=True, slots=True)
class All:
    """and; of nothing it is true (RFC 4526)."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """or; of nothing it is false."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter


@dataclass(frozen=True, slots=True)
class Present:
    name: str


@dataclass(frozen=True, slots=True)
class Equal:
    """Equal, and approximately equal, which is the same here: neither case nor accents count anyway."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Ordered:
    name: str
    value: str
    at_least: bool


@dataclass(frozen=True, slots=True)
class Substrings:
    name: str
    initial: str = ""
    inner: tuple[str, ...] = ()
    final: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A matching rule of the asker's own: undefined."""


Filter = All | Some | Not | Present | Equal | Ordered | Substrings | Unknown


def read(tag: int, content: bytes) -> Filter:
    """A filter. Raises BerError for what is none, or is too deep or too long."""
    return _read(tag, content, MAX_DEPTH, [MAX_PARTS])


def _read(tag: int, content: bytes, depth: int, parts_left: list[int]) -> Filter:
    parts_left[0] -= 1
    if depth == 0 or parts_left[0] < 0:
        raise BerError("a filter that is too deep or too long")
    match tag:
        case 0xA0 | 0xA1:
            parts = tuple(_read(inner, what, depth - 1, parts_left) for inner, what in values(content))
            return All(parts) if tag == _AND else Some(parts)
        case 0xA2:
            return Not(_read(*one(values(content)), depth - 1, parts_left))
        case 0x87:
            return Present(_name(content))
        case 0xA3 | 0xA8 | 0xA5 | 0xA6:
            pair = values(content)
            name, value = _name(one(pair, OCTETS)[1]), text(one(pair, OCTETS)[1])
            ready = prepared(name, value)
            return Equal(name, ready) if tag in (_EQUAL, _APPROX) else Ordered(name, ready, tag == _AT_LEAST)
        case 0xA4:
            return _substrings(content)
        case 0xA9:
            return Unknown()
        case _:
            raise BerError("no filter")


def _substrings(content: bytes) -> Substrings:
    pair = values(content)
    name = _name(one(pair, OCTETS)[1])
    found: dict[int, list[str]] = {_INITIAL: [], _ANY: [], _FINAL: []}
    for tag, part in values(one(pair, SEQUENCE)[1]):
        if tag not in found or len(found[_ANY]) > MAX_PARTS:
            raise BerError("no substrings")
        found[tag].append(prepared(name, text(part)))
    if len(found[_INITIAL]) > 1 or len(found[_FINAL]) > 1:
        raise BerError("no substrings")
    return Substrings(name, "".join(found[_INITIAL]), tuple(found[_ANY]), "".join(found[_FINAL]))


def _name(content: bytes) -> str:
    """An attribute's name in lower case, without options (";lang-nb")."""
    return text(content[:MAX_VALUE_LENGTH]).lower().partition(";")[0].strip()


def prepared(name: str, value: str) -> str:
    """A value of an attribute as it is compared."""
    short = value[:MAX_VALUE_LENGTH]
    if name in NUMBERS:
        return short.replace(" ", "").replace("-", "").lower()
    return " ".join(folded(short).split())


def holds(asked: Filter, attributes: Attributes) -> bool | None:
    """Whether an entry meets a filter; None where that is undefined."""
    match asked:
        case All(parts):
            return _all(holds(part, attributes) for part in parts)
        case Some(parts):
            found = _all(_turned(holds(part, attributes)) for part in parts)
            return _turned(found)
        case Not(part):
            return _turned(holds(part, attributes))
        case Present(name):
            there = attributes(name)
            return None if there is None else bool(there)
        case Unknown():
            return None
        case _:
            there = attributes(asked.name)
            return None if there is None else any(_is(asked, prepared(asked.name, value)) for value in there)


def _is(asked: Equal | Ordered | Substrings, value: str) -> bool:
    if isinstance(asked, Equal):
        return value == asked.value
    if isinstance(asked, Ordered):
        return value >= asked.value if asked.at_least else value <= asked.value
    if not value.startswith(asked.initial):
        return False
    at = len(asked.initial)
    for part in asked.inner:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(value) - at >= len(asked.final) and value.endswith(asked.final)


def _all(parts: Iterable[bool | None]) -> bool | None:
    undefined = False
    for part in parts:
        if part is False:
            return False
        undefined = undefined or part is None
    return None if undefined else True


def _turned(value: bool | None) -> bool | None:
    return None if value is None else not value
