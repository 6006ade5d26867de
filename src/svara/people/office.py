"""The office as call control sees it: an immutable snapshot of tenants, people and phones.

No database is asked on a call's way. Whoever changes the office (`svara.people`) writes a new snapshot file whole, by an
atomic rename; the calls process reads it at its start and whenever it changes, and every decision is a pure function over
it. A snapshot holds what routing needs and nothing else: no e-mail addresses, no passwords; of a phone's secret only the
digest hashes (HA1, RFC 7616 section 3.4.2).
"""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import msgspec

from svara.data import put, stamp
from svara.people.presence import PresenceTo

REALM = "svara"
"""The digest realm of every phone (RFC 7616 section 3.3). HA1 depends on it, so it never changes."""

SNAPSHOT_FILE = "office.msgpack"
"""The snapshot's name in the data folder."""

TOPIC_OFFICE = "office.changed"
"""Bus topic: a new snapshot is in place; no payload."""


NumberClass = Literal["internal", "national", "mobile", "international", "premium"]
"""What a person may dial; emergency numbers are always allowed."""
ALL_BUT_PREMIUM: tuple[NumberClass, ...] = ("internal", "national", "mobile", "international")

Target = str
"""Where a call goes, as in the office file: `person:anna`, `queue:support`, `menu:front`, `voicemail:anna` (a
person's box or a queue's), `number:+4721000000`, `conference:monday`, `hangup`. The
snapshot holds only targets that exist."""


class Phone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SIP account of one person. `login` is unique on the server."""

    login: str
    ha1: dict[str, str]
    """Algorithm token of RFC 8760 ("MD5", "SHA-256", "SHA-512-256") to HA1 in lower-case hex."""
    label: str = ""


class Unanswered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens when nobody picks up: after `after_seconds` the call goes to `to`."""

    after_seconds: float
    to: Target


class Forward(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's own rule: calls go to `to` always, or only when the person is busy or offline (no answer: `Unanswered`)."""

    when: Literal["always", "busy", "offline"]
    to: Target


class FindMe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ring this too, `after_seconds` after the desk phones began to ring; the desk goes on ringing."""

    after_seconds: float
    to: Target


KeyKind = Literal["line", "person", "queue", "park", "conference", "speed"]


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key beside the display of a phone: a line of one's own, or a lamp that shows somebody or something and dials it."""

    kind: KeyKind
    target: str = ""
    """User name, queue's name, park orbit, conference's name, or what is dialled (speed); "" for a line."""
    label: str = ""
    """What stands beside the key; "": the name of what it leads to."""


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From one minute of the day to another (minutes after midnight, local time of the tenant; `to_minute` excluded, up to
    1440) on these days of the week (0 Monday .. 6 Sunday). A window that ends before it begins lasts over midnight."""

    days: tuple[int, ...]
    from_minute: int
    to_minute: int


class Sound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A prompt or music under its name in the tenant; `file` is relative to the data folder's `sounds`, converted already
    (see `svara.media.sounds`); `until` is when a greeting stops being used (seconds since the epoch)."""

    name: str
    file: str
    until: float | None = None


CallWaiting = Literal["ring", "free", "busy"]
"""A second call while somebody is in one: all phones ring, only those do that are free, or the caller hears that the person
is busy."""


GreetingKind = Literal["general", "name", "busy", "away"]
"""What callers of a mailbox hear. "away" goes before all others until it ends; "busy" for who was busy; "general" otherwise;
"name" is spoken into the standard sentences where none of these is."""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who can be called."""

    id: str
    username: str
    name: str
    extension: str | None = None
    phones: tuple[Phone, ...] = ()
    choice: Literal["available", "away", "dnd"] = "available"
    """What the person chose to show; "dnd" (do not disturb) also keeps the phones silent."""
    presence_to: PresenceTo = "everybody"
    """To whom the person shows it (see `svara.people.visibility`)."""
    unanswered: Unanswered | None = None
    language: str = ""
    """BCP 47; empty: the tenant's first."""
    mobile: str = ""
    """E.164."""
    classes: tuple[NumberClass, ...] = ALL_BUT_PREMIUM
    shows: str = ""
    """The number (E.164, one of the tenant's) shown to those whom the person calls outside; empty: the trunk's choice."""
    forwards: tuple[Forward, ...] = ()
    find_me: tuple[FindMe, ...] = ()
    quiet: tuple[Window, ...] = ()
    """Quiet hours: as if the person had chosen "dnd"."""
    keys: tuple[Key, ...] = ()
    """Of the person's phones, in order; none: those that `svara.people.linekeys` thinks of."""
    greetings: dict[GreetingKind, Sound] = {}
    """What callers hear before the beep of the person's voicemail; without any the spoken default."""
    voicemail_pin: str = ""
    """PBKDF2 hash (see `svara.calls.pin`); empty: the box cannot be opened by PIN, only from the person's own phone."""
    record: bool = False
    """Calls of this person are recorded: the company asks for it, and the person agreed (announcement first)."""
    unrecorded: bool = False
    """No talk of this person is recorded, whatever a queue or number asks for: they objected, or are restricted."""
    admin: bool = False
    """Administers the company: may record its announcements by phone."""
    call_waiting: CallWaiting = "ring"
    intercom: bool = False
    """Colleagues may speak through this person's phones, which answer by themselves."""
    pickup: tuple[str, ...] = ()
    """Names of groups: whose phones ring for one of a group, anybody of it may pick up."""
    wakes: bool = False
    """A device of this person can be woken for a call, although no phone on it is registered: the person is not offline."""


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An agent in a queue. `order` counts for the strategy in-order, `skills` (name to level 1..5) where the queue asks for
    some; `weight` says how the agent shares time between several queues (higher first)."""

    person: str
    """The person's id."""
    order: int = 0
    weight: int = 1
    skills: dict[str, int] = {}


Strategy = Literal["ring-all", "longest-idle", "round-robin", "fewest-calls", "in-order"]


SupervisionRule = Literal["off", "announced", "tone"]


class Queue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of waiting callers and those who take them."""

    id: str
    name: str
    extension: str | None = None
    strategy: Strategy = "longest-idle"
    members: tuple[Member, ...] = ()
    ring_seconds: float = 15.0
    retry_seconds: float = 1.0
    """How long an agent who did not pick up is left alone before the next offer."""
    wrap_up_seconds: float = 0.0
    max_wait_seconds: float | None = None
    max_waiting: int | None = None
    when_full: Target = "hangup"
    when_timeout: Target = "hangup"
    when_empty: Target | None = None
    """Where callers go when nobody is logged in; None: they wait."""
    announce_position: bool = False
    announce_every_seconds: float = 45.0
    greeting: str = ""
    """Name of a sound of the tenant; empty: none."""
    music: str = ""
    """Name of a sound of the tenant; empty: the music that Svara brings."""
    callback_key: str = ""
    """The key with which a caller keeps the place in the line and is called back; empty: not offered."""
    priority: int = 0
    """Higher queues are served first by agents of several."""
    auto_pause_after: int = 0
    """Pause an agent after so many offers in a row that were not picked up; 0: never."""
    skills: dict[str, int] = {}
    """What a call of this queue needs, by level 1..5; the level falls by one each `relax_seconds` of waiting."""
    relax_seconds: float = 30.0
    service_level_seconds: float = 20.0
    record: bool = False
    supervision: SupervisionRule = "off"
    """Whether supervisors may take part in its talks, and how both who talk are told before: by words, or (where the country
    knows that) by a tone."""
    greetings: dict[GreetingKind, Sound] = {}
    """Those of the queue's mailbox: "general" and "away"."""


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the office is open. `holidays` is a country or subdivision of ISO 3166 ("NO", "DE-BY"); empty: none kept.
    `exceptions` (ISO date, or month and day "12-24" of each year, to windows, `days` ignored; none: closed that day) go
    before everything else, holidays before `open`."""

    name: str
    open: tuple[Window, ...] = ()
    holidays: str = ""
    exceptions: dict[str, tuple[Window, ...]] = {}


class Menu(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Press a key. `prompt` names a sound of the tenant."""

    id: str
    name: str
    prompt: str
    keys: dict[str, Target] = {}
    otherwise: Target = "hangup"
    """Where the caller goes who pressed nothing, or a wrong key, `tries` times."""
    extension: str | None = None
    timeout_seconds: float = 5.0
    tries: int = 3
    direct_dial: bool = True
    """Extensions may be dialled in the menu."""


MOST_IN_CONFERENCE = 50


class Conference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A room in which many talk with each other."""

    id: str
    name: str
    extension: str | None = None
    pin: str = ""
    """PBKDF2 hash (see `svara.people.pin`) of what opens it; empty: nothing has to be entered."""
    moderator_pin: str = ""
    """The same, for who conducts it; empty: nobody does by phone."""
    wait_for_moderator: bool = False
    """Music until a moderator is there."""
    record: bool = False
    max_members: int = MOST_IN_CONFERENCE
    announce: bool = True
    """A tone when somebody comes or leaves."""


NumberFormat = Literal["e164", "plain", "national", "00"]
"""How a trunk writes numbers: +4721000000, 4721000000, 21000000, 004721000000."""


class Trunk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way to the public network. `secret` is the plain one, because the provider chooses the realm (RFC 7616)."""

    id: str
    name: str
    address: str
    """A SIP URI: where calls go, and where it registers."""
    login: str = ""
    secret: str = ""
    register: bool = False
    match: tuple[str, ...] = ()
    """IP addresses or networks from which its calls come."""
    priority: int = 0
    """Of several that fit the lowest is tried first."""
    format: NumberFormat = "e164"
    identity: Literal["p-asserted-identity", "from"] = "p-asserted-identity"
    probe_seconds: float = 30.0
    """How often OPTIONS asks whether it lives; 0: never."""


class PublicNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number of the tenant in the public network and where its calls go."""

    number: str
    """E.164."""
    trunk: str
    """The trunk's name."""
    to: Target
    hours: str = ""
    """Name of the hours that count; empty: always open."""
    closed: Target = "hangup"
    record: bool = False


class Outbound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers (E.164) that begin with `prefix` go out by `trunk`; the longest prefix counts first, then the trunk's
    priority."""

    prefix: str
    trunk: str


class Parking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Places in which a caller is parked, by their extensions, and after how many seconds the call goes back."""

    extensions: tuple[str, ...] = ()
    seconds: float = 120.0


class Tenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One company. Nothing in it can be reached from another."""

    id: str
    slug: str
    name: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    media: Literal["relay", "direct"] = "relay"
    people: tuple[Person, ...] = ()
    queues: tuple[Queue, ...] = ()
    hours: tuple[Hours, ...] = ()
    menus: tuple[Menu, ...] = ()
    conferences: tuple[Conference, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    numbers: tuple[PublicNumber, ...] = ()
    outbound: tuple[Outbound, ...] = ()
    sounds: tuple[Sound, ...] = ()
    recording_rule: Literal["announce", "consent"] = "announce"
    """Before a call is recorded who is outside hears so ("announce") or has to press 1 ("consent")."""
    hold_music: Literal["music", "silence"] = "music"
    """What somebody on hold hears: the company's own music or Svara's, or nothing."""
    codes: dict[str, str] = {}
    """Feature codes that are others here, or "off", by their names (`svara.people.codes`)."""
    parking: Parking = Parking()

    @cached_property
    def by_id(self) -> dict[str, Person]:
        return {person.id: person for person in self.people}

    @cached_property
    def by_username(self) -> dict[str, Person]:
        return {person.username: person for person in self.people}

    @cached_property
    def by_extension(self) -> dict[str, Person]:
        return {person.extension: person for person in self.people if person.extension is not None}

    @cached_property
    def by_login(self) -> dict[str, Person]:
        return {phone.login: person for person in self.people for phone in person.phones}

    @cached_property
    def queue_by_name(self) -> dict[str, Queue]:
        return {queue.name: queue for queue in self.queues}

    @cached_property
    def queue_by_id(self) -> dict[str, Queue]:
        return {queue.id: queue for queue in self.queues}

    @cached_property
    def pickup_groups(self) -> dict[str, tuple[str, ...]]:
        """The ids of those who are in each group, in the order of the office."""
        found: dict[str, list[str]] = {}
        for person in self.people:
            for group in person.pickup:
                found.setdefault(group, []).append(person.id)
        return {group: tuple(members) for group, members in found.items()}

    @cached_property
    def queues_of(self) -> dict[str, tuple[str, ...]]:
        """The ids of the queues of which somebody is a member, by the person's id."""
        queues: dict[str, tuple[str, ...]] = {}
        for queue in self.queues:
            for member in queue.members:
                queues[member.person] = (*queues.get(member.person, ()), queue.id)
        return queues

    @cached_property
    def menu_by_name(self) -> dict[str, Menu]:
        return {menu.name: menu for menu in self.menus}

    @cached_property
    def conference_by_name(self) -> dict[str, Conference]:
        return {conference.name: conference for conference in self.conferences}

    @cached_property
    def conference_by_id(self) -> dict[str, Conference]:
        return {conference.id: conference for conference in self.conferences}

    @cached_property
    def hours_by_name(self) -> dict[str, Hours]:
        return {hours.name: hours for hours in self.hours}

    @cached_property
    def trunk_by_name(self) -> dict[str, Trunk]:
        return {trunk.name: trunk for trunk in self.trunks}

    @cached_property
    def number_by_e164(self) -> dict[str, PublicNumber]:
        return {number.number: number for number in self.numbers}

    @cached_property
    def sound_by_name(self) -> dict[str, Sound]:
        return {sound.name: sound for sound in self.sounds}

    @cached_property
    def target_by_extension(self) -> dict[str, Target]:
        """Every extension of the tenant, whoever has it."""
        targets: dict[str, Target] = {menu.extension: f"menu:{menu.name}" for menu in self.menus if menu.extension}
        targets |= {room.extension: f"conference:{room.name}" for room in self.conferences if room.extension}
        targets |= {orbit: f"park:{orbit}" for orbit in self.parking.extensions}
        targets |= {queue.extension: f"queue:{queue.name}" for queue in self.queues if queue.extension}
        return targets | {extension: f"person:{person.username}" for extension, person in self.by_extension.items()}


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Everything that routing may know, at one moment."""

    version: int
    """Grows with every change; a reader keeps the newest it saw."""
    tenants: tuple[Tenant, ...] = ()

    @cached_property
    def by_tenant_id(self) -> dict[str, Tenant]:
        return {tenant.id: tenant for tenant in self.tenants}

    @cached_property
    def by_login(self) -> dict[str, tuple[Tenant, Person, Phone]]:
        """Every phone of the server by its SIP user name."""
        return {
            phone.login: (tenant, person, phone)
            for tenant in self.tenants
            for person in tenant.people
            for phone in person.phones
        }


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    """An `Office`, its tenants not read yet."""

    version: int
    tenants: tuple[msgspec.Raw, ...] = ()


class _Version(msgspec.Struct):
    version: int


def write_office(office: Office, folder: Path) -> None:
    """Put the snapshot in place, whole or not at all; readable by the owner only."""
    put(folder / SNAPSHOT_FILE, msgspec.msgpack.encode(office))


def read_version(folder: Path) -> int:
    """The version of the snapshot in `folder`, also of one that an older or newer program wrote; 0 where there is none.

    Raises OSError."""
    try:
        data = (folder / SNAPSHOT_FILE).read_bytes()
        return msgspec.msgpack.decode(data, type=_Version).version
    except (FileNotFoundError, msgspec.DecodeError):
        return 0


class Snapshots:
    """Reads the snapshot in `folder` whenever it changed: of a tenant that did not, the object stays the same, and with it
    what was made of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tenants: dict[bytes, Tenant] = {}
        """By what is written of them."""

    def read(self) -> Office:
        """The present one; see `read_office`. Raises OSError, msgspec.DecodeError."""
        try:
            data = (self._folder / SNAPSHOT_FILE).read_bytes()
        except FileNotFoundError:
            return Office(version=0)
        written = msgspec.msgpack.decode(data, type=_Written)
        before = self._tenants
        tenants: dict[bytes, Tenant] = {}
        for one in written.tenants:
            key = blake2b(one, digest_size=16).digest()
            tenants[key] = before.get(key) or msgspec.msgpack.decode(one, type=Tenant)
        self._tenants = tenants
        return Office(version=written.version, tenants=tuple(tenants.values()))


def read_office(folder: Path) -> Office:
    """The snapshot in `folder`; an empty office (version 0) where none was written yet."""
    try:
        data = (folder / SNAPSHOT_FILE).read_bytes()
    except FileNotFoundError:
        return Office(version=0)
    return msgspec.msgpack.decode(data, type=Office)


def current_office(folder: Path) -> Office:
    """As `read_office`, but read again only when the file has changed: for processes that look at it now and then."""
    seen = stamp(folder / SNAPSHOT_FILE)
    known = _known.get(folder)
    if known is None or known[0] != seen:
        _known.clear()
        known = _known[folder] = (seen, read_office(folder))
    return known[1]


_known: dict[Path, tuple[tuple[int, int] | None, Office]] = {}
