"""Feature codes: what a phone of the house does by dialling a star and some signs. This is the one table of them.

Routing finds what was dialled here, phones announce what stands here, pages and the documentation are made of it. A company
may give a code other signs, or switch it off. Behind some codes stands an argument: `*72102` forwards to extension 102.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from svara.media.sounds.texts.tongue import PhraseKey

FeatureName = Literal[
    "mailbox",
    "try-phone",
    "forward",
    "forward-off",
    "dnd",
    "dnd-off",
    "waiting",
    "waiting-off",
    "pick-up",
    "pick-up-of",
    "park",
    "confer",
    "transfer",
    "intercom",
    "page",
    "call-back",
    "call-back-off",
    "queue-in",
    "queue-out",
    "queue-pause",
    "queue-resume",
    "record-prompt",
]
Needed = Literal["", "optional", "required"]
Users = Literal["everybody", "agents", "administrators"]

OFF = "off"
"""What a company says in place of a code that it does not want."""
NO_CODES: Mapping[str, str] = {}
MAX_ARGUMENT = 20
CODE = re.compile(r"[*#][*#0-9]{1,4}")
LONGEST = 5
"""Signs of a code."""


class Code(msgspec.Struct, frozen=True, gc=False):
    """One of them. `code` is what is dialled unless the company says otherwise."""

    name: FeatureName
    code: str
    does: str
    """In words, for pages, which translate it."""
    argument: Needed = ""
    behind: str = ""
    """What is dialled behind the code, in words."""
    of_use: Users = "everybody"
    says: tuple[PhraseKey, ...] = ()
    """What the phone announces when it was done; empty where more than that is said."""
    in_talk: bool = False
    """Pressed within a talk, not dialled; and only where the company switches it on."""

    @property
    def initial(self) -> str:
        """What stands unless the company says otherwise."""
        return OFF if self.in_talk else self.code


class Feature(msgspec.Struct, frozen=True, gc=False):
    """What was dialled by a code."""

    name: FeatureName
    argument: str = ""


def _(text: str) -> str:
    """Marks what pages translate."""
    return text


_QUEUE = _("a queue's extension: that queue alone")
TABLE = (
    Code(
        "mailbox",
        "*97",
        _("Hear my messages and record my greetings"),
        "optional",
        _("an extension: that mailbox, by its PIN"),
    ),
    Code("try-phone", "*96", _("Try my phone: I hear myself")),
    Code(
        "forward",
        "*72",
        _("Forward all my calls"),
        "required",
        _("the number or extension to which they go"),
        says=("forward-on",),
    ),
    Code("forward-off", "*73", _("Forward them no longer"), says=("forward-off",)),
    Code("dnd", "*78", _("Do not disturb: my phones stay silent"), says=("dnd-on",)),
    Code("dnd-off", "*79", _("My phones ring again"), says=("dnd-off",)),
    Code("waiting", "*70", _("A second call rings while I am in a call"), says=("waiting-on",)),
    Code("waiting-off", "*71", _("While I am in a call, I am busy for others"), says=("waiting-off",)),
    Code("pick-up", "*8", _("Pick up what rings in my group")),
    Code(
        "pick-up-of",
        "**",
        _("Pick up what rings at this extension, or take who is parked there"),
        "required",
        _("the extension"),
    ),
    Code(
        "intercom",
        "*80",
        _("Speak to a colleague through their phone, which answers by itself where they allow it"),
        "required",
        _("the extension of the colleague"),
    ),
    Code(
        "page",
        "*81",
        _("Speak to a group through its phones, which answer by themselves where people allow it"),
        "optional",
        _("the extension of a queue, or of a colleague for the pick-up group of that one; without one: my own group"),
    ),
    Code("park", "*85", _("Park the call that I have on hold, and hear where"), says=("parked-at",)),
    Code("confer", "*3", _("Talk with everybody whom I have on hold, all together")),
    Code(
        "transfer",
        "*1",
        _("Within a talk, for phones without a key for it: send the other side on"),
        "required",
        _("the number and the hash key; a star takes the other side back"),
        in_talk=True,
    ),
    Code(
        "call-back",
        "*37",
        _("Call me back when a colleague is free"),
        "optional",
        _("the extension of the colleague; without one: whom I called last in vain"),
        says=("call-back-set",),
    ),
    Code(
        "call-back-off",
        "*38",
        _("Call me back no longer"),
        "optional",
        _("the extension of the colleague; without one: all of them"),
        says=("call-back-gone",),
    ),
    Code("queue-in", "*40", _("Log in to my queues"), "optional", _QUEUE, "agents", ("queue-logged-in",)),
    Code("queue-out", "*41", _("Log out of my queues"), "optional", _QUEUE, "agents", ("queue-logged-out",)),
    Code("queue-pause", "*42", _("Pause in my queues"), of_use="agents", says=("queue-paused",)),
    Code("queue-resume", "*43", _("End the pause"), of_use="agents", says=("queue-resumed",)),
    Code("record-prompt", "*95", _("Record an announcement of the company"), of_use="administrators"),
)
"""In the order in which they are shown."""
BY_NAME: Mapping[str, Code] = {row.name: row for row in TABLE}


def codes_of(own: Mapping[str, str] = NO_CODES) -> dict[str, Code]:
    """The rows by what is dialled for them; `own` is what the company says: names to other codes, or to `OFF`."""
    dialled = {own.get(row.name, row.code): row for row in TABLE if not row.in_talk}
    dialled.pop(OFF, None)
    return dialled


def feature_of(dialled: str, own: Mapping[str, str] = NO_CODES) -> Feature | None:
    """The feature that was dialled; None for everything else. Of several codes that fit the longest counts."""
    text = dialled.strip()
    if text[:1] not in ("*", "#"):
        return None
    codes = codes_of(own)
    for length in range(min(len(text), LONGEST), 1, -1):
        row, argument = codes.get(text[:length]), text[length:].removesuffix("#")
        if row is not None and _fits(row, argument):
            return Feature(row.name, argument)
    return None


def in_talk(own: Mapping[str, str], name: FeatureName) -> str:
    """What is pressed within a talk for this; "" where the company has not switched it on."""
    code = own.get(name, BY_NAME[name].initial)
    return "" if code == OFF else code


def _fits(row: Code, argument: str) -> bool:
    if not argument:
        return True
    plain = argument.isascii() and argument.removeprefix("+").isdecimal()
    return bool(row.argument) and plain and len(argument) <= MAX_ARGUMENT


def clashes(own: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Names of features of which nobody could tell any more what is dialled, with the other and its code."""
    taken = [(code, row) for row in TABLE if (code := own.get(row.name, row.initial)) != OFF]
    for code, row in taken:
        for other, another in taken:
            if row is another or row.name not in own:
                continue
            first, second = sorted(((code, row), (other, another)), key=lambda one: len(one[0]))
            behind = second[0][len(first[0]) :]
            if code == other or (second[0].startswith(first[0]) and first[1].argument and behind.isdecimal()):
                yield row.name, another.name, other
