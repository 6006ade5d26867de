"""What other processes may ask of the calls process, and what it tells them live over the bus.

Requests go to the bus service `SERVICE`; each has one answer. Live news are published under the topics below; they may
be lost by a slow reader, who then asks for `Live` again. The lasting truth is the journal, not the bus.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from svara.calls.events import Direction, Party
from svara.people.presence import Availability

SERVICE = "calls"

TOPIC_CALL = "call"
"""`call.started`, `call.ringing`, `call.answered`, `call.held`, `call.resumed`, `call.ended`; the payload is `LiveCall`.
(`call.recorded`, payload `Recorded`, comes from history when the record of a call was written.)"""
TOPIC_PRESENCE = "presence.changed"
"""The payload is `PersonPresence`."""


class LiveCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call as it stands now. `people` are the ids of all persons who take part in it or whose phones it rings."""

    id: str
    tenant: str
    direction: Direction
    state: Literal["started", "ringing", "answered", "held", "ended"]
    caller: Party
    callee: Party
    started_at: float
    answered_at: float | None = None
    people: tuple[str, ...] = ()


class PersonPresence(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether somebody can be reached. `since` is when that began."""

    tenant: str
    person: str
    availability: Availability
    phones_online: int = 0
    since: float = 0.0
    online: tuple[str, ...] = ()
    """The logins of the phones that are registered, for the person's own eyes."""


class TrunkState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A trunk as it is now. `reason` says in plain words what is wrong; `since` is when that began."""

    tenant: str
    trunk: str
    """Its id."""
    name: str
    state: Literal["unknown", "up", "down", "unregistered"]
    """"unknown": nothing was heard of it yet, or it is not asked; calls are tried."""
    reason: str = ""
    since: float = 0.0
    registered_until: float = 0.0
    """0 for a trunk that does not register, or is not registered."""


class Recorded(msgspec.Struct, frozen=True):
    """History holds the final record of this call now."""

    id: str
    tenant: str
    people: tuple[str, ...] = ()


# --- requests and their answers


class ReloadOffice(msgspec.Struct, frozen=True, tag="reload-office"):
    """Take the newest snapshot now; answered by `Done` when it is in effect."""


class AskLive(msgspec.Struct, frozen=True, tag="live"):
    """Every call and presence of one tenant (None: of all); answered by `Live`."""

    tenant: str | None = None


class Originate(msgspec.Struct, frozen=True, tag="originate"):
    """Ring `person`'s own phones first, then dial `to` for them; answered by `Originated` at once."""

    tenant: str
    person: str
    to: str


class Hangup(msgspec.Struct, frozen=True, tag="hangup"):
    """End a call; `tenant` must be the call's own. Answered by `Done`, or `Refused("not-found", ...)`."""

    tenant: str
    call: str


class ForgetPhone(msgspec.Struct, frozen=True, tag="forget-phone"):
    """Drop every registration of a login; answered by `Done`."""

    login: str


class AskHealth(msgspec.Struct, frozen=True, tag="health"):
    """Answered by `Health`."""


class AskTrunks(msgspec.Struct, frozen=True, tag="trunks"):
    """How the trunks of one tenant (None: of all) are; answered by `TrunkStates`."""

    tenant: str | None = None


class Done(msgspec.Struct, frozen=True, tag="done"):
    pass


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """`error` is a stable key ("not-found", "offline", "invalid", "unavailable"); `message` says it in plain English."""

    error: str
    message: str


class Originated(msgspec.Struct, frozen=True, tag="originated"):
    call: str


class Live(msgspec.Struct, frozen=True, tag="live"):
    calls: tuple[LiveCall, ...] = ()
    presence: tuple[PersonPresence, ...] = ()


class TrunkStates(msgspec.Struct, frozen=True, tag="trunks"):
    trunks: tuple[TrunkState, ...] = ()


class Health(msgspec.Struct, frozen=True, tag="health"):
    office_version: int
    calls: int
    registrations: int
    relay: Literal["up", "down"]
    started_at: float = 0.0
    """When this process began: another value than before means that it was restarted."""
    trunks: dict[str, int] = {}
    """How many trunks are in each state ("up", "down", "unregistered", "unknown")."""
    counters: dict[str, float] = {}
    """Prometheus names (without the `svara_` prefix) to values."""


Request = ReloadOffice | AskLive | Originate | Hangup | ForgetPhone | AskHealth | AskTrunks
Answer = Done | Refused | Originated | Live | Health | TrunkStates
