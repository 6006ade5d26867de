"""An INVITE with Replaces (RFC 3891): a person takes a call to another phone of their own.

So a page that is loaded again goes on with its calls, whether it talks, waits in a queue, or is with us otherwise: in a
menu, a mailbox, a conference. Whose call it is, is decided by who authenticated: nobody replaces anybody else, and of
another company's calls nobody learns whether they are there. The new phone is a call of its own for a moment, until its
sound is there. Who is our guest keeps the place: the queue, the menu, the conference notice nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls import resound
from svara.calls.events import AnyEvent, LegAnswered, LegEnded, LegOffered, Party
from svara.calls.leg import Leg, is_callers, next_callers
from svara.calls.moves.adopt import adopt, take_out
from svara.calls.moves.attended import leg_of
from svara.calls.moves.move import Move
from svara.calls.moves.parting import AGAIN_SECONDS, MAX_TRIES, OVER
from svara.calls.moves.sending import MAX_MOVES
from svara.calls.routing.route import Refusal
from svara.calls.silence import watch_guest
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
    if leg is None or leg is leg.call.leaving or not (leg.call.state == "talking" or _visits(leg)):
        return 481
    if leg.party.person != person.id:
        return 403
    if replaces.early_only:
        return 486
    call = leg.call
    return 491 if call.move is not None or call.moves >= MAX_MOVES else leg


def _visits(leg: Leg) -> bool:
    """Whether who speaks there is our guest, and no phone that is just taking over another call."""
    guest = leg.call.guest
    stands = guest is not None and guest.connected and not guest.closed and guest.leg is leg
    return stands and leg.call.state == "setup" and not isinstance(leg.call.setup, TakeOver)


class TakeOver(Served):
    """A person's other phone, which takes the place of `leg`."""

    def __init__(self, journey: Journey, leg: Leg) -> None:
        super().__init__(journey)
        self._leg = leg

    @property
    def passing(self) -> bool:
        """The phone took over the call; where that failed, the record says so."""
        return self.guest is not None and self.guest.given

    def serve(self, guest: Guest) -> None:
        """The phone is there: it gets the talk."""
        leg, new = self._leg, guest.leg
        talk = leg.call
        if _visits(leg):
            self._when_confirmed(MAX_TRIES)
            return
        stays = talk.other(leg)
        if stays is None or leg.down:
            self._failed(OVER)
            return
        by = Party(leg.party.number, leg.party.name, leg.party.person, new.party.login)
        person = self.journey.tenant.by_id.get(by.person or "") if self.journey.tenant is not None else None
        move = Move(talk, by, f"person:{person.username}" if person is not None else "", "pick-up")
        new.takes_place_of(leg)
        adopt(talk, new, WHY, move, self._failed, stays=stays)

    def _when_confirmed(self, tries: int) -> None:
        """The new phone's ACK has to come before it can be asked for anything."""
        leg, guest = self._leg, self.guest
        if guest is None or guest.closed:
            return
        if not _visits(leg) or leg.call.move is not None or not tries:
            self._failed(OVER)
        elif guest.leg.incoming is not None or leg.incoming is not None:
            self.call.switch.clock.call_later(AGAIN_SECONDS, self.call.guarded, self._when_confirmed, tries - 1)
        else:
            leg.call.guarded(_hand_on, leg, guest.leg)

    def _failed(self, why: Refusal) -> None:
        if self.call.setup is self:
            self.stop("system", why, [])


def _hand_on(old: Leg, new: Leg) -> None:
    """The guest goes on at `new`, in the place of `old`; the sound is led there by one question to the new phone."""
    call, guest = old.call, old.call.guest
    assert guest is not None  # noqa: S101 - see `_visits`
    take_out(new.call, new, WHY)
    new.call, new.side, new.focus = call, old.side, old.focus
    happened = _named(old, new)
    new.takes_place_of(old)
    call.front = guest.leg = new
    new.refreshed()
    call.switch.handed_on(call, new.party)
    guest.asking = False
    call.save(*happened)
    old.hang_up([("Reason", 'SIP;cause=200;text="Call completed elsewhere"')])
    watch_guest(call)
    resound.lead(guest)


def _named(old: Leg, new: Leg) -> tuple[AnyEvent, ...]:
    """Give the new phone its id in the call; what the record tells of it, as of all phones but the one that called."""
    call, now = old.call, old.switch.clock.now()
    if is_callers(old.id):
        new.id = next_callers(old.id)
        return ()
    call.legs_rung += 1
    new.id = f"b{call.legs_before + call.legs_rung}"
    return (
        LegEnded(call.id, now, leg=old.id, status=200, reason=WHY),
        LegOffered(call.id, now, leg=new.id, to=new.party),
        LegAnswered(call.id, now, leg=new.id, to=new.party),
    )
