"""Sending the other side of a talk to a target of the office, with the rights of who sends it.

Guarantees: what is dialled for somebody is what the one who transfers could have dialled, by the same rules against fraud;
where the call goes inside the house, it goes as that of who is sent on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from svara.calls.events import Party
from svara.calls.leg import Leg
from svara.calls.moves.move import Move
from svara.calls.moves.out import hold_out
from svara.calls.moves.parting import OVER
from svara.calls.routing.dialling import dialling
from svara.calls.routing.route import DECLINED, MAX_DIALLED, UNKNOWN, Asked, Refusal
from svara.calls.routing.targets import Next, Orbit, Use
from svara.calls.stops.park import TAKEN
from svara.people.office import Target

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.guest import Guest
    from svara.calls.switch import Switch

MAX_MOVES = 50
"""So many times one call is sent on."""


class Sent(msgspec.Struct, frozen=True, gc=False):
    """Where a call may be sent. `found` is what the target means, where that is known already; else it is decided for who
    is sent on."""

    target: Target
    callee: Party
    found: Next | None = None
    comes_back: bool = False


def may_go(switch: Switch, tenant: str, by: Party, dialled: str) -> Sent | Refusal:
    """Where `by` can send somebody by dialling this, or why not."""
    text = dialled.strip()
    if not text or len(text) > MAX_DIALLED or not by.person:
        return UNKNOWN
    meant = dialling(switch.office, Asked(tenant, by.person, by.login or "", text), switch.moment())
    if isinstance(meant.found, Refusal):
        return meant.found
    if isinstance(meant.found, Use):
        return _to_a_free_place(switch, tenant) if meant.found.feature.name == "park" else DECLINED
    if isinstance(meant.found, Orbit) and switch.lot.taken(tenant, meant.found.extension):
        return TAKEN
    outward = meant.direction == "outbound"
    to_somebody = outward or meant.target.startswith("person:")
    return Sent(meant.target, meant.callee, meant.found if outward else None, comes_back=to_somebody)


def _to_a_free_place(switch: Switch, tenant_id: str) -> Sent | Refusal:
    """The code for parking; other codes are nobody to talk to. Who comes there later than somebody else gets another place
    (`park.at_place`)."""
    tenant = switch.office.by_tenant_id.get(tenant_id)
    place = switch.lot.free(tenant) if tenant is not None else ""
    return Sent(f"park:{place}", Party(number=place)) if place else TAKEN


def send_on(call: Call, leg: Leg, sent: Sent, move: Move, first: Callable[[], object] | None = None) -> None:
    """The other side of `leg` goes where `sent` says, after `first`; when that cannot be, the talk goes on as it was."""
    stays = call.other(leg)

    def failed(refusal: Refusal) -> None:
        call.move = None
        if move.told is not None:
            move.told.tell(refusal.status)

    def then(_guest: Guest) -> None:
        journey = call.journey
        if journey is not None:
            if first is not None:
                first()
            call.callee, call.goes_out = sent.callee, sent.found is not None
            journey.way = ()
            journey.passed = referred_by(leg)
            journey.go(sent.target, "transferred", found=sent.found)

    if stays is None:
        failed(OVER)
        return
    call.move = move  # one at a time, from here on
    hold_out(call, stays, then, failed, move)


def referred_by(leg: Leg) -> list[tuple[str, str]]:
    """Who sends the call, for the phones that ring (RFC 3892): as we know it, not as the phone says."""
    host = leg.flow.local[0] if leg.flow is not None else ""
    number = leg.party.number
    plain = number.isascii() and number.isalnum()
    return [("Referred-By", f"<sip:{number}@{host}>")] if host and plain else []
