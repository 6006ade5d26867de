"""What is asked over the bus instead of on a phone: hold, resume, transfer.

Whether somebody may ask that, the asker's page or API knows; what they may dial is decided here, as for their phone. Hold by
request stops the other side's sound, and leaves the own phone as it is: nothing is heard there until the call is taken back.
A phone of which a restarted server knows nothing is asked first for its session, which nobody notices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.commands import Answer, Done, HoldCall, Refused, TransferCall
from svara.calls.exchange import Asked, Exchange, Told
from svara.calls.leg import Leg
from svara.calls.moves.adopt import Standing
from svara.calls.moves.move import Move
from svara.calls.moves.parting import settled
from svara.calls.moves.sending import MAX_MOVES, Sent, may_go, send_on
from svara.calls.routing.route import UNKNOWN, Caller, Refusal, party
from svara.calls.routing.targets import resolve
from svara.calls.talks.seat import session, told
from svara.sip.message import SipError
from svara.sip.sdp import parse_sdp

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.switch import Switch
    from svara.people.office import Person
    from svara.sip.sdp import Direction

TARGETS = ("person", "queue", "menu", "voicemail", "conference")
"""Targets that can be written out, as in the office file, beside what can be dialled."""


def asked(switch: Switch, request: HoldCall | TransferCall) -> Answer:
    """Do it, or say why not."""
    call = switch.calls.get(request.call)
    tenant = switch.office.by_tenant_id.get(request.tenant)
    person = tenant.by_id.get(request.by) if tenant is not None else None
    if call is None or call.tenant != request.tenant or person is None:
        return Refused("not-found", "there is no such call")
    leg = own_side(call, person)
    if call.state != "talking" or leg is None:
        return Refused("not-talking", "nobody talks in that call")
    if call.move is not None or not settled(call):
        return Refused("busy", "the call is just being changed")
    if isinstance(request, HoldCall):
        return hold(call, leg, on=request.on)
    return transfer(call, leg, person, request.to.strip())


def own_side(call: Call, person: Person) -> Leg | None:
    """The person's own phone in the talk; for who looks after it, the colleague's."""
    legs = [leg for leg in (call.back, call.front) if leg is not None]
    own = next((leg for leg in legs if leg.party.person == person.id), None)
    return own or next((leg for leg in legs if leg.party.person), None)


# --- transfer


def transfer(call: Call, leg: Leg, person: Person, to: str) -> Answer:
    """The other side of `leg` goes where `person` could dial, or to a target of the office."""
    switch = call.switch
    if switch.voice is None or not switch.voice.up:
        return Refused("unavailable", "no sound is available")
    if call.moves >= MAX_MOVES:
        return Refused("too-often", "that call was sent on too often")
    sent = _target(call, person, to)
    if isinstance(sent, Refusal):
        return Refused("not-found" if sent is UNKNOWN else "invalid", sent.reason)
    move = Move(call, party(person), sent.target, "blind", comes_back=sent.comes_back)
    call.guarded(send_on, call, leg, sent, move)
    return Done()


def _target(call: Call, person: Person, to: str) -> Sent | Refusal:
    kind, colon, _name = to.partition(":")
    if not (colon and kind in TARGETS):
        return may_go(call.switch, call.tenant, party(person), to)
    found = resolve(call.switch.office, call.tenant, to, Caller(person.id), call.switch.moment())
    if "internal" not in person.classes or isinstance(found, Refusal):
        return UNKNOWN
    return Sent(to, call.callee, comes_back=kind == "person")


# --- hold


def hold(call: Call, leg: Leg, *, on: bool) -> Answer:
    """The other side of `leg` is put on hold, or taken back."""
    other, holds = call.other(leg), leg.side in call.held_by
    if other is None or on == holds:
        return Done()
    if not on and call.held_for != leg.side:
        return Refused("on-phone", "the phone itself has the call on hold")
    if call.room is not None:
        return Refused("busy", "the call is just being changed")
    if session(leg):
        _change(call, leg, other, on=on)
    else:  # after a restart
        Exchange(call, Asked(leg), Told(other), done=lambda: _known(call, leg, on=on)).start()
    return Done()


def _known(call: Call, leg: Leg, *, on: bool) -> None:
    """The phones have said anew how they hear each other."""
    other = call.other(leg)
    if other is not None and session(leg) and settled(call) and on != (leg.side in call.held_by):
        _change(call, leg, other, on=on)


def _change(call: Call, leg: Leg, other: Leg, *, on: bool) -> None:
    offer = _directed(session(leg), "sendonly" if on else "sendrecv")
    call.held_for = leg.side if on else None
    if offer:
        Exchange(call, Standing(leg, offer, told(leg)), Told(other), lambda _status: _not_held(call)).start()


def _not_held(call: Call) -> None:
    call.held_for = None


def _directed(description: bytes, direction: Direction) -> bytes:
    try:
        return parse_sdp(description).with_direction(direction).to_bytes() if description else b""
    except SipError:
        return b""
