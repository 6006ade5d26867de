"""The shapes of the API's answers and requests. Field names are the contract's: they are never renamed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from svara.calls.commands import AgentState, OwnState, StopKind
from svara.calls.events import Direction, EndedBy, Outcome
from svara.people.presence import Availability, Choice, PresenceTo

SOUND = {"responses": {200: {"description": "The sound", "content": {"audio/wav": {"schema": {"type": "string"}}}}}}
"""For the description of operations that give WAV."""

CallState = Literal["started", "ringing", "answered", "held", "ended"]


class Company(Schema):
    """The tenant that a person belongs to."""

    slug: str
    name: str
    country: str
    timezone: str
    languages: list[str]
    demo: bool


class OwnPhone(Schema):
    """A SIP account of the caller."""

    login: str
    label: str


class Person(Schema):
    """Somebody in the directory."""

    id: str
    username: str
    name: str
    email: str
    extension: str | None
    presence: Availability
    presence_since: datetime | None
    """Since when; null where it is not known."""
    phones_online: int


class Me(Person):
    """The caller."""

    roles: list[str]
    language: str
    choice: Choice
    presence_to: PresenceTo
    tenant: Company
    phones: list[OwnPhone]


class People(Schema):
    """The directory, by name."""

    items: list[Person]


class PresenceChoice(Schema):
    """What one shows to others; "dnd" (do not disturb) also keeps the phones silent."""

    choice: Choice
    presence_to: Annotated[
        PresenceTo | Literal["company"] | None,
        Field(
            description="Who may see it: everybody of the company, those in a queue or a pick-up group with me, or nobody; "
            "as the company says for all who do not choose; as before if null"
        ),
    ] = None


class Standing(Schema):
    """Where a caller is whom the system itself answered, since when."""

    kind: StopKind
    name: Annotated[str, Field(description="The menu, queue, conference, whose box it is, the parking place, or the code")]
    since: datetime


class Call(Schema):
    """One call is one item, however many phones rang. While it goes on, `outcome` and `ended_at` are null."""

    id: str
    state: CallState
    direction: Direction
    from_: Annotated[str, Field(alias="from", description="Who called: an extension, a user name or a number")]
    from_name: str
    from_person: Annotated[str | None, Field(description="User name, for a person of the company")]
    to: Annotated[str, Field(description="Who was called")]
    to_name: str
    to_person: Annotated[str | None, Field(description="User name, for a person of the company")]
    answered_by: Annotated[str | None, Field(description="Who picked up: user name, or number of somebody outside")]
    answered_by_name: str | None
    queue: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: float | None
    talk_seconds: float | None
    outcome: Outcome | None
    end_reason: str | None


class Calls(Schema):
    """A page of the history, newest first; `next` is the cursor of the page after, null on the last."""

    items: list[Call]
    next: str | None


class Leg(Schema):
    """One phone that was tried; `status` is the SIP status that ended it (0: none)."""

    to: str
    person: str | None
    name: str
    phone: Annotated[str | None, Field(description="The SIP login of the phone")]
    offered_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    status: int
    reason: str


class WaitingCaller(Schema):
    """Somebody who waits in a queue; who it is only for its members, supervisors and administrators."""

    id: Annotated[str, Field(description="Of the call")]
    position: Annotated[int, Field(description="1: next")]
    since: datetime
    wait_seconds: float
    from_: Annotated[str | None, Field(alias="from", description="Number or extension")]
    from_name: str | None
    from_person: str | None
    ringing: Annotated[bool, Field(description="An agent's phone rings for them")]
    called_back: Annotated[bool, Field(description="They hung up and keep their place: they are called back in turn")]


class QueueMember(Schema):
    """A member of a queue as shown now."""

    username: str
    name: str
    state: AgentState
    reason: Annotated[
        str,
        Field(description="Why the pause; 'offline' for one who is logged in, but whose phones are all offline"),
    ]
    since: datetime
    calls: Annotated[int, Field(description="Calls of this queue taken since the server started")]


class Queue(Schema):
    """A queue as it is now. Of a very long line the first 200 are listed."""

    name: str
    extension: str | None
    waiting: list[WaitingCaller]
    waiting_count: int
    longest_wait_seconds: float | None
    expected_wait_seconds: Annotated[float | None, Field(description="For one who comes now; null where nobody can know")]
    members: list[QueueMember]


class Queues(Schema):
    """All queues of the company."""

    items: list[Queue]


class ParkedCall(Schema):
    """A caller at a parking place."""

    extension: Annotated[str, Field(description="Whoever calls it takes the caller")]
    call: str
    from_: Annotated[str, Field(alias="from", description="Who is parked: an extension, a user name or a number")]
    from_name: str
    by: Annotated[str | None, Field(description="User name of who parked them")]
    since: datetime
    until: Annotated[datetime, Field(description="When the call goes back to who parked it")]


class Parked(Schema):
    """Everybody who is parked."""

    items: list[ParkedCall]


class AgentWish(Schema):
    """What one wants to be in a queue."""

    state: OwnState
    reason: Annotated[str, Field(max_length=100)] = ""


class KeepWish(Schema):
    """Where a waiting caller wants to be called back."""

    number: Annotated[str, Field(max_length=40, description="Left out: the number they call from")] = ""


class ConferenceMember(Schema):
    """Somebody in a conference."""

    id: Annotated[str, Field(description="Of their call")]
    number: str
    name: str
    person: str | None
    since: datetime
    moderator: bool
    muted: bool
    waiting: Annotated[bool, Field(description="Hears music until the moderator comes")]


class Conference(Schema):
    """A conference as it is now."""

    name: str
    extension: str | None
    count: Annotated[int, Field(description="How many are in it")]
    max_members: int
    locked: bool
    recorded: bool
    members: Annotated[
        list[ConferenceMember] | None,
        Field(description="In the order in which they came; null for who is not in it, no supervisor and no administrator"),
    ]
    may_conduct: Annotated[bool, Field(description="You may mute and remove others, lock and end it")]


class Conferences(Schema):
    """All conferences of the company."""

    items: list[Conference]


class Handset(Schema):
    """A phone that Svara sets up."""

    id: str
    person: Annotated[str, Field(description="Whose it is: a user name")]
    maker: str
    mac: Annotated[str | None, Field(description="Twelve hex digits; null for a softphone")]
    login: Annotated[str, Field(description="Its SIP account")]
    state: Annotated[
        Literal["here", "open", "awaited", "shut-out"],
        Field(description="It has come; the door is open for it; it may come by its token; it cannot come"),
    ]
    clear: Annotated[bool, Field(description="It may fetch its settings unencrypted")]
    came_at: datetime | None
    fetched_at: Annotated[datetime | None, Field(description="When it asked for its settings last")]
    model: Annotated[str, Field(description="As the phone tells; empty where it does not")]
    firmware: str


class Handsets(Schema):
    """Phones, by their people."""

    items: list[Handset]


class NewHandset(Schema):
    """A phone to be added."""

    maker: Annotated[
        Literal["yealink", "snom", "grandstream", "poly", "linphone", "baresip"], Field(description="Who made it")
    ]
    person: Annotated[str | None, Field(max_length=64, description="A user name; left out: oneself")] = None
    mac: Annotated[str | None, Field(max_length=40, description="Of a desk phone, however it is written")] = None
    login: Annotated[
        str | None,
        Field(max_length=64, description="A SIP account of that person, whose secret it replaces; left out: a new one"),
    ] = None
    clear: Annotated[bool, Field(description="It may fetch unencrypted; heeded for administrators alone")] = False


class IssuedHandset(Schema):
    """A phone, and how it comes: shown this once."""

    handset: Handset
    token: str
    address: Annotated[str, Field(description="What the phone is to fetch; it holds the token")]
    until: datetime


class Offer(Schema):
    """Somebody to whom the call was offered, with all of their phones."""

    to: str
    person: str | None
    name: str
    queue: Annotated[str | None, Field(description="The queue that offered it; null: the call was for this person")]
    offered_at: datetime
    ended_at: datetime
    answered: bool
    reason: str
    phones: int


class Wait(Schema):
    """The caller stood in the line of a queue, at first at `position`."""

    queue: str
    position: int
    entered_at: datetime
    left_at: datetime
    why: Annotated[str, Field(description="answered, abandoned, timeout, full, empty, closed, kept (call-back) or failed")]


class Stop(Schema):
    """The call went on to a target, as in the office file, and why."""

    at: datetime
    to: str
    why: str


class Sound(Schema):
    """A voice message or a recording."""

    seconds: float


class Hold(Schema):
    """One side had the other on hold."""

    by: EndedBy
    started_at: datetime
    ended_at: datetime


class Figures(Schema):
    """How the phone of one side heard the other, as it said itself (the phone in the browser does).

    `concealed` is the share of what it played that it had to invent (null: it did not say); `round_trip_ms` 0: unknown."""

    side: EndedBy
    packets: int
    lost: int
    jitter_ms: int
    round_trip_ms: int
    concealed: float | None


class Quality(Schema):
    """What the relay measured on the way from one side; `mos` is 1 to 5 (ITU-T G.107).

    Of the `lost` packets `lost_before` did not even reach us (null: nobody can tell); `round_trip_ms` is between us and this
    side (0: unknown)."""

    side: EndedBy
    packets: int
    lost: int
    jitter_ms: float
    mos: float | None
    lost_before: int | None
    round_trip_ms: float


SupervisionMode = Literal["listen", "whisper", "barge"]


class Supervision(Schema):
    """A supervisor took part in the talk: heard both, was heard by the colleague too, or by both."""

    by: str
    by_name: str
    by_person: str | None
    how: SupervisionMode
    started_at: datetime | None
    ended_at: datetime | None


class Met(Schema):
    """Somebody who was in a conference at the same time as the caller."""

    number: str
    name: str
    person: str | None
    since: datetime
    until: datetime


class Conferred(Schema):
    """The caller took part in a conference."""

    name: str
    joined_at: datetime
    left_at: datetime
    moderator: bool
    why: Annotated[str, Field(description="How that ended: 'hung up', 'removed', or 'ended' for all")]
    met: list[Met]


class Transferred(Schema):
    """Somebody sent the call on to a target, as in the office file; `taken-back`: nobody took it, so it came back."""

    at: datetime
    by: str
    by_name: str
    by_person: str | None
    to: str
    how: Literal["blind", "attended", "taken-back", "park", "pick-up", "conference"]


class CallDetail(Call):
    """A call with all that is known of it."""

    dialled: str
    ended_by: EndedBy | None
    legs: list[Leg]
    offers: list[Offer]
    waits: list[Wait]
    stops: list[Stop]
    messages: list[Sound]
    recordings: list[Sound]
    holds: list[Hold]
    quality: list[Quality]
    figures: list[Figures]
    supervisions: list[Supervision]
    transfers: list[Transferred]
    supervises: Annotated[
        str | None, Field(description="The id of the call whose talk the caller took part in, as a supervisor")
    ]
    conferences: list[Conferred]
    at: Annotated[
        Standing | None, Field(description="Where the caller is while the call goes on and only the system has answered")
    ] = None


class CallFilters(Schema):
    """Which calls: those that began at or after `since` and before `until`; a time without offset is the company's."""

    since: datetime | None = None
    until: datetime | None = None
    person: Annotated[str | None, Field(max_length=64, description="User name of somebody who took part")] = None
    queue: Annotated[str | None, Field(max_length=64)] = None
    outcome: Outcome | None = None
    direction: Direction | None = None
    search: Annotated[str | None, Field(max_length=100, description="Part of a name or number")] = None
    cursor: Annotated[str | None, Field(max_length=200, description="`next` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class NewCall(Schema):
    """Ring `from`'s own phones first, then dial `to` for them. `from` is the caller where it is left out."""

    from_: Annotated[
        str | None,
        Field(alias="from", max_length=64, description="A user name, or an extension; somebody else: supervisors"),
    ] = None
    to: Annotated[
        str, Field(min_length=1, max_length=200, description="An extension, a user name, a number or a sip: address")
    ]
    via: Annotated[
        Literal["phones", "mobile"], Field(description="What rings first: the phones, or one's own mobile number")
    ] = "phones"


class Merge(Schema):
    """The other of one's two talks."""

    with_: Annotated[str, Field(alias="with", min_length=1, max_length=64, description="The id of the other call")]


class Transfer(Schema):
    """Where the other side of a talk is to go."""

    to: Annotated[
        str,
        Field(
            min_length=1,
            max_length=128,
            description="An extension, user name or number, or a target (person:, queue:, menu:, voicemail:, conference:)",
        ),
    ]


class RecordingWish(Schema):
    """Whether the recording of a talk keeps silence from now on."""

    paused: bool


class SupervisionWish(Schema):
    """How a supervisor wants to take part in a talk: hear both, be heard by the colleague too, or by both; or leave."""

    how: Literal["listen", "whisper", "barge", "leave"] = "listen"


class Started(Schema):
    """The call's id; `GET /calls/{id}` follows it."""

    id: str


class Part(Schema):
    """The state of one part of the server."""

    state: Literal["up", "down"]
    lag_seconds: Annotated[float | None, Field(description="jobs: how far the call history is behind")] = None


class TrunksPart(Part):
    """All trunks together: down when there are some and none of them works."""

    working: Annotated[int, Field(description="trunks that are up, or were not asked yet")]
    down: Annotated[int, Field(description="trunks whose provider does not answer")]
    unregistered: Annotated[int, Field(description="trunks whose registrar does not accept us")]


class Parts(Schema):
    """Every part; `relay` and `voice` are down too while `calls` is. `trunks` is there where a company has any."""

    web: Part
    database: Part
    calls: Part
    relay: Part
    voice: Annotated[Part, Field(description="prompts, music and mailboxes")]
    jobs: Part
    trunks: TrunksPart | None = None


class Healthz(Schema):
    """`down`: the database is away, nothing works. `degraded`: some part is down."""

    status: Literal["ok", "degraded", "down"]
    parts: Parts
