"""The record of a call: what is told about it afterwards (`svara.history.fold` makes it from what happened)."""

from __future__ import annotations

from typing import Literal

import msgspec

from svara.calls.events import Direction, EndedBy, Outcome, Party

Part = Literal["caller", "answered", "called"]
"""How a person took part: placed the call, picked it up, or was only called (a phone of theirs rang, or would have)."""


class Leg(msgspec.Struct, frozen=True, omit_defaults=True):
    """One phone that was tried. Times are seconds since the epoch; `status` is the SIP status that ended it, 0: none.
    `offer` is the id of the queue's offer to which it belongs."""

    leg: str
    to: Party
    offered_at: float
    ended_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    status: int = 0
    reason: str = ""
    offer: str = ""


class Stop(msgspec.Struct, frozen=True, omit_defaults=True):
    """The call went on to a target of the office, and why."""

    at: float
    to: str
    why: str = ""


class Wait(msgspec.Struct, frozen=True, omit_defaults=True):
    """The caller stood in the line of a queue. `why` it ended: see `QueueLeft`."""

    queue: str
    name: str
    entered_at: float
    left_at: float
    position: int = 0
    why: str = ""


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A queue offered the caller to an agent. `how` it ended: see `AgentOfferEnded`."""

    offer: str
    queue: str
    agent: Party
    offered_at: float
    ended_at: float
    how: str = ""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A voice message was left."""

    at: float
    box: str
    file: str
    seconds: float


class Taped(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recording of the talk, and whose rule asked for it."""

    at: float
    file: str
    seconds: float
    why: str = ""


class Supervision(msgspec.Struct, frozen=True, omit_defaults=True):
    """A supervisor took part in one way ("listen", "whisper", "barge"), until another, or until they left."""

    at: float
    by: Party
    how: str
    until: float = 0.0


class Met(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who was in a conference at the same time. `taped`: may be heard in the recordings of this call."""

    who: Party
    since: float
    until: float
    taped: bool = False


class Conference(msgspec.Struct, frozen=True, omit_defaults=True):
    """The caller took part in a conference. `why` that ended: see `ConferenceLeft`."""

    conference: str
    name: str
    joined_at: float
    left_at: float
    moderator: bool = False
    why: str = ""
    met: tuple[Met, ...] = ()


class Transfer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody sent the call on. `how`: see `svara.calls.events.Moved`; `to` is a target of the office, or empty."""

    at: float
    by: Party
    to: str = ""
    how: str = "blind"


class Hold(msgspec.Struct, frozen=True, omit_defaults=True):
    """One side had the other on hold."""

    by: EndedBy
    started_at: float
    ended_at: float


class Quality(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the relay measured on the way from one side; `mos` is 1 to 5 (ITU-T G.107).

    Of the packets that were `lost`, `lost_before` did not even reach the relay (None: nobody can tell). `round_trip_ms` is
    between the relay and this side (0: unknown).
    """

    side: EndedBy
    packets: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    mos: float | None = None
    lost_before: int | None = None
    round_trip_ms: float = 0.0


class Figures(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the phone of one side heard the other, as it said itself; `concealed` is the share of what it played that it had
    to invent (None: it did not say), `round_trip_ms` is 0 for unknown."""

    side: EndedBy
    packets: int = 0
    lost: int = 0
    jitter_ms: int = 0
    round_trip_ms: int = 0
    concealed: float | None = None


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """The caller, or who was called, was told of a recording, or asked (`svara.calls.events.RecordingAnswered`)."""

    at: float
    answer: str
    language: str = ""
    by: Literal["caller", "callee"] = "caller"


class CallRecord(msgspec.Struct, frozen=True):
    """What happened, once and for all. Times are seconds since the epoch, UTC, in whole milliseconds."""

    id: str
    tenant: str
    direction: Direction
    caller: Party
    callee: Party
    dialled: str
    answered_by: Party | None
    queue: str | None
    started_at: float
    answered_at: float | None
    ended_at: float
    wait_seconds: float
    talk_seconds: float
    outcome: Outcome
    ended_by: EndedBy
    end_reason: str
    legs: tuple[Leg, ...]
    holds: tuple[Hold, ...]
    quality: tuple[Quality, ...]
    people: dict[str, Part]
    """Ids of all persons who took part, and who may therefore see the call."""
    greeted_at: float | None = None
    """When the system itself connected the caller (menu, music, mailbox)."""
    stops: tuple[Stop, ...] = ()
    waits: tuple[Wait, ...] = ()
    offers: tuple[Offer, ...] = ()
    messages: tuple[Message, ...] = ()
    tapes: tuple[Taped, ...] = ()
    supervisions: tuple[Supervision, ...] = ()
    callback_number: str = ""
    """The caller kept the place in the line and asked to be called back here."""
    asked: Asked | None = None
    transfers: tuple[Transfer, ...] = ()
    supervises: str = ""
    """The caller was a supervisor, who took part in the talk of this call."""
    conferences: tuple[Conference, ...] = ()
    figures: tuple[Figures, ...] = ()
