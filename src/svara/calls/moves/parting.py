"""What `hold_out` and `adopt` have in common: when a talk can be taken apart, and what ends with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent, CallResumed, LegEnded
from svara.calls.leg import Leg, is_callers
from svara.calls.routing.route import Refusal

if TYPE_CHECKING:
    from svara.calls.call import Call

AGAIN_SECONDS = 0.05
"""How soon it is looked again whether what is under way with a phone is over."""
MAX_TRIES = 200
OVER = Refusal(481, "failed", "a phone is gone")
OCCUPIED = Refusal(491, "busy", "busy")

Failed = Callable[[Refusal], object]


def settled(call: Call) -> bool:
    """Whether nothing is under way between the call's phones: no change of the sound, no ACK, no way into a room."""
    legs = (call.front, call.back)
    moving = call.room is not None and call.room.state in ("going in", "going out")
    return call.exchange is None and not moving and all(leg is None or leg.incoming is None for leg in legs)


def part(call: Call, stays: Leg, reason: str, happened: list[AnyEvent]) -> Callable[[], None]:
    """`stays` alone is in the call from now on, as its caller; `call.leaving` is who was at the other end.

    What ends with the talk is added to `happened`, which the caller of this writes; then it calls what this gives.
    """
    switch, leaves = call.switch, call.other(stays)
    assert leaves is not None  # noqa: S101 - see the callers of this
    now = switch.clock.now()
    if call.room is not None:
        call.room.over()
        call.room = None
    if call.music is not None:
        call.music.stop()
    keys, call.keys = call.keys, ()
    for one in keys:
        one.stop()
    recorder, call.recorder = call.recorder, None
    if recorder is not None:
        recorder.stop(partial(call.relay.free, call.id, recorder.sides))
    if stays is call.back and call.direction != "outbound":
        call.consent, call.tape_of_number = None, ""  # that was for the ears of who called
    call.goes_out = False
    call.taped_with, call.tape = (leaves.party.person or "", call.tape), ""
    happened += [CallResumed(call.id, now, by=side) for side in call.held_by]
    call.held_by = ()
    if not is_callers(leaves.id):
        happened.append(LegEnded(call.id, now, leg=leaves.id, status=200, reason=reason))
    switch.news.count(leaves.party.person, talking=-1)
    before, call.leaving = call.leaving, leaves
    if before is not None and not before.down:
        before.hang_up()
    leaves.due = 0.0
    call.front, call.back = stays, None
    stays.side = "caller"
    switch.handed_on(call, stays.party)
    call.moves += 1
    ended, call.ended, call.queue = call.ended, None, ""

    def over() -> None:
        if ended is not None:
            ended()

    return over
