"""The caller's INVITE, from its arrival to our final answer and its ACK (the UAS of RFC 3261 section 13.3).

The caller sees one phone system: however many phones ring, there is one ringing. Only when another phone answers than the
one whose early sound the caller heard does the answer come in a dialog of its own, as if it had forked, because a
description once given in a dialog may not change in its final answer (section 13.2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from svara.calls.leg import ALLOW, SDP, sdp_of
from svara.calls.names import asserted, called
from svara.calls.routing.route import Refusal
from svara.sip.dialog import Dialog
from svara.sip.message import Request, Response, new_response
from svara.sip.provisional import ReliableSender
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.leg import Leg

PASSED = ("Subject", "Priority")
UNCONFIRMED = Refusal(504, "failed", "the caller's phone did not confirm the ringing")


class Incoming:
    """The caller's INVITE; a `CallerSide` of a call's set-up."""

    takes_early = True
    described = b""

    __slots__ = ("_counted", "_early_source", "_expected", "_held", "_rang", "_reliable", "leg", "offer", "transaction")

    def __init__(self, leg: Leg, transaction: ServerTransaction, told: tuple[str, bool] = ("", False)) -> None:
        """`told`: of a caller whom another process had told something before. Raises SipError(400) when the INVITE cannot
        make a dialog."""
        request = transaction.request
        self.leg = leg
        self.transaction = transaction
        self.offer = sdp_of(request)
        """The caller's description; empty when the caller wants an offer from us."""
        self._early_source, self._counted = told
        self._rang = bool(self._early_source) or self._counted
        self._reliable: ReliableSender | None = None
        self._held: tuple[str, bytes] | None = None
        """The final answer, where it has to wait for a PRACK."""
        self._expected: Callable[[bytes], object] | None = None
        leg.dialog = self._dialog()
        leg.can_update = "UPDATE" in request.allow
        transaction.on_cancel = self._cancelled
        transaction.on_ack = self._acknowledged
        transaction.on_no_ack = self._unacknowledged

    def _dialog(self) -> Dialog:
        flow = self.transaction.flow
        return Dialog.uas(self.transaction.request, self.leg.tag, flow.contact_uri(), flow.id)

    @property
    def passed(self) -> list[tuple[str, str]]:
        """Headers that the called phone gets; everything else stays on the caller's own side."""
        request = self.transaction.request
        return [(name, value) for name in PASSED if (value := request.first(name.lower()))]

    @property
    def told(self) -> tuple[str, bool]:
        """The leg whose early sound the caller hears, and whether what the caller was told is numbered."""
        return self._early_source, self._counted

    # --- what becomes of it

    def ringing(self, source: str, sdp: bytes = b"", status: int = 180) -> None:
        """A phone (`source` is its leg) rings, with early sound where there is a description."""
        early = bool(sdp) and not self._early_source
        if self._counted and self._reliable is None:
            return  # the numbers that another process gave have to be gone on from (RFC 3262 section 3)
        if early:
            self._early_source = source
        elif self._rang:
            return
        request = self.transaction.request
        required = "100rel" in request.require
        if required and not self.offer:
            return  # a reliable response would have to carry an offer that nobody has made yet (RFC 3262 section 5)
        self._rang = True
        counted = required or (early and "100rel" in request.supported)
        if counted and self._reliable is None:
            transactions = self.leg.switch.transactions
            self._reliable = ReliableSender(transactions.timers, self.transaction, self.leg.switch.random, self._unheard)
            self._counted = True
        if early or counted:
            self.leg.call.save()
        if counted and self._reliable is not None:
            self._reliable.send(self.response(status, sdp))
        else:
            self.transaction.respond(self.response(status, sdp))

    def answer(self, source: str, sdp: bytes) -> None:
        """A phone picked up; `sdp` answers the caller's offer."""
        if self._reliable is not None and self._reliable.pending and self._early_source:
            self._held = (source, sdp)  # RFC 3262 section 3: not before the early description is confirmed
            return
        if self._early_source and source != self._early_source:
            self._fork()
        self._accept(sdp)

    def settle(self, sdp: bytes) -> None:
        """Never: the caller's INVITE says what it offers, or that it wants an offer."""
        raise AssertionError(sdp)

    def make_offer(self, sdp: bytes, answered: Callable[[bytes], object]) -> None:
        """A phone picked up and made the offer that the caller asked for; `answered` gets the caller's answer (or b"")."""
        self._expected = answered
        self._accept(sdp)

    def refuse(self, status: int, reason: str) -> None:  # noqa: ARG002 - the reason is for the record, not for the phone
        """No talk comes of it."""
        self._stop()
        self.transaction.respond(new_response(self.transaction.request, status, to_tag=self.leg.tag))
        self._let_go()
        self.leg.close()

    def hang_up(self, headers: tuple[tuple[str, str], ...]) -> None:
        """The talk ended before the caller's ACK came: hang up when it comes, or when it never did (section 15)."""
        leg = self.leg
        self._stop()
        if not self.transaction.done:  # the answer itself waits for a PRACK
            self.refuse(480, "")
            return

        def now(_ack: object = None) -> None:
            self._let_go()
            leg.bye(headers)

        self.transaction.on_ack = now
        self.transaction.on_no_ack = now

    def forget(self) -> None:
        """The caller hung up; no ACK matters any more."""
        self._stop()
        self._let_go()
        self.transaction.stop_retransmitting()

    def prack(self, transaction: ServerTransaction) -> bool:
        """The caller confirms a reliable response (RFC 3262 section 3); False when it is none of ours."""
        if self._reliable is None or not self._reliable.receive_prack(transaction.request):
            return False
        # An offer in a PRACK would be answered in our 200; changes come by re-INVITE or UPDATE, after the answer.
        transaction.reply(488 if sdp_of(transaction.request) else 200)
        held, self._held = self._held, None
        if held is not None:
            self.answer(*held)
        return True

    # --- how

    def response(self, status: int, sdp: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        """A response that makes or confirms the dialog."""
        return new_response(
            self.transaction.request,
            status,
            headers=[
                self.leg.contact(self.transaction.flow),
                ("Allow", ALLOW),
                *asserted(self.leg, called(self.leg.call)),
                *headers,
            ],
            body=sdp,
            content_type=SDP if sdp else None,
            to_tag=self.leg.tag,
        )

    def _accept(self, sdp: bytes) -> None:
        self._stop()
        leg = self.leg
        leg.refreshed()
        leg.described, leg.told, leg.gave = self.offer, sdp, bool(self.offer)
        self.transaction.respond(self.response(200, sdp, (("Supported", "100rel, timer"), *leg.session_headers)))

    def _fork(self) -> None:
        leg = self.leg
        leg.switch.dialogs.pop(leg.tag, None)
        leg.tag = leg.switch.new_tag()
        leg.switch.dialogs[leg.tag] = leg
        leg.dialog = self._dialog()

    def _stop(self) -> None:
        if self._reliable is not None:
            self._reliable.stop()

    def _unheard(self) -> None:
        setup = self.leg.call.setup
        if setup is not None:
            self.leg.call.guarded(setup.stop, "system", UNCONFIRMED, [])

    def _cancelled(self, _cancel: Request) -> None:
        self.leg.call.guarded(self.leg.call.caller_gave_up)

    def _let_go(self) -> None:
        """The transaction and this INVITE need each other no more."""
        self.leg.incoming = None
        transaction = self.transaction
        transaction.on_cancel = transaction.on_ack = transaction.on_no_ack = None

    def _acknowledged(self, ack: Request) -> None:
        self._let_go()
        expected, self._expected = self._expected, None
        if expected is not None:
            self.leg.call.guarded(expected, sdp_of(ack))

    def _unacknowledged(self) -> None:
        self._let_go()
        self.leg.call.guarded(self.leg.call.caller_unconfirmed)
