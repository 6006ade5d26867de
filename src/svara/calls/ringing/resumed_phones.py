"""INVITEs of a process that was killed while phones rang.

Each INVITE is in the journal before it is sent. The next process takes it over where the call goes on to the same phone by a
way that outlived the process (UDP): the same INVITE goes out again. A phone takes it for a retransmission and answers with
what it said last (RFC 3261 section 17.2.1), so it rings on as if nothing had happened, and whoever picks up is in the call.

Every other one is cancelled (section 9.1) by its own Via: at once, or over the connection that the phone makes anew, since
TCP and WebSocket end with the process; a CANCEL is known by the branch, whichever way it comes. A second INVITE beside one
that still rings would be no way: phones with one line refuse it (486).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from svara import log
from svara.calls.events import LegEnded
from svara.sip.dialog import Dialog
from svara.sip.message import Request, Response, SipError, parse
from svara.sip.transaction.resumed import cancel_before
from svara.sip.transport import Flow

if TYPE_CHECKING:
    from svara.calls.ringing.invitation import Invitation
    from svara.calls.switch import Switch

RESTARTED = "server restarted"
FORGOTTEN_SECONDS = 120.0
"""A phone that did not come back by then has let go of the call long since."""
GONE = ("Reason", 'SIP;cause=487;text="Server restarted"')

_logger = log.get("calls.ringing.resumed_phones")


class SavedInvitation(msgspec.Struct, array_like=True, frozen=True):
    """One INVITE of ours, as the journal keeps it. New fields go to the end, with defaults."""

    login: str
    device: str
    """The instance of the phone, or its contact."""
    trunk: str
    number: str
    """What was dialled by the trunk."""
    tag: str
    flow_id: str
    request: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SavedInvitation).decode


def encode(invitation: Invitation, sent: bytes) -> bytes:
    """What a restarted server has to know of an INVITE that is `sent` now."""
    leg, binding = invitation.leg, invitation.binding
    device = "" if binding is None else binding.instance or binding.contact
    flow_id = leg.flow.id if leg.flow is not None else ""
    return _encode(SavedInvitation(leg.party.login or "", device, leg.trunk, leg.party.number, leg.tag, flow_id, sent))


class Left:
    """One of them."""

    def __init__(self, switch: Switch, leg: str, saved: SavedInvitation, request: Request) -> None:
        self.leg = leg
        self.tag = saved.tag
        self.login = saved.login
        self.device = saved.device
        self.trunk = saved.trunk
        self.number = saved.number
        self.request = request
        flow = switch.transports.flow_by_id(saved.flow_id)
        self.flow = None if flow is None or flow.closed or flow.reliable else flow
        """The way by which it went, where that is open still."""
        self._switch = switch

    def cancel(self, flow: Flow) -> None:
        """It is to ring no more."""
        self.flow = flow
        cancel_before(self._switch.transactions, self.request, flow, [GONE], self._answered)

    def _answered(self, response: Response) -> None:
        """Somebody picked up while the server was away, or in the moment of the CANCEL: nobody is there to talk to."""
        flow, transactions = self.flow, self._switch.transactions
        if 200 <= response.status < 300 and flow is not None:
            dialog = Dialog.uac(self.request, response, flow.contact_uri(), flow.id)
            transactions.send_ack(dialog.new_ack(self.request.cseq.number), flow)
            transactions.request(dialog.new_request("BYE", [GONE]), flow, on_response=_ignore, on_failure=_ignore)


class Leftovers:
    """All of them, by the call."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._left: dict[str, list[Left]] = {}
        self._away: list[Left] = []
        """To be cancelled when their phones are back."""

    def keep(self, call: str, invited: Mapping[str, bytes]) -> list[str]:
        """These rang when the process before was killed. Gives the legs that can be taken over."""
        found = []
        for leg, content in invited.items():
            try:
                saved = _decode(content)
                request = parse(saved.request)
                if isinstance(request, Request) and request.via.branch:
                    found.append(Left(self._switch, leg, saved, request))
            except (msgspec.DecodeError, SipError):
                _logger.error("an INVITE in the journal cannot be read; its phone may ring on", call=call)
        if found:
            self._left[call] = found
        return [one.leg for one in found if one.flow is not None]

    def phone(self, call: str, login: str, device: str) -> Left | None:
        """The call goes on to this phone, which rings already: take it over. None where it does not, or where the way to it
        is gone."""
        return self._take(call, lambda one: one.login == login and one.device == device)

    def line(self, call: str, trunk: str, number: str) -> Left | None:
        """The same, of a number outside."""
        return self._take(call, lambda one: one.trunk == trunk and one.number == number)

    def _take(self, call: str, is_meant: Callable[[Left], bool]) -> Left | None:
        left = self._left.get(call)
        if left is None:
            return None
        found = next((one for one in left if one.flow is not None and is_meant(one)), None)
        if found is not None:
            left.remove(found)
        return found

    def lost(self, call: str, login: str, device: str) -> bool:
        """Whether this phone rings for the call, and has to come back before it can be reached."""
        return any(one.flow is None and (one.login, one.device) == (login, device) for one in self._left.get(call, ()))

    def ended(self, call: str) -> list[LegEnded]:
        """The call goes on, or is over: what was not taken over rings no more. Gives, for the journal, the legs that could
        have been."""
        if call not in self._left:
            return []
        switch, now = self._switch, self._switch.clock.now()
        happened = []
        for one in self._left.pop(call):
            flow = one.flow
            if flow is not None:
                happened.append(LegEnded(call, now, leg=one.leg, status=500, reason=RESTARTED))
            else:
                flow = self._way(one)
            if flow is not None:
                one.cancel(flow)
            elif one.login:
                self._away.append(one)
                switch.clock.call_later(FORGOTTEN_SECONDS, self._forget, one)
        return happened

    def registered(self, login: str) -> None:
        """A phone registered: over the new connection the old INVITE is cancelled, before anything else rings it."""
        for waiting in (self._away, *self._left.values()):
            for one in [one for one in waiting if one.login == login and one.flow is None]:
                flow = self._way(one)
                if flow is not None:
                    waiting.remove(one)
                    one.cancel(flow)

    def _way(self, one: Left) -> Flow | None:
        """A way to the phone, or to the trunk, that was opened since."""
        if one.trunk:
            return self._switch.trunks.flow_of(one.trunk)
        for binding in self._switch.registrar.bindings(one.login):
            if (binding.instance or binding.contact) == one.device and binding.flow_id:
                flow = self._switch.transports.flow_by_id(binding.flow_id)
                if flow is not None and not flow.closed:
                    return flow
        return None

    def _forget(self, one: Left) -> None:
        if one in self._away:
            self._away.remove(one)


def _ignore(_: object) -> None:
    """Nobody waits for the answer to that BYE."""
