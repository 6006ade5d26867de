"""An office as somebody wishes it: what a file or a page says, already checked.

Where the snapshot's own structs (`svara.people.office`) say it all, they are used, with user names in place of ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from svara.people.office import (
    ALL_BUT_PREMIUM,
    CallWaiting,
    Conference,
    FindMe,
    Forward,
    Hours,
    Key,
    Menu,
    NumberClass,
    Outbound,
    Parking,
    PublicNumber,
    Queue,
    Trunk,
    Window,
)
from svara.people.presence import PresenceTo


@dataclass(frozen=True, slots=True)
class PhoneSpec:
    """A phone as wished. `line` is where it stands in the file. `secret` None: as it was."""

    login: str
    secret: str | None = field(default=None, repr=False)
    label: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class UnansweredSpec:
    """Where calls go that nobody takes, and after how many seconds."""

    after_seconds: float
    to: str


GOES_NOWHERE = UnansweredSpec(0.0, "")
"""Said in so many words: they ring until the caller gives up."""


@dataclass(frozen=True, slots=True)
class PersonSpec:
    """A person as wished; without a password they will be invited.

    What people choose for themselves is None where the file leaves it to them.
    """

    username: str
    name: str
    email: str = ""
    password: str | None = field(default=None, repr=False)
    extension: str | None = None
    roles: tuple[str, ...] = ("member",)
    phones: tuple[PhoneSpec, ...] = ()
    unanswered: UnansweredSpec | None = None
    classes: tuple[NumberClass, ...] = ALL_BUT_PREMIUM
    shows: str = ""
    record: bool = False
    language: str | None = None
    mobile: str | None = None
    forwards: tuple[Forward, ...] | None = None
    find_me: tuple[FindMe, ...] | None = None
    quiet: tuple[Window, ...] | None = None
    call_waiting: CallWaiting | None = None
    intercom: bool | None = None
    keys: tuple[Key, ...] | None = None
    pickup: tuple[str, ...] = ()
    voicemail_pin: str | None = field(default=None, repr=False)
    line: int = 0


@dataclass(frozen=True, slots=True)
class TenantSpec:
    slug: str
    name: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    media: str = "relay"
    recording_rule: str = "announce"
    hold_music: str = "music"
    codes: Mapping[str, str] = field(default_factory=dict)
    """Feature codes that are others here, or switched off (`svara.people.codes`)."""
    own_phones: bool = False
    second_factor: str | None = None
    """Who has to have one; None: as it was."""
    second_factor_from: str = ""
    presence_to: PresenceTo = "everybody"


@dataclass(frozen=True, slots=True)
class SoundSpec:
    """A sound as wished: a file beside the office file, or a text to be spoken in a language ("": the tenant's first).
    With neither: as it was."""

    name: str
    file: str = ""
    text: str = ""
    language: str = ""
    line: int = 0


NO_PARKING = Parking()


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """A whole office, valid in itself. `warnings` is what is allowed but unwise; `sounds` None: as they are."""

    path: str
    tenant: TenantSpec
    people: tuple[PersonSpec, ...]
    queues: tuple[Queue, ...] = ()
    hours: tuple[Hours, ...] = ()
    menus: tuple[Menu, ...] = ()
    conferences: tuple[Conference, ...] = field(default=(), repr=False)
    trunks: tuple[Trunk, ...] = field(default=(), repr=False)
    numbers: tuple[PublicNumber, ...] = ()
    outbound: tuple[Outbound, ...] = ()
    sounds: tuple[SoundSpec, ...] | None = None
    parking: Parking = NO_PARKING
    warnings: tuple[str, ...] = ()
