"""Our INVITE to one phone, from sending it to its final answer (the UAC of RFC 3261 section 13.2).

Acknowledges what must be acknowledged whatever the call does meanwhile: a 2xx that crosses our CANCEL, or comes from a
second device behind a fork, gets its ACK and a BYE.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from svara import log
from svara.calls.leg import ALLOW, SDP, TIMER, sdp_of
from svara.calls.names import identity, wants_privacy
from svara.calls.ringing import resumed_phones
from svara.calls.routing.route import OFFLINE
from svara.calls.routing.verdict import meaning
from svara.sip.bindings import Binding
from svara.sip.dialog import Dialog
from svara.sip.message import Request, Response, SipError, request_of_lines
from svara.sip.provisional import Heard, ReliableReceiver
from svara.sip.session import ask_timer, wanted_min_seconds
from svara.sip.transaction import ClientTransaction
from svara.sip.transport import Flow, FlowError

if TYPE_CHECKING:
    from svara.calls.leg import Leg

ELSEWHERE = ("Reason", 'SIP;cause=200;text="Call completed elsewhere"')

STANDING = {
    "allow": f"Allow: {ALLOW}",
    "supported": "Supported: 100rel, timer",
} | {name.lower(): f"{name}: {value}" for name, value in ask_timer(TIMER) if name != "Supported"}

CSEQ_LEAP = 1000
"""Requests of ours that may have gone out in a dialog before the server was killed: the next one comes after all of them
(RFC 3261 section 12.2.1.1 wants growing numbers, not consecutive ones)."""

_logger = log.get("calls.invitation")


_MAY_BE_LARGE_BYTES = 600
"""With a smaller description no INVITE comes near the 1300 bytes that UDP is good for."""
_VIA_BYTES = 110


class Inviter(Protocol):
    """Who rings phones."""

    def leg_ringing(self, leg: Leg, sdp: bytes, status: int) -> None:
        """180 or 183, with early sound where there is a description."""
        ...

    def leg_answered(self, leg: Leg, sdp: bytes) -> None:
        """The phone picked up, and has its ACK unless it was to make the offer."""
        ...

    def leg_failed(self, leg: Leg, status: int) -> None:
        """The phone refused or could not be reached; its leg is closed."""
        ...


class Invitation:
    """One INVITE. With an empty description the phone makes the offer, and its inviter owes the ACK with the answer."""

    __slots__ = (
        "__weakref__",
        "_again",
        "_asked_longer",
        "_early",
        "_receiver",
        "binding",
        "client",
        "cseq",
        "delayed",
        "for_leg",
        "inviter",
        "leg",
        "lost",
        "open",
        "remote_tag",
        "request",
        "ringing",
        "said_no",
        "sdp",
    )

    def __init__(self, leg: Leg, inviter: Inviter) -> None:
        self.leg = leg
        self.inviter = inviter
        self.client: ClientTransaction | None = None
        self.request: Request | None = None
        self.cseq = 1
        self.delayed = False
        self.open = True
        """Nobody answered, refused or gave up yet."""
        self.binding: Binding | None = None
        """Where a phone of the house had registered."""
        self.for_leg = ""
        """The caller's leg for which it rings, as the relay knows it."""
        self.lost = False
        """The way to the phone went while it rang."""
        self.said_no = False
        """The phone was reached, and refused."""
        self.ringing = False
        self.remote_tag = ""
        """The tag of the phone that rings, once it told one."""
        self.sdp = b""
        """The phone's newest description."""
        self._asked_longer = False
        self._again = False
        """Another process had sent it, and was killed."""
        self._early: Dialog | None = None
        self._receiver: ReliableReceiver | None = None

    def send(
        self, binding: Binding, caller: tuple[str, str], called: str, passed: list[tuple[str, str]], sdp: bytes
    ) -> None:
        """Ring the phone: `caller` (name and number) calls the number `called`; headers in `passed` go along."""
        flow, target = self.leg.flow, binding.target
        if flow is None:
            self.fail(503)
            return
        request = self._request(flow, binding, (*caller, called), passed, sdp)
        if flow.transport != "UDP" or target is None or len(sdp) < _MAY_BE_LARGE_BYTES:
            self._send(request, flow)
            return

        def found(other: Flow | FlowError) -> None:
            if not self.open:
                return
            if isinstance(other, FlowError) or other.transport == "UDP":
                self._send(request, flow)
            else:  # a datagram of that size may get lost on its way: the phone listens on TCP too (RFC 3261 section 18.1.1)
                self.leg.use(other)
                self._send(self._request(other, binding, (*caller, called), passed, sdp), other)

        size = len(request.to_bytes()) + _VIA_BYTES
        self.leg.switch.transports.flow_for(target, lambda other: self.leg.call.guarded(found, other), size=size)

    def _request(
        self, flow: Flow, binding: Binding, who: tuple[str, str, str], passed: list[tuple[str, str]], sdp: bytes
    ) -> Request:
        """`who`: the caller's name and number, and the number that was called."""
        leg, switch = self.leg, self.leg.switch
        name, number, called = who
        host = flow.local[0]
        from_ = identity(name, number, host)
        lines = {
            "via": "",  # the transaction layer's
            "max-forwards": "Max-Forwards: 69",
            "from": f"From: {from_};tag={leg.tag}",
            "to": f"To: {identity('', called, host)}",
            "call-id": f"Call-ID: {switch.new_tag()}",
            "cseq": "CSeq: 1 INVITE",
            "contact": f"Contact: <{flow.contact_uri()}>",
            "p-asserted-identity": f"P-Asserted-Identity: {from_}",
        }
        lines |= STANDING
        if sdp:
            lines["content-type"] = f"Content-Type: {SDP}"
        request = request_of_lines("INVITE", binding.contact, lines, sdp)
        for path in binding.path:
            request.add("Route", path)
        for name, value in passed:
            request.add(name, value)
        return request

    def _send(self, request: Request, flow: Flow) -> None:
        self.request = request
        self.delayed = not request.body
        self.client = self.leg.switch.transactions.request(
            request, flow, on_response=self._response, on_failure=self._failed, before=self._keep
        )

    def _keep(self, data: bytes) -> None:
        """On the disk before the phone rings: a restarted server goes on with it, or cancels it."""
        leg = self.leg
        leg.switch.journal.invited(leg.call.id, leg.id, resumed_phones.encode(self, data))

    def go_on(self, before: resumed_phones.Left) -> None:
        """Go on with the INVITE of a process that was killed, on the leg's flow."""
        flow, request = self.leg.flow, before.request
        if flow is None:
            self.fail(503)
            return
        self._again = True
        self.cseq = request.cseq.number
        self.leg.told = request.body
        self._send_again(request, flow)

    def _send_again(self, request: Request, flow: Flow) -> None:
        self.request = request
        self.delayed = not request.body
        self.client = self.leg.switch.transactions.request_as(
            request, flow, request.via.branch or "", on_response=self._response, on_failure=self._failed
        )

    def _leap(self, dialog: Dialog) -> Dialog:
        """Requests of the process before may have gone out in it."""
        if self._again:
            dialog.local_cseq += CSEQ_LEAP
        return dialog

    def is_of(self, binding: Binding) -> bool:
        """Whether it went to the device that registered so."""
        own = self.binding
        return own is not None and (own.instance or own.contact) == (binding.instance or binding.contact)

    def is_at(self, registered: Iterable[Binding]) -> bool:
        """Whether the phone is where it was asked: it rings there, or the way there is still its own."""
        own = self.binding
        found = next((one for one in registered if own is not None and one.contact == own.contact), None)
        return own is not None and found is not None and (self.ringing or found.flow_id == own.flow_id)

    def cancel(self, *headers: tuple[str, str]) -> None:
        """Nobody needs this phone any more. Its leg ends here; what still comes is only acknowledged."""
        self.open = False
        if self.client is not None:
            self.client.cancel(headers)
            self.client = None
        self.leg.close()

    def fail(self, status: int) -> None:
        """The phone will not be part of the call (status 0: for a reason of our own)."""
        if self.open:
            self.open = False
            self.client = None
            self.leg.close()
            self.inviter.leg_failed(self.leg, status)

    # --- what the phone says

    def _failed(self, why: str) -> None:
        self.lost = self.ringing and why == "transport"
        self.leg.call.guarded(self.fail, 408 if why == "timeout" else 503)

    def _response(self, response: Response) -> None:
        try:
            if response.status < 200:
                self._provisional(response)
            elif response.status < 300:
                self._answered(response)
            elif response.status == 422 and self.open and not self._asked_longer:
                self._ask_longer(response)
            else:
                self.said_no = meaning(response.status) is not OFFLINE
                self.fail(response.status)
        except SipError:
            _logger.info("a phone sent a response that cannot be used", status=response.status)
            if response.status >= 200:
                self.fail(500)
        except Exception:
            _logger.exception("handling a phone's response failed", status=response.status)
            self.leg.call.crashed()

    def _ask_longer(self, response: Response) -> None:
        """The session interval was too small for the phone: once more, with its own (RFC 4028 section 7.3)."""
        leg = self.leg
        if self.request is None or leg.flow is None:
            return
        self._asked_longer = True
        self.cseq += 1
        request = self.request.copy()
        for name, value in ask_timer(TIMER, min_seconds=wanted_min_seconds(response)):
            if name != "Supported":
                request.set(name, value)
        request.set("CSeq", f"{self.cseq} INVITE")
        self._send(request, leg.flow)

    def _provisional(self, response: Response) -> None:
        if not self.open or response.status == 100:
            return
        if "100rel" in response.require and not self._confirmed(response):
            return
        sdp = sdp_of(response)
        if sdp:
            self.sdp = sdp
        self._looks_for_privacy(response)
        self.remote_tag = self.remote_tag or response.to.tag or ""
        self.inviter.leg_ringing(self.leg, sdp, response.status)

    def _looks_for_privacy(self, response: Response) -> None:
        if response.has("privacy") and wants_privacy(response):
            self.leg.call.nameless = True

    def _confirmed(self, response: Response) -> bool:
        """Confirm a reliable provisional response (RFC 3262 section 4); False for one that came before."""
        flow = self.leg.flow
        if response.to.tag is None or self.request is None or flow is None:
            return False
        if self._receiver is None:
            self._receiver = ReliableReceiver()
        heard, rack = self._receiver.hear(response)
        if heard is Heard.NEW:
            if self._early is None or self._early.remote_tag != response.to.tag:
                self._early = self._leap(Dialog.uac(self.request, response, flow.contact_uri(), flow.id))
            prack = self._early.new_request("PRACK", [("RAck", str(rack))])
            self.leg.switch.transactions.request(prack, flow, on_response=_ignore, on_failure=_ignore)
        return heard is not Heard.DROP

    def _answered(self, response: Response) -> None:
        leg = self.leg
        flow = leg.flow
        if self.request is None or flow is None:
            return
        dialog = self._leap(Dialog.uac(self.request, response, flow.contact_uri(), flow.id))
        if self._early is not None and self._early.remote_tag == dialog.remote_tag:
            dialog.local_cseq = self._early.local_cseq
        if not self.open:
            leave(leg, flow, dialog, self.cseq)
            return
        self.open = False
        self.client = None
        self._looks_for_privacy(response)
        leg.dialog = dialog
        leg.renumbered[1] = self.cseq
        leg.can_update = "UPDATE" in response.allow
        leg.refreshed(response)
        self.sdp = sdp_of(response) or self.sdp
        if not self.delayed:
            leg.acknowledge(self.cseq)
        self.inviter.leg_answered(leg, self.sdp)


def leave(leg: Leg, flow: Flow, dialog: Dialog, cseq: int) -> None:
    """A phone picked up although it was not wanted any more: end its dialog as RFC 3261 section 13.2.2.4 asks."""
    transactions = leg.switch.transactions
    transactions.send_ack(dialog.new_ack(cseq), flow)
    transactions.request(dialog.new_request("BYE", [ELSEWHERE]), flow, on_response=_ignore, on_failure=_ignore)


def _ignore(_: object) -> None:
    """Nothing depends on this answer."""
