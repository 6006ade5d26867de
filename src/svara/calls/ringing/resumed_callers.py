"""Callers for whom phones rang when the process was killed, and whom nobody had answered.

Their INVITE is in the journal with the call. Where it came by UDP the next process is there in its place: the caller hears
the ringing go on, may give up, and gets the answer of whoever picks up. The call goes to the target where it was, anew:
phones that ring for it go on (`svara.calls.ringing.resumed_phones`), times begin again. Who called over a connection has
lost it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara import log
from svara.calls.incoming import Incoming
from svara.calls.journey import Journey
from svara.calls.leg import Leg
from svara.calls.names import hides_caller
from svara.calls.ringing.setup import Setup
from svara.calls.routing.dialling import dialling
from svara.calls.routing.route import Asked, Plan
from svara.calls.saved import SavedCall, SavedCaller
from svara.calls.stops import Still
from svara.sip.dialog import Dialog
from svara.sip.message import Request, SipError, parse
from svara.sip.transaction.resumed import received_before
from svara.sip.transport import Flow

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.switch import Switch

_logger = log.get("calls.ringing.resumed_callers")


def way(switch: Switch, state: SavedCall) -> Flow | None:
    """The way to a caller who waits, where it is open still."""
    flow = switch.transports.flow_by_id(state.front.flow_id)
    return None if flow is None or flow.closed or flow.reliable else flow


def caller(call: Call, state: SavedCall, waits: SavedCaller, flow: Flow) -> bool:
    """The caller's phone and its INVITE as they were; False where that cannot be."""
    switch, front = call.switch, state.front
    request = parse(waits.invite)
    if not isinstance(request, Request):
        return False
    try:
        leg = Leg(switch, call, front.id, "caller", party=front.party, tag=Dialog.decode(front.dialog).local_tag)
        leg.trunk = front.trunk
        leg.use(flow)
        flow.trusted = True
        transaction = received_before(switch.transactions, request, flow)
        leg.incoming = Incoming(leg, transaction, (waits.early, waits.counted))
        leg.timer_fits(transaction)
    except SipError:
        _logger.error("the INVITE of a caller in the journal cannot be read", call=call.id)
        return False
    call.front = leg
    call.setup = Still(call, leg.incoming)
    return True


def go_on(call: Call, waits: SavedCaller, why: str) -> None:
    """The call goes where it was going."""
    switch, front = call.switch, call.front
    assert front is not None  # noqa: S101 - see caller
    incoming = front.incoming
    assert incoming is not None  # noqa: S101
    if waits.target:
        call.journey = Journey(call, incoming, incoming.passed)
        call.journey.go(waits.target, why)
        return
    request = incoming.transaction.request
    asked = Asked(call.tenant, call.caller.person or "", call.caller.login or "", call.dialled)
    meant = dialling(switch.office, asked, switch.moment(anonymous=hides_caller(request)))
    if isinstance(meant.found, Plan):
        call.setup = Setup(call, incoming, meant.found, incoming.passed)
        call.setup.begin([])
    else:
        call.journey = Journey(call, incoming, incoming.passed)
        call.journey.go(meant.target, why, found=meant.found)
