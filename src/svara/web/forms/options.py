"""What there is to choose from in the forms: people, targets, keys, and the words for the office file's own values."""

from __future__ import annotations

import zoneinfo
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from svara.people.countries import A_TONE_TELLS
from svara.people.office import ALL_BUT_PREMIUM
from svara.people.officefile.parking import places
from svara.people.roles import ROLES
from svara.web import words
from svara.web.forms.searched import Options

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Office:
    """What of an office can be chosen."""

    document: Document
    names: Mapping[str, str]

    def called(self, section: str) -> list[str]:
        return [each["name"] for each in self.document[section]]

    def persons(self) -> list[tuple[str, str]]:
        return [(f"person:{username}", name) for username, name in self.names.items()]

    def named(self, kind: str, called: Iterable[str]) -> list[tuple[str, str]]:
        return [(f"{kind}:{name}", capfirst(target(self.names, f"{kind}:{name}"))) for name in called]

    def listed(self, section: str, key: str = "name") -> list[tuple[str, str]]:
        return [(each[key], each[key]) for each in self.document[section]]


class _Choices(Mapping[str, Options]):
    """Each list is made when a field asks for it, once: a form asks for few, and there may be a thousand people."""

    def __init__(self, office: _Office) -> None:
        self._office = office
        self._made: dict[str, Options] = {}

    def __getitem__(self, key: str) -> Options:
        if key not in self._made:
            self._made[key] = _LISTS[key](self._office)
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_LISTS)

    def __len__(self) -> int:
        return len(_LISTS)


def options(document: Document) -> Mapping[str, Options]:
    """All of them, by the names that the fields use."""
    return _Choices(_Office(document, apart(names(document))))


def apart(called: Mapping[str, str]) -> Mapping[str, str]:
    """Two of one name are told from each other."""
    often = Counter(called.values())
    return {username: f"{name} ({username})" if often[name] > 1 else name for username, name in called.items()}


@cache
def _timezones() -> list[tuple[str, str]]:
    return [(zone, zone) for zone in sorted(zoneinfo.available_timezones())]


def _elsewhere() -> tuple[str, list[tuple[str, str]]]:
    return (_("Elsewhere"), [("number", _("This number:"))])


def _targets(office: _Office) -> Options:
    return [
        ("", [("", "–"), ("hangup", _("Hang up"))]),
        (_("People"), office.persons()),
        (_("Queues"), office.named("queue", office.called("queues"))),
        (_("Menus"), office.named("menu", office.called("menus"))),
        (_("Conferences"), office.named("conference", office.called("conferences"))),
        (_("Voicemail"), office.named("voicemail", [*office.names, *office.called("queues")])),
        _elsewhere(),
    ]


def _key_targets(office: _Office) -> Options:
    own = office.document.get("tenant", {}).get("codes", {})
    codes = words.feature_codes(agent=True, admin=False, own=own)
    return [
        ("", [("line", target(office.names, "line"))]),
        (_("People"), office.persons()),
        (_("Queues"), office.named("queue", office.called("queues"))),
        (_("Conferences"), office.named("conference", office.called("conferences"))),
        (_("Parking places"), [(f"park:{place}", place) for place in places(office.document.get("parking"))]),
        _elsewhere(),
        (_("Codes"), [(f"dial:{code}", f"{code} · {does}") for code, does, _behind in codes]),
    ]


_LISTS: Final[Mapping[str, Callable[[_Office], Options]]] = {
    "targets": _targets,
    "ringable": lambda office: [("", [("", "–")]), (_("People"), office.persons()), _elsewhere()],
    "key_targets": _key_targets,
    "people": lambda office: [("", [("", "–"), *office.names.items()])],
    "sounds": lambda office: [("", office.listed("sounds"))],
    "sound_choices": lambda office: [("", [("", _("The music that Svara brings")), *office.listed("sounds")])],
    "numbers": lambda office: [("", [("", "–"), *office.listed("numbers", "number")])],
    "trunks": lambda office: [("", [("", "–"), *office.listed("trunks")])],
    "hours": lambda office: [("", [("", _("Always open")), *office.listed("hours")])],
    "keys": lambda _office: [("", [("", "–"), *((key, key) for key in "1234567890*#")])],
    "languages": lambda _office: [("", [(code, name) for code, name in settings.LANGUAGES])],
    "roles": lambda _office: [("", [(role, words.ROLES[role]) for role in ROLES if role != "member"])],
    "classes": lambda _office: [("", [(each, number_class(each)) for each in (*ALL_BUT_PREMIUM, "premium")])],
    "strategies": lambda _office: [("", strategies())],
    "supervision": lambda office: [("", supervision(office.document.get("tenant", {}).get("country", "")))],
    "formats": lambda _office: [
        ("", [("e164", "+4721000000"), ("plain", "4721000000"), ("national", "21000000"), ("00", "004721000000")])
    ],
    "timezones": lambda _office: [("", _timezones())],
    "recording_rules": lambda _office: [
        ("", [("announce", _("callers hear that it is recorded")), ("consent", _("callers agree by a key"))])
    ],
    "hold_music": lambda _office: [("", [("music", _("music")), ("silence", _("nothing"))])],
    "media": lambda _office: [
        ("", [("relay", _("goes through this server")), ("direct", _("goes from phone to phone, in one network"))])
    ],
    "presence_to": lambda _office: [
        (
            "",
            [
                ("everybody", _("Everybody in the company")),
                ("colleagues", _("Colleagues of the same queue or pick-up group")),
                ("nobody", _("Nobody")),
            ],
        )
    ],
    "second_factor": lambda _office: [
        (
            "",
            [
                ("nobody", _("Nobody")),
                ("administrators", _("Administrators")),
                ("everybody", _("Everybody in the company")),
            ],
        )
    ],
    "call_waiting": lambda _office: [
        (
            "",
            [
                ("ring", _("all my phones ring for another call")),
                ("free", _("only my other phones ring")),
                ("busy", _("callers hear that I am busy")),
            ],
        )
    ],
    "identities": lambda _office: [("", [("p-asserted-identity", "P-Asserted-Identity"), ("from", "From")])],
}


def number_class(key: str) -> str:
    """A class of numbers in words."""
    known = {
        "internal": _("Colleagues"),
        "national": _("National numbers"),
        "mobile": _("Mobile numbers"),
        "international": _("International numbers"),
        "premium": _("Premium numbers"),
    }
    return known.get(key, key)


def supervision(country: str) -> list[tuple[str, str]]:
    """How the two who talk are told of a supervisor, in words; a tone is enough in few countries."""
    tone = [("tone", _("Allowed, both hear a tone"))] if country in A_TONE_TELLS else []
    return [("off", _("Not allowed")), ("announced", _("Allowed, both are told in words")), *tone]


def strategies() -> list[tuple[str, str]]:
    """Who is rung first, in words."""
    return [
        ("longest-idle", _("Who has been idle longest")),
        ("ring-all", _("Everybody at once")),
        ("round-robin", _("One after the other")),
        ("fewest-calls", _("Who has had the fewest calls")),
        ("in-order", _("Always in the same order")),
    ]


def names(document: Document) -> dict[str, str]:
    """What people are called, by user name."""
    return {person["username"]: person["name"] for person in document["people"]}


def target(names: Mapping[str, str], text: str) -> str:
    """Where a call goes, in words; `names` of people."""
    kind, _colon, name = text.partition(":")
    match kind:
        case "person":
            return str(names.get(name, name))
        case "queue":
            return _("the queue %(name)s") % {"name": name}
        case "menu":
            return _("the menu %(name)s") % {"name": name}
        case "conference":
            return _("the conference %(name)s") % {"name": name}
        case "voicemail":
            return _("the voicemail of %(name)s") % {"name": names.get(name, name)}
        case "hangup":
            return pgettext("target", "hung up")
        case "line":
            return _("a line of one’s own")
        case _:
            return name or text
