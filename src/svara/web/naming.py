"""Names from one's own contacts, for the pages of one person: whoever is outside is shown as that person calls them.

Nothing on a call's way asks for this, and nobody else sees it: call control, records and colleagues know what signalling
showed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import msgspec

from svara.calls.commands import LiveCall
from svara.calls.events import Party
from svara.contacts.access import access_contacts, access_names
from svara.history.missed import Missed
from svara.history.shown import CallItem, PartyView
from svara.people.models import Account
from svara.voicemail.access import MessageView
from svara.web.pages.viewing import CallLine, RunningCall, call_line, running_calls
from svara.web.words import NUMBER_KINDS


def lines(viewer: Account, items: Iterable[CallItem]) -> list[CallLine]:
    """Recorded calls, as `viewer` sees them."""
    listed = list(items)
    names = access_names(viewer, _outside(side for item in listed for side in (item.caller, item.callee)))
    found = []
    for item in listed:
        one = call_line(viewer, replace(item, caller=_named(item.caller, names), callee=_named(item.callee, names)))
        new = bool(one.calls) and one.other.person is None and one.other.number not in names
        found.append(replace(one, new=new and one.kind != "between" and viewer.visit is None))
    return found


def messages(viewer: Account, items: Sequence[MessageView]) -> list[MessageView]:
    """Voice messages."""
    names = access_names(viewer, _outside(item.caller for item in items))
    return [replace(item, caller=_named(item.caller, names)) for item in items]


def missed(viewer: Account, items: Sequence[Missed]) -> list[Missed]:
    """Callers whom the queues missed."""
    names = access_names(viewer, (item.number for item in items))
    return [replace(item, name=names.get(item.number) or item.name) for item in items]


def running(viewer: Account) -> list[RunningCall]:
    """Calls that go on now."""
    items = running_calls(viewer)
    sides = (side for item in items for side in (item.call.caller, item.call.callee))
    names = access_names(viewer, (side.number for side in sides if not side.person))

    def named(side: Party) -> Party:
        known = "" if side.person else names.get(side.number, "")
        return msgspec.structs.replace(side, name=known) if known else side

    def shown(call: LiveCall) -> LiveCall:
        return msgspec.structs.replace(call, caller=named(call.caller), callee=named(call.callee))

    return [replace(item, call=shown(item.call)) for item in items]


@dataclass(frozen=True, slots=True)
class Way:
    """A number of one of one's own contacts."""

    contact: str
    """The contact's id."""
    name: str
    number: str
    kind: str
    """In the reader's language."""


def numbers_of(viewer: Account, search: str, most: int) -> list[Way]:
    """The numbers by which those of one's own contacts can be called that fit to `search`; none for the provider's staff."""
    if viewer.visit is not None:
        return []
    ways = (
        Way(each.id, each.title, number.number, str(NUMBER_KINDS[number.kind]))
        for each in access_contacts(viewer, search, limit=most).items
        for number in each.card.numbers
        if number.kind != "fax"
    )
    return list(islice(ways, most))


def _outside(sides: Iterable[PartyView]) -> Iterable[str]:
    return (side.number for side in sides if side.person is None)


def _named(side: PartyView, names: dict[str, str]) -> PartyView:
    known = names.get(side.number) if side.person is None else None
    return replace(side, name=known) if known else side
