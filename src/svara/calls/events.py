"""What happens to a call, as facts: the journal's events, and the only source of call history.

An event is written to the journal before the outside world learns of it. Times are wall-clock seconds since the epoch,
UTC. Events of one call are in order; events of different calls may interleave. History folds the events of one call id
into exactly one record, so everything that a record tells must be here.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Direction = Literal["internal", "inbound", "outbound"]
Outcome = Literal["answered", "missed", "abandoned", "busy", "rejected", "failed", "voicemail"]
EndedBy = Literal["caller", "callee", "system"]


class Party(msgspec.Struct, frozen=True, omit_defaults=True):
    """One side of a call. A person of the tenant has `person`; anyone else only what their signalling showed."""

    number: str
    """What was shown or dialled: an extension, a user name or a number. Never a network address."""
    name: str = ""
    person: str | None = None
    """The person's id in the tenant."""
    login: str | None = None
    """The phone they used."""


class Event(msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True):
    """`call` is the call's id, unique for ever; `at` is when it happened."""

    call: str
    at: float


class CallStarted(Event, frozen=True, tag="call.started", omit_defaults=True):
    """Somebody dialled (or asked the server to dial for them)."""

    tenant: str = ""
    direction: Direction = "internal"
    caller: Party = Party(number="")
    dialled: str = ""
    """What the caller asked for, as dialled."""
    callee: Party | None = None
    """Whom that means; None when it means nobody."""
    supervises: str = ""
    """The caller is a supervisor who takes part in the talk of this call."""


class LegOffered(Event, frozen=True, tag="leg.offered", omit_defaults=True):
    """One phone is being tried. `leg` is unique within the call."""

    leg: str = ""
    to: Party = Party(number="")


class LegRinging(Event, frozen=True, tag="leg.ringing", omit_defaults=True):
    """That phone rings (first 180 or 183)."""

    leg: str = ""


class LegAnswered(Event, frozen=True, tag="leg.answered", omit_defaults=True):
    """That phone picked up; the two are connected from here on. Of all legs of a call one wins."""

    leg: str = ""
    to: Party = Party(number="")


class LegEnded(Event, frozen=True, tag="leg.ended", omit_defaults=True):
    """That phone is out of the call. `status` is the SIP status that ended the try (200 for a talk that ended, 487 for
    one that was cancelled), `reason` in plain words: "answered elsewhere", "busy", "declined", "no answer" ..."""

    leg: str = ""
    status: int = 0
    reason: str = ""


class CallHeld(Event, frozen=True, tag="call.held", omit_defaults=True):
    """One side put the other on hold."""

    by: EndedBy = "caller"


class CallResumed(Event, frozen=True, tag="call.resumed", omit_defaults=True):
    """... and took them back."""

    by: EndedBy = "caller"


class CallQuality(Event, frozen=True, tag="call.quality", omit_defaults=True):
    """What the relay measured on the way from one side, at the call's end."""

    side: EndedBy = "caller"
    packets: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    mos: float | None = None
    """Mean opinion score 1 to 5 (ITU-T G.107), None where it could not be measured."""
    lost_before: int | None = None
    """Of those lost, how many did not even reach the relay; None where nobody can tell."""
    round_trip_ms: float = 0.0
    """From the relay to this side's phone and back; 0 for unknown."""


class CallFigures(Event, frozen=True, tag="call.figures", omit_defaults=True):
    """How the phone of one side heard the other, as it said itself (`svara.calls.figures`)."""

    side: EndedBy = "caller"
    packets: int = 0
    lost: int = 0
    jitter_ms: int = 0
    round_trip_ms: int = 0
    concealed: float | None = None
    """Which share of what was played the phone had to invent, 0 to 1; None for unknown."""


class CallEnded(Event, frozen=True, tag="call.ended", omit_defaults=True):
    """The last event of a call; there is exactly one."""

    outcome: Outcome = "failed"
    by: EndedBy = "system"
    end_reason: str = ""
    """In plain words: "hung up", "caller gave up", "no answer", "busy", "declined", "nobody has that number", "all phones
    are offline", "no sound for 30 seconds", "media relay lost" ..."""
    passing: bool = False
    """It was no call of its own: by it a phone came into another call, which tells of that. It has no record."""


class CallRouted(Event, frozen=True, tag="call.routed", omit_defaults=True):
    """The call goes on to a target: the next stop of its way ("queue:support", "menu:front", "person:anna" ...), and why
    ("dialled", "number", "closed", "key 1", "no answer", "busy", "full", "timeout", "nobody logged in", "forwarded" ...)."""

    to: str = ""
    why: str = ""


class CallGreeted(Event, frozen=True, tag="call.greeted", omit_defaults=True):
    """The caller was connected to the system itself (menu, music, mailbox): from here on the call costs the caller money,
    but it is not answered by anybody yet."""


class RecordingAnswered(Event, frozen=True, tag="call.recording-answered", omit_defaults=True):
    """Before anybody was rung the caller was told that the call is recorded ("told"), or was asked: by the key 1 the caller
    agreed, by another or by none did not. `by` "callee": whoever was called outside, when they had picked up."""

    answer: Literal["told", "agreed", "declined", "silent"] = "told"
    language: str = ""
    """In which it was said (BCP 47)."""
    by: Literal["caller", "callee"] = "caller"


class QueueEntered(Event, frozen=True, tag="queue.entered", omit_defaults=True):
    """The caller stands in the line of `queue` (its id and, for the record, its name)."""

    queue: str = ""
    name: str = ""
    position: int = 0
    priority: int = 0


class QueueLeft(Event, frozen=True, tag="queue.left", omit_defaults=True):
    """... and does not any more. "kept": the caller hung up and keeps the place (see `CallbackAsked`)."""

    queue: str = ""
    why: Literal["answered", "abandoned", "timeout", "full", "empty", "closed", "kept", "failed"] = "answered"


class AgentOffered(Event, frozen=True, tag="agent.offered", omit_defaults=True):
    """A waiting caller is offered to an agent; the phones that ring are `LegOffered` events of the same `offer`."""

    queue: str = ""
    offer: str = ""
    agent: Party = Party(number="")


class AgentOfferEnded(Event, frozen=True, tag="agent.offer-ended", omit_defaults=True):
    """How that offer ended. Only "answered" is a call for the agent; the others are no missed call of theirs."""

    offer: str = ""
    how: Literal["answered", "no answer", "declined", "busy", "offline", "elsewhere", "withdrawn"] = "answered"


class CallbackAsked(Event, frozen=True, tag="callback.asked", omit_defaults=True):
    """The caller keeps the place in the line without holding: `number` is called back when it is their turn."""

    queue: str = ""
    number: str = ""


class MessageLeft(Event, frozen=True, tag="voicemail.left", omit_defaults=True):
    """A voice message was left in a box ("person:<id>" or "queue:<id>"); `file` is relative to the data folder's
    `recordings`."""

    box: str = ""
    file: str = ""
    seconds: float = 0.0


class CallRecorded(Event, frozen=True, tag="call.recording", omit_defaults=True):
    """A recording of the talk is complete: caller left, callee right; `why` says whose rule asked for it ("queue:<id>",
    "number:<E.164>", "person:<id>", "conference:<id>": of a conference, what the others say is right)."""

    file: str = ""
    seconds: float = 0.0
    why: str = ""


class Supervised(Event, frozen=True, tag="call.supervised", omit_defaults=True):
    """A supervisor listened, whispered or barged in, from `at` on."""

    by: Party = Party(number="")
    how: Literal["listen", "whisper", "barge", "left"] = "listen"


Moved = Literal["blind", "attended", "taken-back", "park", "pick-up", "conference"]
"""How a call went from one to another: sent on without a word, after a word with who takes it, back to who had sent it on
and whom nobody answered, to a parking place or from there, taken while it rang elsewhere, or into a conference."""


class CallTransferred(Event, frozen=True, tag="call.transferred", omit_defaults=True):
    """`by` sent the call on: whoever was in it with `leg` leaves it, the other stays and goes `to` that target, or talks
    from here on with who is at the other end of it. Who that is, the next `LegAnswered` tells."""

    by: Party = Party(number="")
    leg: str = ""
    """Of who leaves; empty where nobody does."""
    to: str = ""
    """A target of the office (see `CallRouted`), or empty."""
    how: Moved = "blind"


class ConferenceJoined(Event, frozen=True, tag="conference.joined", omit_defaults=True):
    """The caller takes part in `conference` (its id and, for the record, its name) from `at` on."""

    conference: str = ""
    name: str = ""
    moderator: bool = False


class ConferenceMet(Event, frozen=True, tag="conference.met", omit_defaults=True):
    """`who` took part in it at the same time, from `since` until `at`; written when one of the two leaves. `taped`: what
    they said may be in the recording of this call."""

    conference: str = ""
    who: Party = Party(number="")
    since: float = 0.0
    taped: bool = False


class ConferenceLeft(Event, frozen=True, tag="conference.left", omit_defaults=True):
    """The caller takes part no more: hung up, "removed" by a moderator, or it was "ended" for all."""

    conference: str = ""
    why: Literal["hung up", "removed", "ended"] = "hung up"


class AgentChanged(Event, frozen=True, tag="agent.changed", omit_defaults=True):
    """An agent's state in the queues changed. It belongs to no call: `call` is empty."""

    tenant: str = ""
    person: str = ""
    state: Literal["available", "ringing", "talking", "wrap-up", "paused", "logged-out"] = "available"
    reason: str = ""
    queues: tuple[str, ...] = ()
    """Ids of the queues in which the agent is logged in."""


class CallbackGivenUp(Event, frozen=True, tag="callback.given-up", omit_defaults=True):
    """A kept place is given up: nobody could reach `number`, nobody had time for it, or the queue is gone. The call that
    stood there (`asked`) is over since long: `call` is empty."""

    tenant: str = ""
    asked: str = ""
    queue: str = ""
    name: str = ""
    number: str = ""
    joined_at: float = 0.0
    """When its caller came to the queue, seconds since the epoch."""
    why: Literal["unreached", "too late", "closed"] = "unreached"


CallEvent = (
    CallStarted
    | LegOffered
    | LegRinging
    | LegAnswered
    | LegEnded
    | CallHeld
    | CallResumed
    | CallQuality
    | CallFigures
    | CallEnded
    | CallRouted
    | CallGreeted
    | RecordingAnswered
    | QueueEntered
    | QueueLeft
    | AgentOffered
    | AgentOfferEnded
    | CallbackAsked
    | MessageLeft
    | CallRecorded
    | Supervised
    | CallTransferred
    | ConferenceJoined
    | ConferenceMet
    | ConferenceLeft
)
AnyEvent = CallEvent | AgentChanged | CallbackGivenUp
