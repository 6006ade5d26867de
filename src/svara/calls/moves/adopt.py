"""A leg of another call becomes the other side of this one; the other call ends.

The two phones are put together by one question where that is enough: who was here is known, and is asked only when the
answer does not fit what its phone was told. Guarantees: a phone that leaves the other call is never hung up by it; `kill -9`
in between leaves one of the two calls whole, and a talk whose phones had not agreed yet is agreed on by the next process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent, LegOffered
from svara.calls.exchange import Exchange, Got, Told, renew
from svara.calls.leg import VOICE, Leg
from svara.calls.moves.move import Move
from svara.calls.moves.out import both_ways
from svara.calls.moves.parting import AGAIN_SECONDS, MAX_TRIES, OCCUPIED, OVER, Failed, part, settled
from svara.calls.resound import DISAGREED, fits
from svara.calls.routing.route import Refusal
from svara.calls.talks.seat import session, told

if TYPE_CHECKING:
    from svara.calls.call import Call


def adopt(call: Call, leg: Leg, why: str, move: Move, failed: Failed, *, stays: Leg | None = None) -> None:
    """`leg`, an answered one of another call of the same company (or `call.leaving`), becomes `call.back`; the other call
    ends for `why`.

    The front of `call` is a connected guest whose stop has cleaned up behind itself; or `call` is a talk, of which `stays`
    stays and the other leaves. `failed` is told why everything stays as it was.
    """
    _Adoption(call, leg, why, move, failed, stays).begin()


class _Adoption:
    def __init__(self, call: Call, leg: Leg, why: str, move: Move, failed: Failed, stays: Leg | None) -> None:  # noqa: PLR0917
        self._call = call
        self._leg = leg
        self._why = why
        self._move = move
        self._failed = failed
        self._stays = stays
        self._tries = 0

    def begin(self) -> None:
        call, leg, other = self._call, self._leg, self._leg.call
        if not self._possible():
            if call.state != "ended":
                self._failed(OVER)
        elif settled(call) and (other is call or settled(other)) and leg.incoming is None:
            self._commit()
        else:
            self._tries += 1
            if self._tries > MAX_TRIES:
                self._failed(OCCUPIED)
            else:
                call.switch.clock.call_later(AGAIN_SECONDS, call.guarded, self.begin)

    def _possible(self) -> bool:
        call, leg, other = self._call, self._leg, self._leg.call
        if leg.down or leg.dialog is None or other.tenant != call.tenant:
            return False
        if other is call:
            if leg is not call.leaving:
                return False
        elif other.state == "talking":
            if other.other(leg) is None:
                return False
        elif other.guest is None or not other.guest.connected or other.front is not leg:
            return False
        if self._stays is not None:
            return call.state == "talking" and call.other(self._stays) is not None
        return call.state == "setup" and call.guest is not None and call.guest.connected

    def _commit(self) -> None:
        call, leg, other = self._call, self._leg, self._leg.call
        told_of = self._move.told
        if other is call:
            call.leaving = None
        else:
            if told_of is not None and other.front is not None and other.state == "talking":
                self._tell_first(other)
            take_out(other, leg, self._why)
        happened: list[AnyEvent] = []
        if self._stays is not None:
            over = part(call, self._stays, self._why, happened)
        else:
            over = _nothing
            guest = call.guest
            if guest is not None:
                guest.close()
                guest.leg.described, guest.leg.told, guest.leg.gave = guest.offer, guest.local, True
                call.relay.free(call.id, (VOICE,))
        self._talk(happened)
        over()
        if call.leaving is not None:
            if not self._move.stays:
                call.leaving.hang_up()
                call.leaving = None
            else:
                call.relay.free(call.id, (call.leaving.id,))
        agree(call)

    def _tell_first(self, other: Call) -> None:
        """A phone that is hung up with the other call hears before why."""
        told_of = self._move.told
        if told_of is not None and told_of.leg in (other.front, other.back):
            told_of.tell(200)

    def _talk(self, happened: list[AnyEvent]) -> None:
        call, leg = self._call, self._leg
        call.legs_rung += 1
        leg.call, leg.side = call, "callee"
        leg.id = f"b{call.legs_before + call.legs_rung}"
        leg.told, leg.gave = b"", False
        leg.refreshed()
        now = call.switch.clock.now()
        call.agreeing = True
        call.move = self._move
        call.relay_used = True
        call.talk(leg, [LegOffered(call.id, now, leg=leg.id, to=leg.party), self._move.event(), *happened])


def take_out(other: Call, leg: Leg, why: str) -> None:
    """End the other call; its `leg` goes on elsewhere."""
    if other.state == "talking":
        other.end("system", why, keeps=leg)
        return
    guest, stop = other.guest, other.setup
    if guest is not None and stop is not None:
        guest.given = True
        stop.stop("system", Refusal(480, "answered", why), [])


def agree(call: Call) -> None:
    """The two who were put together get one sound."""
    front, back = call.front, call.back
    if call.state != "talking" or front is None or back is None:
        return
    known = session(front)
    if not known or not both_ways(front) or call.relay is call.switch.direct:
        renew(call, DISAGREED)
        return

    def failed(status: int) -> None:
        if call.state != "talking":
            return
        if status == 491:
            call.switch.clock.call_later(back.turn_seconds(), call.guarded, renew, call, DISAGREED)
        else:
            renew(call, DISAGREED)

    Exchange(call, Standing(front, known, told(front)), Told(back), failed).start()


class Standing:
    """A phone whose description is known, as the side that makes the offer. It is asked only where the answer does not fit
    what it was told before."""

    def __init__(self, leg: Leg, offer: bytes, local: bytes) -> None:
        self.leg = leg
        self._offer = offer
        self._local = local

    def get(self, got: Got) -> None:
        got(self._offer)

    def deliver(self, answer: bytes, done: Callable[[], object]) -> None:
        done()
        if not fits(self._local, answer):
            renew(self.leg.call, DISAGREED)

    def refuse(self, _status: int) -> None:
        """Nothing stands open on this side."""


def _nothing() -> None:
    """Nobody waits."""
