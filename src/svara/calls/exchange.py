"""One offer and its answer (RFC 3264), passed from one phone of a talk to the other through the relay.

Who gives the offer and who takes it are two independent questions: a phone's own re-INVITE or UPDATE brings the offer with
it (`Asking`), or wants one from the other side (`Wanting`); a phone that we ask is asked for an offer (`Asked`) or with one
(`Told`). Hold, resume, a change of codec, a delayed offer and the building anew of a lost relay session are all the same
passage, which succeeds whole or leaves the talk as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

from svara.calls.events import AnyEvent, CallHeld, CallResumed, EndedBy
from svara.calls.leg import ALLOW, SDP, TIMER, Leg, sdp_of
from svara.calls.names import asserted, other_side
from svara.media.relay import Kind, RelayError
from svara.sip.message import Request, Response, SipError, new_response
from svara.sip.sdp import parse_sdp
from svara.sip.session import ask_timer
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.call import Call

GONE = frozenset({408, 481})
"""These answers within a dialog end it (RFC 3261 section 12.2.1.2)."""

RETRY_SECONDS = 2.5
"""Another exchange is under way: look again when it should be over."""

Got = Callable[[bytes | int], object]
"""Gets a description, or the status with which the phone refused."""


class End(Protocol):
    """One end of a passage: a phone's leg, or what stands in for one. See `Leg`."""

    id: str
    kind: Kind
    side: EndedBy
    described: bytes
    told: bytes
    gave: bool

    @property
    def address(self) -> str | None: ...

    def close(self) -> None: ...


class Giver(Protocol):
    """The side that makes the offer."""

    leg: Leg

    def get(self, got: Got) -> None: ...

    def deliver(self, answer: bytes, done: Callable[[], object]) -> None: ...

    def refuse(self, status: int) -> None: ...


class Taker(Protocol):
    """The side that answers it."""

    @property
    def leg(self) -> End: ...

    def take(self, offer: bytes, got: Got) -> None: ...

    def refuse(self, status: int) -> None: ...


class Exchange:
    """One passage. `done` is told when it came about, `failed(status)` when not; the call ends by itself when a phone is
    gone."""

    __slots__ = ("_answer", "_done", "_failed", "_offer", "_offered", "call", "giver", "open", "refused_by", "taker")

    def __init__(
        self,
        call: Call,
        giver: Giver,
        taker: Taker,
        failed: Callable[[int], object] | None = None,
        done: Callable[[], object] | None = None,
    ) -> None:
        self.call = call
        self.giver = giver
        self.taker = taker
        self.open = True
        self.refused_by: End | None = None
        self._offer = self._offered = self._answer = b""
        self._failed = failed
        self._done = done

    def start(self) -> None:
        """Begin; from now on the call has this exchange."""
        self.call.exchange = self
        self.giver.get(self._got_offer)

    def abandon(self) -> None:
        """The talk is over."""
        self._close()
        self.giver.refuse(487)
        self.taker.refuse(487)

    def _finished(self) -> None:
        self._close()
        self.call.agreed()
        if self._done is not None:
            self._done()

    def _close(self) -> None:
        self.open = False
        if self.call.exchange is self:
            self.call.exchange = None

    def _refused(self, status: int, by: End | None) -> None:
        if status in GONE and by is not None:
            by.close()
            self.call.end("system", "a phone is gone")
            return
        self._close()
        self.refused_by = by
        self.giver.refuse(status)
        self.taker.refuse(status)
        self.call.agreed()  # on what was before
        if self._failed is not None:
            self._failed(status)

    def _got_offer(self, offer: bytes | int) -> None:
        if not self.open:
            return
        if isinstance(offer, int):
            self._refused(offer, self.giver.leg)
            return
        self._offer = offer
        giver, taker = self.giver.leg, self.taker.leg
        # After a restart of the relay this is the session's first offer, so it has to say again where the phones are.
        self.call.relay.offer(
            self.call.id,
            giver.id,
            taker.id,
            offer,
            self._offer_ready,
            to=taker.kind,
            from_address=giver.address,
            to_address=taker.address,
        )

    def _offer_ready(self, result: bytes | RelayError) -> None:
        if not self.open:
            return
        if isinstance(result, RelayError):
            self._refused(500, None)
        else:
            self._offered = result
            self.taker.take(result, self._got_answer)

    def _got_answer(self, answer: bytes | int) -> None:
        if not self.open:
            return
        if isinstance(answer, int):
            self._refused(answer, self.taker.leg)
            return
        self._answer = answer
        giver, taker = self.giver.leg, self.taker.leg
        ready = partial(self._answer_ready, self._holds(answer))
        self.call.relay.answer(self.call.id, taker.id, giver.id, answer, ready, to=giver.kind)

    def _answer_ready(self, happened: list[AnyEvent], result: bytes | RelayError) -> None:
        if not self.open:
            return
        if isinstance(result, RelayError):
            self._refused(500, None)
            return
        call, giver, taker = self.call, self.giver.leg, self.taker.leg
        giver.described, giver.told, giver.gave = self._offer, result, True
        taker.described, taker.told, taker.gave = self._answer, self._offered, False
        call.agreeing = False
        call.save(*happened)
        for event in happened:
            held = isinstance(event, CallHeld)
            call.news("held" if held else "resumed")
        if happened and call.recorder is not None:
            call.recorder.holds_changed()
        self.giver.deliver(result, self._finished)

    def _holds(self, answer: bytes) -> list[AnyEvent]:
        """Who has whom on hold after this."""
        try:
            offered, answered = parse_sdp(self._offer).direction, parse_sdp(answer).direction
        except SipError:
            return []
        call = self.call
        holding: dict[EndedBy, bool] = {self.giver.leg.side: offered in ("sendonly", "inactive")}
        if offered == "sendrecv":
            holding[self.taker.leg.side] = answered in ("sendonly", "inactive")
        happened: list[AnyEvent] = []
        for side, holds in holding.items():
            if holds != (side in call.held_by):
                now = call.switch.clock.now()
                happened.append(CallHeld(call.id, now, by=side) if holds else CallResumed(call.id, now, by=side))
                call.held_by = (*call.held_by, side) if holds else tuple(one for one in call.held_by if one != side)
        return happened


class Asking:
    """A phone whose re-INVITE or UPDATE brings an offer."""

    def __init__(self, leg: Leg, transaction: ServerTransaction) -> None:
        self.leg = leg
        self.transaction = transaction

    def get(self, got: Got) -> None:
        got(sdp_of(self.transaction.request))

    def deliver(self, answer: bytes, done: Callable[[], object]) -> None:
        if self.transaction.request.method == "INVITE":
            self.transaction.on_ack = lambda _ack: done()
        answer_with(self.leg, self.transaction, answer)
        if self.transaction.request.method != "INVITE":
            done()

    def refuse(self, status: int) -> None:
        refuse(self.transaction, status)


class Wanting:
    """A phone whose re-INVITE wants an offer: it answers in its ACK."""

    def __init__(self, leg: Leg, transaction: ServerTransaction) -> None:
        self.leg = leg
        self.transaction = transaction

    def take(self, offer: bytes, got: Got) -> None:
        def acknowledged(ack: Request) -> None:
            sdp = sdp_of(ack)
            if not sdp:
                self.leg.call.end("system", "the phones could not agree on sound")
            got(sdp)

        self.transaction.on_ack = acknowledged
        answer_with(self.leg, self.transaction, offer)

    def refuse(self, status: int) -> None:
        refuse(self.transaction, status)


class Asked:
    """A phone that we ask for an offer by an INVITE without one; the answer goes into our ACK."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self._cseq = 0
        self._owes = False

    def get(self, got: Got) -> None:
        def answered(sdp: bytes | int) -> None:
            self._owes = not isinstance(sdp, int)
            if self.leg.call.state != "talking":
                self.refuse(487)
            got(sdp)

        self._cseq = invite(self.leg, b"", answered)

    def deliver(self, answer: bytes, done: Callable[[], object]) -> None:
        self._owes = False
        self.leg.acknowledge(self._cseq, answer)
        done()

    def refuse(self, status: int) -> None:
        if not self._owes:
            return
        self._owes = False
        if status == 491 and self.leg.told:  # the other side has a change of its own, and is asked again
            self.leg.acknowledge(self._cseq, self.leg.told)
        else:  # an offer without an answer: the ACK is due all the same, and the talk cannot go on
            self.leg.acknowledge(self._cseq)
            self.leg.call.end("system", "the phones could not agree on sound")


class Told:
    """A phone that gets an offer from us."""

    def __init__(self, leg: Leg, method: str = "INVITE") -> None:
        self.leg = leg
        self._method = method if leg.can_update else "INVITE"

    def take(self, offer: bytes, got: Got) -> None:
        if self._method == "INVITE":
            cseq = 0

            def answered(sdp: bytes | int) -> None:
                if not isinstance(sdp, int):
                    self.leg.acknowledge(cseq)
                got(sdp)

            cseq = invite(self.leg, offer, answered)
        else:
            send(self.leg, "UPDATE", offer, got)

    def refuse(self, _status: int) -> None:
        """Nothing stands open on this side."""


def renew(call: Call, reason: str) -> None:
    """Build the talk's sound anew, by re-INVITEs to both phones; the call ends for `reason` when that fails."""
    front, back = call.front, call.back
    if front is None or back is None or call.state != "talking":
        return
    if call.room is not None and not call.room.away:
        call.room.renew()
        return
    if call.exchange is not None:
        call.switch.clock.call_later(RETRY_SECONDS, call.guarded, renew, call, reason)
        return

    def failed(status: int) -> None:
        if call.state == "talking":
            if status == 491:
                seconds = (back if exchange.refused_by is back else front).turn_seconds()
                call.switch.clock.call_later(seconds, call.guarded, renew, call, reason)
            else:
                call.end("system", reason)

    exchange = Exchange(call, Asked(front), Told(back), failed)
    exchange.start()


class Known:
    """A side that has answered before, to the same description: it need not be asked again."""

    def __init__(self, leg: Leg, answer: bytes) -> None:
        self.leg = leg
        self._answer = answer

    def take(self, offer: bytes, got: Got) -> None:  # noqa: ARG002
        got(self._answer)

    def refuse(self, _status: int) -> None:
        """Nothing stands open on this side."""


def invite(leg: Leg, sdp: bytes, got: Got) -> int:
    """A re-INVITE to `leg`; gives its CSeq number, for the ACK."""
    return send(leg, "INVITE", sdp, got)


def send(leg: Leg, method: str, sdp: bytes, got: Got) -> int:
    """A target refresh with a description (or none) to `leg`; `got` gets the phone's, or the status of its refusal."""

    def responded(response: Response) -> None:
        if response.status < 200:
            return
        if response.status >= 300:
            got(response.status)
            return
        with suppress(SipError):  # without a usable Contact the old target stands
            if leg.dialog is not None:
                leg.dialog.refresh_target(response)
        leg.refreshed(response)
        got(sdp_of(response))

    def guarded(response: Response) -> None:
        leg.call.guarded(responded, response)

    def failed(why: str) -> None:
        leg.call.guarded(got, 408 if why == "timeout" else 503)

    timer = ask_timer(TIMER, current=leg.session) if leg.session else ()
    headers = [("Allow", ALLOW), *asserted(leg, other_side(leg)), *timer]
    request = leg.request(method, guarded, failed, headers=headers, body=sdp, content_type=SDP if sdp else None)
    return 0 if request is None else request.cseq.number


def answer_with(leg: Leg, transaction: ServerTransaction, sdp: bytes) -> None:
    """200 to a re-INVITE or UPDATE."""
    headers = [leg.contact(transaction.flow), ("Allow", ALLOW), *leg.session_headers]
    if transaction.request.method == "INVITE":
        transaction.on_no_ack = lambda: leg.call.end("system", "a phone did not confirm a change")
    transaction.respond(new_response(transaction.request, 200, headers=headers, body=sdp, content_type=SDP if sdp else None))


def refuse(transaction: ServerTransaction, status: int) -> None:
    """Refuse a change as the other side did, without its words."""
    if not transaction.done:
        plain = status if status in (408, 415, 487, 488, 491, 606) else 500
        transaction.reply(488 if plain == 606 else plain)
