"""What the command palette finds: whom to call, where to go, what to do. Bounded, and inside the reader's own company.

People are found as in the directory, with the presence that the reader may see; contacts are the reader's own; queues and
conferences are those of the company; pages are those that the reader is offered (`svara.web.places`). What looks like a
number can be called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from svara.history.access import access_calls
from svara.people import access
from svara.people.models import Account, Conference, Queue
from svara.web.naming import numbers_of
from svara.web.pages.viewing import Colleague, call_line, colleagues
from svara.web.places import Place, places_for
from svara.web.words import AVAILABILITY

MAX_QUERY_LENGTH = 100
MAX_PEOPLE, MAX_OTHERS, MAX_PLACES, MAX_RECENT = 8, 5, 8, 5
RECENT_CALLS = 30
"""Of so many newest calls those colleagues are offered whom one talked to last."""
CHOICES = ("available", "away", "dnd")
"""The presences that one chooses oneself."""

_NUMBER = re.compile(r"[+*#0-9][-+*#0-9 ()./]{0,30}")
_LEAST_DIGITS = 1
_SEPARATORS = str.maketrans("", "", " ()./-")


@dataclass(frozen=True, slots=True)
class Option:
    """One line: `value` is what to dial ("call"), an address ("go") or a presence ("be"); `note` stands behind the title.

    `person` is set for colleagues: their id, so that news of their presence reach the line.
    """

    does: Literal["call", "go", "be"]
    value: str
    title: str
    note: str = ""
    icon: str = "phone"
    person: Colleague | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of one kind."""

    title: str
    options: tuple[Option, ...]


def find(actor: Account, query: str) -> list[Section]:
    """What fits to `query`, the likeliest first; without one, whom one talked to last and the everyday pages."""
    asked = query[:MAX_QUERY_LENGTH].replace("\0", "").strip()
    if not asked:
        found = [(_("Again"), _recent(actor)), (_("Pages"), _pages(places_for(actor)[:MAX_PLACES]))]
    else:
        words = access.folded(asked).split()
        people = _people(actor, asked)
        rooms = [*_contacts(actor, asked), *_queues(actor, words, asked), *_conferences(actor, words, asked)]
        known = {option.value for option in (*people, *rooms) if option.does == "call"}
        found = [
            (pgettext("palette", "Call"), [*people, *rooms, *_number(asked, known)]),
            (_("What others see of me"), _presences(words)),
            (_("Pages"), _pages(_fitting(places_for(actor), words))),
        ]
    return [Section(title, tuple(options)) for title, options in found if options]


def number_in(text: str) -> str:
    """`text` as it is dialled, when it looks like a number or code; else "". Pure."""
    if not _NUMBER.fullmatch(text):
        return ""
    number = text.translate(_SEPARATORS)
    return number if sum(sign.isdigit() for sign in number) >= _LEAST_DIGITS else ""


def _people(actor: Account, asked: str) -> list[Option]:
    found = [person for person in access.directory(actor, asked) if person.pk != actor.pk]
    begin = access.folded(asked)

    def rank(person: Account) -> tuple[bool, bool, str]:
        return (person.extension != asked, not access.folded(person.name).startswith(begin), access.folded(person.name))

    return [_person(each) for each in colleagues(actor, sorted(found, key=rank)[:MAX_PEOPLE])]


def _person(colleague: Colleague) -> Option:
    return Option("call", colleague.dial, colleague.account.name, colleague.account.extension or "", person=colleague)


def _recent(actor: Account) -> list[Option]:
    lines = [call_line(actor, item) for item in access_calls(actor, person=actor.username, limit=RECENT_CALLS).items]
    ids = dict.fromkeys(line.other.person for line in lines if line.other.person and line.other.person != actor.pk)
    known = access.people_by_id(actor, ids)
    return [_person(each) for each in colleagues(actor, [known[one] for one in ids if one in known][:MAX_RECENT])]


def _number(asked: str, known: set[str]) -> list[Option]:
    number = number_in(asked)
    return [Option("call", number, _("Call %(number)s") % {"number": asked})] if number and number not in known else []


def _contacts(actor: Account, asked: str) -> list[Option]:
    """One's own, a line for each number."""
    found = numbers_of(actor, asked, MAX_OTHERS)
    return [Option("call", way.number, way.name, f"{way.kind} · {way.number}", "contact-round") for way in found]


def _queues(actor: Account, words: list[str], asked: str) -> list[Option]:
    rows = Queue.of(actor).filter(extension__gt="").order_by("name").values_list("name", "extension")
    return _rooms(rows, words, asked, _("Queue"), "headset")


def _conferences(actor: Account, words: list[str], asked: str) -> list[Option]:
    rows = Conference.of(actor).filter(extension__gt="").order_by("name").values_list("name", "extension")
    return _rooms(rows, words, asked, _("Conference"), "messages-square")


def _rooms(rows: Iterable[tuple[str, str]], words: list[str], asked: str, kind: str, icon: str) -> list[Option]:
    found = [
        Option("call", extension, name, f"{kind} · {extension}", icon)
        for name, extension in rows
        if extension.startswith(asked) or _has(words, f"{kind} {name}")
    ]
    return found[:MAX_OTHERS]


def _presences(words: list[str]) -> list[Option]:
    kind = _("What others see of me")
    return [
        Option("be", choice, str(AVAILABILITY[choice]), icon="user-round")
        for choice in CHOICES
        if _has(words, f"{AVAILABILITY[choice]} {kind}")
    ]


def _fitting(places: list[Place], words: list[str]) -> list[Place]:
    """Those whose title fits before those of which only the purpose does."""
    by_title = [place for place in places if _has(words, str(place.title))]
    return [*by_title, *(place for place in places if place not in by_title and _has(words, f"{place.title} {place.about}"))]


def _pages(places: Iterable[Place]) -> list[Option]:
    seen: dict[str, Option] = {}
    for place in places:
        seen.setdefault(place.url, Option("go", place.url, str(place.title), str(place.about), place.icon))
    return list(seen.values())[:MAX_PLACES]


def _has(words: list[str], text: str) -> bool:
    folded = access.folded(text)
    return all(word in folded for word in words)
