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
"""`call.started`, `call.ringing`, `call.answered`, `call.held`, `call.resumed`, `call.supervised` (a supervisor came,
changed or left), `call.taped` (its recording began, was paused or goes on), `call.ended`; the payload is `LiveCall`.
(`call.recorded`, payload `Recorded`, comes from history when the record of a call was written.)"""
TOPIC_PRESENCE = "presence.changed"
"""The payload is `PersonPresence`."""
TOPIC_QUEUE = "queue.changed"
"""The payload is `QueueChanged`."""
TOPIC_AGENT = "queue.agent"
"""The payload is `LiveAgent`."""
TOPIC_CONFERENCE = "conference.changed"
"""The payload is `ConferenceChanged`."""

AgentState = Literal["available", "ringing", "talking", "wrap-up", "paused", "logged-out"]
OwnState = Literal["available", "paused", "logged-out"]
"""What agents set themselves."""


ProbeStep = Literal["expected", "arrived", "answered", "ended", "failed"]

SupervisionMode = Literal["listen", "whisper", "barge"]
"""Hear both; be heard by the colleague too; be heard by both."""


class LiveSupervisor(msgspec.Struct, frozen=True):
    """Somebody who looks after a talk, and both who talk know it."""

    by: Party
    how: SupervisionMode


StopKind = Literal["menu", "queue", "message", "mailbox", "conference", "test", "code", "parked", "told"]
"""In a menu, a line or a conference; leaving a message, hearing those that were left; in a test of the phone, using a code
of the office; in a parking place; told something, such as that the call is recorded, or that nobody is there."""


class LiveStop(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a caller is whom the system itself answered, at `since`. `name` is that of the menu, the queue, the conference,
    whose box it is, the parking place, or the code."""

    kind: StopKind
    name: str = ""
    since: float = 0.0


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
    queue: str = ""
    """The id of the queue out of which an agent took the call."""
    supervisors: tuple[LiveSupervisor, ...] = ()
    """Who listens to the talk, or takes part."""
    supervises: str = ""
    """This call is a supervisor's, who takes part in the talk of that id."""
    recording: Literal["", "on", "paused"] = ""
    """Whether the talk is recorded; "paused" when that is so by hand."""
    rings: dict[str, float] = {}
    """The ids of those of `people` who are rung at this moment, also where no phone of theirs is on and a device is being
    woken; and until when at most (seconds since the epoch). Whenever that changes `call.ringing` is told."""
    at: LiveStop | None = None
    """Where the caller is, as long as nobody but the system has answered. Whenever that changes `call.waiting` is told."""


class PersonPresence(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether somebody can be reached. `since` is when that began."""

    tenant: str
    person: str
    availability: Availability
    phones_online: int = 0
    since: float = 0.0
    online: tuple[str, ...] = ()
    """The logins of the phones that are registered, for the person's own eyes."""
    seen_by: tuple[str, ...] | None = None
    """Who (ids of persons) beside themselves may see any of this; None: everybody of the tenant. Whoever hands it on to
    people keeps to it (see `svara.people.visibility`)."""

    def for_eyes_of(self, viewer: str) -> PersonPresence:
        """What the person with that id may see of it: of one who hides the same as of one who is not there."""
        if self.seen_by is None or viewer == self.person or viewer in self.seen_by:
            return self
        return PersonPresence(self.tenant, self.person, "offline")


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


class LiveAgent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agent as they are shown now. `queues` are the ids of those in which they are logged in; "logged-out" with the
    reason "offline": they are logged in, but none of their phones is online."""

    tenant: str
    person: str
    state: AgentState
    reason: str = ""
    queues: tuple[str, ...] = ()
    seen_by: tuple[str, ...] | None = None
    """Who (ids of persons) may see it, beside themselves and supervisors; None: everybody of the tenant."""


class QueueChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """A queue at a glance, for boards that are told of every change. `since` is when the caller came who waits longest
    (seconds since the epoch; 0: nobody waits); `agents` counts members by state."""

    tenant: str
    queue: str
    name: str
    waiting: int = 0
    since: float = 0.0
    agents: dict[str, int] = {}


class WaitingCaller(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in a line. `call` is the call's id, also of one who hung up and keeps the place (`kept_for` is not empty)."""

    call: str
    position: int
    since: float
    """When they came, seconds since the epoch."""
    caller: Party = Party(number="")
    offered: bool = False
    """An agent's phone rings for them."""
    kept_for: str = ""
    """The number that is called back when it is their turn."""


class QueueMember(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a queue. `calls` is how many calls of this queue they took since the server started."""

    person: str
    state: AgentState
    reason: str = ""
    since: float = 0.0
    calls: int = 0


class QueueState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One queue as it is now; of a very long line the first `MOST_SHOWN`."""

    id: str
    name: str
    extension: str | None = None
    waiting: int = 0
    """How many stand in the line, also those beyond what is listed."""
    callers: tuple[WaitingCaller, ...] = ()
    members: tuple[QueueMember, ...] = ()
    expected_wait_seconds: float | None = None
    """What somebody who comes now has to expect; None where nobody can know."""


MOST_SHOWN = 200


class ConferenceChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something happened in a conference: who is there and how is asked by `AskConferences`."""

    tenant: str
    conference: str
    name: str
    members: int = 0


class ConferenceMember(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in a conference. `call` is the id of their call; `waiting`: they hear music until the moderator comes."""

    call: str
    who: Party
    since: float
    """When they came, seconds since the epoch."""
    moderator: bool = False
    muted: bool = False
    waiting: bool = False


class ConferenceState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One conference as it is now, its members in the order in which they came."""

    id: str
    name: str
    extension: str | None = None
    members: tuple[ConferenceMember, ...] = ()
    max_members: int = 0
    locked: bool = False
    recorded: bool = False


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
    """Ring `person`'s own phones first, or their mobile by a trunk, then dial `to` for them; answered by `Originated` at
    once. `Refused("no-mobile")`: they have none."""

    tenant: str
    person: str
    to: str
    via: Literal["phones", "mobile"] = "phones"


class Hangup(msgspec.Struct, frozen=True, tag="hangup"):
    """End a call; `tenant` must be the call's own. Answered by `Done`, or `Refused("not-found", ...)`."""

    tenant: str
    call: str


class TransferCall(msgspec.Struct, frozen=True, tag="transfer"):
    """`by` (a person's id) sends the other side of a talk on: their own, or, who looks after all calls, that of a colleague.
    `to` is what they could dial, or a target of the office ("queue:support", "voicemail:bob"). When nobody takes it the call
    comes back to `by`. Whether `by` may change that call is the asker's to know.

    Answered by `Done` when it is on its way. Refused: "not-found" (no such call, or nobody has that number), "invalid" (may
    not be dialled), "not-talking", "busy" (just being changed), "too-often", "unavailable"."""

    tenant: str
    call: str
    by: str
    to: str


class HoldCall(msgspec.Struct, frozen=True, tag="hold"):
    """`by` puts the other side of a talk on hold, who hears music, or (not `on`) takes it back. Answered by `Done`; refused
    as `TransferCall`, and with "on-phone" where the phone itself has the call on hold and has to take it back."""

    tenant: str
    call: str
    by: str
    on: bool = True


class MergeCalls(msgspec.Struct, frozen=True, tag="merge"):
    """`by` (a person's id) brings both their talks together, on hold or not: all three hear each other. `call` is the one
    whose dialog their phone keeps, `other` the one that it loses; where `call` is their own in such a room, who is in
    `other` joins it. Answered by `Originated`: the person's own call from then on. Refused: "not-found", "not-your-call",
    "not-talking", "busy" (just being changed), "too-often", "unavailable"."""

    tenant: str
    call: str
    other: str
    by: str


class PauseRecording(msgspec.Struct, frozen=True, tag="pause-recording"):
    """Keep silence in the recording of a talk, or go on; `tenant` must be the call's own. Answered by `Done`, or
    `Refused("not-found", ...)` where nothing is recorded."""

    tenant: str
    call: str
    paused: bool = True


class Supervise(msgspec.Struct, frozen=True, tag="supervise"):
    """`by` (a person's id) wants to take part in a talk of a queue: their own phones ring first; while they are in it they
    change, or leave. `tenant` must be the call's own, and whether `by` may do so is the asker's to know.

    Answered by `Originated` (the supervisor's own call) or, to "leave", by `Done`. Refused: "not-found" (no such talk, or
    not in it), "off" (the queue is not supervised), "own-call", "on-hold", "too-many", "offline", "no-words" (nobody could
    be told), "unavailable"."""

    tenant: str
    call: str
    by: str
    how: Literal["listen", "whisper", "barge", "leave"] = "listen"


class ForgetPhone(msgspec.Struct, frozen=True, tag="forget-phone"):
    """Drop every registration of a login; answered by `Done`."""

    login: str


class AskHealth(msgspec.Struct, frozen=True, tag="health"):
    """Answered by `Health`."""


class AdmitProbe(msgspec.Struct, frozen=True, tag="admit-probe"):
    """Let one call in that is nobody's, for `svara doctor` (see `svara.calls.probe`); answered by `ProbeAdmitted` or
    `Refused("unavailable")`."""


class AskProbe(msgspec.Struct, frozen=True, tag="probe"):
    """What became of that call; answered by `ProbeState` or `Refused("not-found")`."""

    login: str


class AskTrial(msgspec.Struct, frozen=True, tag="trial"):
    """What became of a call in which somebody tries their phone (`svara.calls.stops.tryphone`); answered by `TrialState`, or
    `Refused("not-found")` where it never came so far, or was long ago."""

    tenant: str
    call: str


class AskTrunks(msgspec.Struct, frozen=True, tag="trunks"):
    """How the trunks of one tenant (None: of all) are; answered by `TrunkStates`."""

    tenant: str | None = None


class AskQueues(msgspec.Struct, frozen=True, tag="queues"):
    """The queues of one tenant, or the one of that name; answered by `Queues`."""

    tenant: str
    name: str | None = None


class SetAgent(msgspec.Struct, frozen=True, tag="set-agent"):
    """Log a person in or out, or let them pause: for the queue of that name (None: all of theirs); a pause is one for all.
    Answered by `Done`; `Refused("not-found")` for a queue that is not there, or of which the person is no member."""

    tenant: str
    person: str
    state: OwnState
    reason: str = ""
    queue: str | None = None


class AskConferences(msgspec.Struct, frozen=True, tag="conferences"):
    """The conferences of one tenant, or the one of that name; answered by `Conferences`."""

    tenant: str
    name: str | None = None


class ControlConference(msgspec.Struct, frozen=True, tag="control-conference"):
    """Conduct a conference from outside: all of it, or with `call` one who takes part. "mute" without `call`: everybody but
    the moderators. Whether the asker may is the asker's to know. Answered by `Done`; `Refused("not-found")` where nobody is
    there, or that one is not, `Refused("invalid")` for what cannot be done to one."""

    tenant: str
    name: str
    do: Literal["lock", "unlock", "mute", "unmute", "remove", "end"]
    call: str = ""


class KeepPlace(msgspec.Struct, frozen=True, tag="keep-place"):
    """A waiting caller is to be called back on `number` (empty: where they call from) and need not hold; answered by `Done`,
    `Refused("not-found")` or `Refused("invalid")`."""

    tenant: str
    call: str
    number: str = ""


class AskParked(msgspec.Struct, frozen=True, tag="parked"):
    """Who is parked in a company; answered by `ParkedCalls`."""

    tenant: str


class AskCallbacks(msgspec.Struct, frozen=True, tag="callbacks"):
    """Whom a person waits for to be free; answered by `Callbacks`."""

    tenant: str
    person: str


class CancelCallback(msgspec.Struct, frozen=True, tag="cancel-callback"):
    """... and does no longer (`wanted` is a person's id); answered by `Done` or `Refused("not-found")`."""

    tenant: str
    person: str
    wanted: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    pass


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """`error` is a stable key ("not-found", "offline", "no-mobile", "mobile" (which cannot be called), "invalid",
    "unavailable", and see `Supervise`, `TransferCall`); `message` says it in plain English."""

    error: str
    message: str


class ProbeAdmitted(msgspec.Struct, frozen=True, tag="probe-admitted"):
    """The login and the secret for one call within seconds. `speaks`: there is a greeting to be said."""

    login: str
    secret: str
    speaks: bool


class ProbeState(msgspec.Struct, frozen=True, tag="probe"):
    """`keys` came through the sound until now; `reason` says in plain words why it failed."""

    state: ProbeStep
    keys: str = ""
    reason: str = ""


class TrialState(msgspec.Struct, frozen=True, tag="trial"):
    """`heard`: something of the person came in; `confirmed`: they pressed the key that says that they hear themselves."""

    state: Literal["ringing", "answered", "ended"]
    heard: bool = False
    confirmed: bool = False


class Originated(msgspec.Struct, frozen=True, tag="originated"):
    call: str


class Live(msgspec.Struct, frozen=True, tag="live"):
    calls: tuple[LiveCall, ...] = ()
    presence: tuple[PersonPresence, ...] = ()


class TrunkStates(msgspec.Struct, frozen=True, tag="trunks"):
    trunks: tuple[TrunkState, ...] = ()


class Queues(msgspec.Struct, frozen=True, tag="queues"):
    queues: tuple[QueueState, ...] = ()


class ParkedCall(msgspec.Struct, frozen=True):
    """A caller at a parking place. Times are seconds since the epoch: since when, and when the call goes back to `by`."""

    extension: str
    call: str
    caller: Party
    by: Party
    since: float
    until: float


class ParkedCalls(msgspec.Struct, frozen=True, tag="parked"):
    parked: tuple[ParkedCall, ...] = ()


class Callback(msgspec.Struct, frozen=True):
    """Somebody is called when `wanted` (a person's id) is free, until then at the latest (seconds since the epoch)."""

    wanted: str
    asked_at: float
    until: float


class Callbacks(msgspec.Struct, frozen=True, tag="callbacks"):
    callbacks: tuple[Callback, ...] = ()


class Conferences(msgspec.Struct, frozen=True, tag="conferences"):
    conferences: tuple[ConferenceState, ...] = ()


class Health(msgspec.Struct, frozen=True, tag="health"):
    office_version: int
    calls: int
    registrations: int
    relay: Literal["up", "down"]
    started_at: float = 0.0
    """When this process began: another value than before means that it was restarted."""
    trunks: dict[str, int] = {}
    """How many trunks are in each state ("up", "down", "unregistered", "unknown")."""
    voice: Literal["up", "down"] = "up"
    """Whether there are prompts, music and mailboxes."""
    counters: dict[str, float] = {}
    """Prometheus names (without the `svara_` prefix) to values."""


Request = (
    PauseRecording
    | TransferCall
    | HoldCall
    | MergeCalls
    | ReloadOffice
    | AskLive
    | Originate
    | Hangup
    | ForgetPhone
    | AskHealth
    | AskTrunks
    | AskQueues
    | SetAgent
    | KeepPlace
    | Supervise
    | AdmitProbe
    | AskProbe
    | AskTrial
    | AskCallbacks
    | AskParked
    | CancelCallback
    | AskConferences
    | ControlConference
)
Answer = (
    Done
    | Refused
    | Originated
    | Live
    | Health
    | TrunkStates
    | Queues
    | Conferences
    | ProbeAdmitted
    | ProbeState
    | TrialState
    | Callbacks
    | ParkedCalls
)
