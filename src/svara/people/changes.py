"""What a change of the office consists of, as people are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from svara.people.routing import KindName

Verb = Literal["add", "change", "remove"]
OTHER_SECRET = "another secret"  # noqa: S105  words, not a secret
_MARKS: dict[Verb, str] = {"add": "+", "change": "~", "remove": "-"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is added, changed or removed; `details` never hold a secret."""

    verb: Verb
    kind: Literal["tenant", "person", "phone", "sound"] | KindName
    name: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{_MARKS[self.verb]} {self.kind} {self.name}" + (f": {', '.join(self.details)}" if self.details else "")


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who has to set their own password first. `token` opens their invitation, until `expires_at`."""

    username: str
    name: str
    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done. `stale_logins` are phones that must register anew: removed, or with another secret."""

    changes: tuple[Change, ...]
    invited: tuple[Invited, ...] = ()
    stale_logins: tuple[str, ...] = ()
