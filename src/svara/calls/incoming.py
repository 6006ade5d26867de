"""The caller's INVITE, from its arrival to our final answer and its ACK (the UAS of RFC 3261 section 13.3).

The caller sees one phone system: however many phones ring, there is one ringing. Only when another phone answers than the
one whose early sound the caller heard does the answer come in a dialog of its own, as if it had forked, because a
description once given in a dialog may not change in its final answer (section 13.2.1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from svara.calls.leg import ALLOW, SDP, sdp_of
from svara.calls.route import Refusal
from svara.calls.session_timer import headers_for_answer
from svara.sip.dialog import Dialog
from svara.sip.headers import parse_rack
from svara.sip.message import Request, Response, SipError, new_response
from svara.sip.timers import Ticket
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.leg import Leg

T1 = 0.5
LIFE = 64 * T1
UNCONFIRMED = Refusal(504, "failed", "the caller's phone did not confirm the ringing")


class Incoming:
    """The caller's INVITE; a `CallerSide` of a call's set-up."""

    __slots__ = ("_early_source", "_expected", "_rang", "_reliable", "leg", "offer", "transaction")

    def __init__(self, leg: Leg, transaction: ServerTransaction) -> None:
        """Raises SipError(400) when the INVITE cannot make a dialog."""
        request = transaction.request
        self.leg = leg
        self.transaction = transaction
        self.offer = sdp_of(request)
        """The caller's description; empty when the caller wants an offer from us."""
        self._early_source = ""
        self._rang = False
        self._reliable: _Reliable | None = None
        self._expected: Callable[[bytes], object] | None = None
        leg.dialog = self._dialog()
        leg.can_update = "UPDATE" in request.allow
        transaction.on_cancel = self._cancelled
        transaction.on_ack = self._acknowledged
        transaction.on_no_ack = self._unacknowledged

    def _dialog(self) -> Dialog:
        flow = self.transaction.flow
        return Dialog.uas(self.transaction.request, self.leg.tag, flow.contact_uri(), flow.id)

    # --- what becomes of it

    def ringing(self, source: str, sdp: bytes = b"", status: int = 180) -> None:
        """A phone (`source` is its leg) rings, with early sound where there is a description."""
        if sdp and not self._early_source:
            self._early_source = source
        elif self._rang:
            return
        request = self.transaction.request
        required = "100rel" in request.require
        if required and not self.offer:
            return  # a reliable response would have to carry an offer that nobody has made yet (RFC 3262 section 5)
        self._rang = True
        if required or (sdp and "100rel" in request.supported):
            if self._reliable is None:
                self._reliable = _Reliable(self)
            self._reliable.send(status, sdp)
        else:
            self.transaction.respond(self.response(status, sdp))

    def answer(self, source: str, sdp: bytes) -> None:
        """A phone picked up; `sdp` answers the caller's offer."""
        if self._reliable is not None and self._reliable.holds_back(source, sdp):
            return
        if self._early_source and source != self._early_source:
            self._fork()
        self._accept(sdp)

    def make_offer(self, sdp: bytes, answered: Callable[[bytes], object]) -> None:
        """A phone picked up and made the offer that the caller asked for; `answered` gets the caller's answer (or b"")."""
        self._expected = answered
        self._accept(sdp)

    def refuse(self, status: int, reason: str) -> None:  # noqa: ARG002 - the reason is for the record, not for the phone
        """No talk comes of it."""
        self._stop()
        self.transaction.respond(new_response(self.transaction.request, status, to_tag=self.leg.tag))
        self.leg.incoming = None
        self.leg.close()

    def hang_up(self, headers: tuple[tuple[str, str], ...]) -> None:
        """The talk ended before the caller's ACK came: hang up when it comes, or when it never did (section 15)."""
        leg = self.leg
        self._stop()
        if not self.transaction.done:  # the answer itself waits for a PRACK
            self.refuse(480, "")
            return

        def now(_ack: object = None) -> None:
            leg.incoming = None
            leg.bye(headers)

        self.transaction.on_ack = now
        self.transaction.on_no_ack = now

    def forget(self) -> None:
        """The caller hung up; no ACK matters any more."""
        self._stop()
        self.leg.incoming = None
        self.transaction.stop_retransmitting()
        self.transaction.on_ack = _nothing

    def prack(self, transaction: ServerTransaction) -> bool:
        """The caller confirms a reliable response (RFC 3262 section 3); False when it is none of ours."""
        return self._reliable is not None and self._reliable.confirmed(transaction)

    # --- how

    def response(self, status: int, sdp: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        """A response that makes or confirms the dialog."""
        return new_response(
            self.transaction.request,
            status,
            headers=[("Contact", f"<{self.transaction.flow.contact_uri()}>"), ("Allow", ALLOW), *headers],
            body=sdp,
            content_type=SDP if sdp else None,
            to_tag=self.leg.tag,
        )

    def _accept(self, sdp: bytes) -> None:
        self._stop()
        leg = self.leg
        leg.refreshed()
        self.transaction.respond(self.response(200, sdp, (("Supported", "100rel, timer"), *headers_for_answer(leg.agreed))))

    def _fork(self) -> None:
        leg = self.leg
        leg.switch.dialogs.pop(leg.tag, None)
        leg.tag = leg.switch.new_tag()
        leg.switch.dialogs[leg.tag] = leg
        leg.dialog = self._dialog()

    def _stop(self) -> None:
        if self._reliable is not None:
            self._reliable.stop()

    def _cancelled(self, _cancel: Request) -> None:
        self.leg.call.guarded(self.leg.call.caller_gave_up)

    def _acknowledged(self, ack: Request) -> None:
        self.leg.incoming = None
        expected, self._expected = self._expected, None
        if expected is not None:
            self.leg.call.guarded(expected, sdp_of(ack))

    def _unacknowledged(self) -> None:
        self.leg.incoming = None
        self.leg.call.guarded(self.leg.call.caller_unconfirmed)


class _Reliable:
    """Provisional responses that the caller confirms by PRACK, one after the other (RFC 3262 section 3)."""

    __slots__ = ("_elapsed", "_held", "_incoming", "_rseq", "_sent", "_ticket", "_waiting")

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._rseq = 0
        self._sent: Response | None = None
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._held: tuple[str, bytes] | None = None
        self._ticket: Ticket | None = None
        self._elapsed = 0.0

    def send(self, status: int, sdp: bytes) -> None:
        if self._sent is not None:
            self._waiting.append((status, sdp))
            return
        self._rseq += 1
        self._sent = self._incoming.response(status, sdp, (("Require", "100rel"), ("RSeq", str(self._rseq))))
        self._elapsed = 0.0
        self._again(T1)

    def _again(self, wait_seconds: float) -> None:
        if self._sent is None:
            return
        if self._elapsed >= LIFE:
            self._sent = None
            call = self._incoming.leg.call
            if call.setup is not None:
                call.setup.stop("system", UNCONFIRMED, [])
            return
        self._elapsed += wait_seconds
        self._incoming.transaction.respond(self._sent)
        timers = self._incoming.leg.switch.transactions.timers
        self._ticket = timers.after(wait_seconds, lambda: self._again(wait_seconds * 2))

    def holds_back(self, source: str, sdp: bytes) -> bool:
        """Whether the final answer has to wait, because a description is not confirmed yet."""
        if self._sent is None or not self._sent.body:
            return False
        self._held = (source, sdp)
        return True

    def confirmed(self, transaction: ServerTransaction) -> bool:
        request = transaction.request
        try:
            rack = parse_rack(request.first("rack") or "")
        except SipError:
            return False
        invite = self._incoming.transaction.request.cseq
        if self._sent is None or (rack.rseq, rack.cseq, rack.method) != (self._rseq, invite.number, "INVITE"):
            return False
        self.stop()
        # A PRACK may bring a new offer; we make ours by re-INVITE or UPDATE, after the answer.
        transaction.reply(488 if sdp_of(request) else 200)
        if self._waiting:
            self.send(*self._waiting.popleft())
        elif self._held is not None:
            held, self._held = self._held, None
            self._incoming.answer(*held)
        return True

    def stop(self) -> None:
        self._sent = None
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None


def _nothing(_: object) -> None:
    """The call is over."""
