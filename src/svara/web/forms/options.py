"""What there is to choose from in the forms: people, targets, keys, and the words for the office file's own values."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from svara.people.countries import A_TONE_TELLS
from svara.people.office import ALL_BUT_PREMIUM
from svara.people.officefile.parking import places
from svara.people.roles import ROLES
from svara.web import words
from svara.web.forms.fields import Options

Document = dict[str, Any]


def options(document: Document) -> Mapping[str, Options]:
    """All of them, by the names that the fields use."""
    people = [(person["username"], person["name"]) for person in document["people"]]
    names_of = names(document)
    sounds = [(sound["name"], sound["name"]) for sound in document["sounds"]]
    persons = [(f"person:{username}", name) for username, name in people]
    queues = [queue["name"] for queue in document["queues"]]

    def named(kind: str, called: Iterable[str]) -> list[tuple[str, str]]:
        return [(f"{kind}:{name}", capfirst(target(names_of, f"{kind}:{name}"))) for name in called]

    outside = (_("Elsewhere"), [("number", _("This number:"))])
    return {
        "targets": [
            ("", [("", "–"), ("hangup", _("Hang up"))]),
            (_("People"), persons),
            (_("Queues"), named("queue", queues)),
            (_("Menus"), named("menu", [menu["name"] for menu in document["menus"]])),
            (_("Conferences"), named("conference", [room["name"] for room in document["conferences"]])),
            (_("Voicemail"), named("voicemail", [*(username for username, _name in people), *queues])),
            outside,
        ],
        "ringable": [("", [("", "–")]), (_("People"), persons), outside],
        "key_targets": [
            ("", [("line", target(names_of, "line"))]),
            (_("People"), persons),
            (_("Queues"), named("queue", queues)),
            (_("Conferences"), named("conference", [room["name"] for room in document["conferences"]])),
            (_("Parking places"), [(f"park:{place}", place) for place in places(document.get("parking"))]),
            outside,
            (
                _("Codes"),
                [
                    (f"dial:{code}", f"{code} · {does}")
                    for code, does, _behind in words.feature_codes(
                        agent=True, admin=False, own=document.get("tenant", {}).get("codes", {})
                    )
                ],
            ),
        ],
        "people": [("", [("", "–"), *people])],
        "sounds": [("", sounds)],
        "sound_choices": [("", [("", _("The music that Svara brings")), *sounds])],
        "numbers": [("", [("", "–"), *((each["number"], each["number"]) for each in document["numbers"])])],
        "trunks": [("", [("", "–"), *((each["name"], each["name"]) for each in document["trunks"])])],
        "hours": [("", [("", _("Always open")), *((each["name"], each["name"]) for each in document["hours"])])],
        "keys": [("", [("", "–"), *((key, key) for key in "1234567890*#")])],
        "languages": [("", [(code, name) for code, name in settings.LANGUAGES])],
        "roles": [("", [(role, words.ROLES[role]) for role in ROLES if role != "member"])],
        "classes": [("", [(each, number_class(each)) for each in (*ALL_BUT_PREMIUM, "premium")])],
        "strategies": [("", strategies())],
        "supervision": [("", supervision(document.get("tenant", {}).get("country", "")))],
        "formats": [
            ("", [("e164", "+4721000000"), ("plain", "4721000000"), ("national", "21000000"), ("00", "004721000000")])
        ],
        "timezones": [("", [(zone, zone) for zone in sorted(zoneinfo.available_timezones())])],
        "recording_rules": [
            ("", [("announce", _("callers hear that it is recorded")), ("consent", _("callers agree by a key"))])
        ],
        "hold_music": [("", [("music", _("music")), ("silence", _("nothing"))])],
        "media": [
            ("", [("relay", _("goes through this server")), ("direct", _("goes from phone to phone, in one network"))])
        ],
        "presence_to": [
            (
                "",
                [
                    ("everybody", _("Everybody in the company")),
                    ("colleagues", _("Colleagues of the same queue or pick-up group")),
                    ("nobody", _("Nobody")),
                ],
            )
        ],
        "second_factor": [
            (
                "",
                [
                    ("nobody", _("Nobody")),
                    ("administrators", _("Administrators")),
                    ("everybody", _("Everybody in the company")),
                ],
            )
        ],
        "call_waiting": [
            (
                "",
                [
                    ("ring", _("all my phones ring for another call")),
                    ("free", _("only my other phones ring")),
                    ("busy", _("callers hear that I am busy")),
                ],
            )
        ],
        "identities": [("", [("p-asserted-identity", "P-Asserted-Identity"), ("from", "From")])],
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
