"""What a room with personal data has to offer, so that a person's rights reach all of it.

Each such room has one `Capability`, in its `subjects.py`, registered when Django is ready. Whatever is done for a person
(shown, exported, erased) and whatever goes with time is done by asking every capability; nobody else knows its tables. A
test fails for a table about people that belongs to no capability.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

from django.conf import settings

from svara.privacy.subject import Subject, account_of
from svara.privacy.vault import tapes

How = Literal["deleted", "freed"]
"""What became of rows: they are gone, or they stay and say nothing about the person any more."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of thing that there is about somebody. `text` names it in the reader's language.

    `goes`: erasing takes it; else `why` says on which ground it stays, and `until` how long, in the reader's language.
    """

    table: str
    count: int
    category: str
    purpose: str
    text: str
    goes: bool = True
    how: How = "deleted"
    why: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows or files of one kind that went. `digest`: SHA-256 in hex over their keys in order, so that a receipt can be
    checked against a list of keys without holding it."""

    table: str
    count: int
    how: How = "deleted"
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of an export: its name in the archive, and how to open it."""

    name: str
    open: Callable[[], BinaryIO]


def file_at(name: str, place: Path) -> ExportFile:
    """A sound that lies in the data folder, in clear."""
    return ExportFile(name, lambda: tapes.file(settings.DATA, place))


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of an export. `rows` are plain JSON under stable English keys; the texts are in the reader's language."""

    key: str
    title: str
    purpose: str
    source: str
    recipients: str
    rows: Iterable[Mapping[str, Any]] = ()
    files: Iterable[ExportFile] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A kind of thing that is kept for a time: `days` by default, of at most `longest_days` where that is bounded.

    The title is a text that can be translated.
    """

    key: str
    title: str
    days: int
    longest_days: int = 3650


@dataclass(frozen=True, slots=True)
class Rules:
    """How long a company keeps what. A legal hold stops the periods of `held`, and whatever is about one of `subjects`: who
    is held, or whose data are restricted."""

    days: Mapping[str, int] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    subjects: frozenset[Subject] = frozenset()

    @property
    def people(self) -> list[str]:
        """Ids of the accounts whose data must stay."""
        return sorted(filter(None, map(account_of, self.subjects)))

    def before(self, key: str, now: datetime) -> datetime | None:
        """What is older than this goes; None where a hold keeps it all. Raises KeyError for an unknown key."""
        return None if key in self.held else now - timedelta(days=self.days[key])


class Capability(Protocol):
    """A room with personal data."""

    name: str
    tables: frozenset[str]
    """Labels of the models that it answers for: "history.Call"."""
    periods: tuple[Period, ...]
    """What of it goes with time."""

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        """What there is about somebody."""
        ...

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        """Let go of all that may go. In the caller's transaction; files are removed once it is committed. Doing it again
        finds nothing, so that it can be repeated after a restore."""
        ...

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        """All that there is about somebody, without what is about others alone."""
        ...

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        """Let go of what is older than the rules say, all at once; `dry` only counts."""
        ...


class Portions(Protocol):
    """A kind of things of which there are too many to let them go all at once."""

    def count(self, tenant_id: str, rules: Rules, now: datetime) -> Iterable[Gone]:
        """All that is older than the rules say; nothing changes."""
        ...

    def take(self, tenant_id: str, rules: Rules, now: datetime) -> Iterable[Gone]:
        """Let go of a portion of it, in the caller's transaction, which is short; nothing where nothing is left."""
        ...


_portions: dict[str, Portions] = {}


def register_portions(name: str, portions: Portions) -> None:
    """Make a kind known that goes in portions; the last one of a name counts."""
    _portions[name] = portions


def portions() -> tuple[Portions, ...]:
    """Every kind that goes in portions, in the order of names."""
    return tuple(each for _, each in sorted(_portions.items()))


Files = Callable[[str], Iterable[str]]
"""Of a tenant's id: the places of its files in the data folder ("recordings/calls/x.wav")."""
_files: dict[str, Files] = {}


def register_files(name: str, files: Files) -> None:
    """Make the files of a room known, so that those of a demo company stay out of backups."""
    _files[name] = files


def files_of(tenant_id: str) -> Iterator[str]:
    """Every file of a company."""
    for files in _files.values():
        yield from files(tenant_id)


_capabilities: dict[str, Capability] = {}


def register(capability: Capability) -> None:
    """Make a room known; the last one of a name counts."""
    _capabilities[capability.name] = capability


def capabilities() -> tuple[Capability, ...]:
    """Every room, in the order of names; the one that holds the person itself ("people") comes last, so that the others can
    still ask who it was."""
    return tuple(sorted(_capabilities.values(), key=lambda each: (each.name == "people", each.name)))


class Tally:
    """Counts what goes and digests its keys, without keeping them."""

    def __init__(self, table: str, how: How = "deleted") -> None:
        self._table, self._how = table, how
        self.count, self._hash = 0, hashlib.sha256()

    def add(self, keys: Iterable[object]) -> None:
        """In the order in which they are told."""
        for key in keys:
            self.count += 1
            self._hash.update(f"{key}\n".encode())

    def gone(self) -> Iterator[Gone]:
        """One `Gone`, or none where nothing went."""
        if self.count:
            yield Gone(self._table, self.count, self._how, self._hash.hexdigest())
