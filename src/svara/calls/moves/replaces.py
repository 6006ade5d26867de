"""An INVITE with Replaces (RFC 3891) for a talk: a person takes it to another phone of their own.

Whose talk it is, is decided by who authenticated: nobody replaces anybody else, and of another company's calls nobody learns
whether they are there. The new phone is a call of its own for a moment, until its sound is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.events import Party
from svara.calls.leg import Leg
from svara.calls.moves.adopt import adopt
from svara.calls.moves.attended import leg_of
from svara.calls.moves.move import Move
from svara.calls.moves.parting import OVER
from svara.calls.moves.sending import MAX_MOVES
from svara.calls.routing.route import Refusal
from svara.calls.stops.served import Served
from svara.sip.refer import checked_replaces

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.switch import Switch
    from svara.people.office import Person, Tenant
    from svara.sip.message import Request

WHY = "moved to another phone"


def wanted(switch: Switch, tenant: Tenant, person: Person, request: Request) -> Leg | int | None:
    """The leg that the INVITE takes the place of; the status that refuses it; None where it replaces nothing.

    Raises SipError(400) for a malformed header (section 3: exactly one, which the parser of messages sees to).
    """
    value = request.first("replaces")
    if value is None:
        return None
    replaces = checked_replaces(value)
    leg = leg_of(switch, tenant.id, replaces)
    if leg is None or leg.call.state != "talking" or leg is leg.call.leaving:
        return 481
    if leg.party.person != person.id:
        return 403
    if replaces.early_only:
        return 486
    call = leg.call
    return 491 if call.move is not None or call.moves >= MAX_MOVES else leg


class TakeOver(Served):
    """A person's other phone, which takes the place of `leg`."""

    def __init__(self, journey: Journey, leg: Leg) -> None:
        super().__init__(journey)
        self._leg = leg

    def serve(self, guest: Guest) -> None:
        """The phone is there: it gets the talk."""
        leg, new = self._leg, guest.leg
        talk = leg.call
        stays = talk.other(leg)
        if stays is None or leg.down:
            self._failed(OVER)
            return
        by = Party(leg.party.number, leg.party.name, leg.party.person, new.party.login)
        person = self.journey.tenant.by_id.get(by.person or "") if self.journey.tenant is not None else None
        move = Move(talk, by, f"person:{person.username}" if person is not None else "", "pick-up")
        adopt(talk, new, WHY, move, self._failed, stays=stays)

    def _failed(self, why: Refusal) -> None:
        if self.call.setup is self:
            self.stop("system", why, [])
