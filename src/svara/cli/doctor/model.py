"""What a check is, what it finds, and what it may know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from svara.bus.port import Bus
from svara.calls.commands import Health
from svara.cli.serving import Serving
from svara.data import DataFolder
from svara.history.health import HistoryHealth

State = Literal["ok", "warning", "fault", "none"]
"""`none`: there is nothing to check here, or it cannot be checked now."""
Need = Literal["office", "calls", "relay", "database", "keys"]
"""What has to be there before a check makes sense; its absence is a finding of another check."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a check. `found` and `advice` are plain English; `of` says which one, where there are several."""

    state: State
    found: str
    advice: str = ""
    of: str = ""


def ok(found: str, of: str = "") -> Finding:
    return Finding("ok", found, "", of)


def warning(found: str, advice: str, of: str = "") -> Finding:
    """Something that will be a fault, or may be one: it works."""
    return Finding("warning", found, advice, of)


def fault(found: str, advice: str, of: str = "") -> Finding:
    """It does not work."""
    return Finding("fault", found, advice, of)


def none(why: str, of: str = "") -> Finding:
    return Finding("none", why, "", of)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person at the terminal wants beside."""

    backup: Path | None = None
    deep: bool = False
    """Restore the backup into a scratch place."""
    mail: str = ""
    """Send a mail to this address."""


@dataclass(frozen=True, slots=True)
class Patient:
    """The installation, as far as it is known before anything is checked."""

    data: DataFolder
    wishes: Wishes
    settings: Mapping[str, str]
    """`SVARA_...`: of the office that runs, or of this shell."""
    serving: Serving | None = None
    """The office that runs on this machine."""
    bus: Bus | None = None
    health: Health | None = None
    """What the calls process says of itself; None where it does not answer."""
    history: HistoryHealth | None = None
    """The same of the jobs process."""
    no_database: str = ""
    """Why the database cannot be used, in plain words."""
    no_keys: str = ""
    """Why the vault cannot be opened, in plain words."""

    @property
    def runs(self) -> bool:
        """Whether an office is open, here or on another machine."""
        return self.serving is not None or self.health is not None

    def lacks(self, need: Need) -> str:
        """Why what a check needs is not there; empty where it is."""
        if need == "database":
            return "the database cannot be used" if self.no_database else ""
        if need == "keys":
            return "the keys cannot be used" if self.no_keys else ""
        if not self.runs:
            return "the office is not running"
        if need == "calls" and self.health is None:
            return "the process that handles calls does not answer"
        if need == "relay" and (self.health is None or self.health.relay != "up"):
            return "the media relay does not answer"
        return ""


Findings = Finding | Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at: exactly one of `look` (may block: it has a thread of its own) and `ask` (does not)."""

    key: str
    title: str
    does: str
    """What is done, for who reads the result."""
    look: Callable[[Patient], Findings] | None = None
    ask: Callable[[Patient], Awaitable[Findings]] | None = None
    needs: tuple[Need, ...] = ()
    seconds: float = 20.0
    """So long it may take; a longer one is told so, and what it does has no effect any more."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finding, and of which check."""

    check: Check
    finding: Finding
    seconds: float
