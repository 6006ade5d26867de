"""Taking calls up again after the process was killed or restarted.

A talk goes on: its dialogs, ways and agreements stand in the journal, its sound never passed through this process. So does a
call that still rang, where its INVITEs can be gone on with (`svara.calls.ringing.resumed_callers`, `.resumed_phones`); else
its record is ended, its phones ring no more, and what they still send gets a 481.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from svara import log
from svara.calls import saved
from svara.calls.call import Call
from svara.calls.events import AnyEvent, CallEnded, EndedBy, LegEnded, Outcome, Supervised
from svara.calls.exchange import renew
from svara.calls.guest import Guest
from svara.calls.journal import OpenCall
from svara.calls.journey import Journey
from svara.calls.leg import VOICE, Leg
from svara.calls.moves import keys
from svara.calls.moves.move import Move, Told, see_off
from svara.calls.recorder import Recorder
from svara.calls.resound import DISAGREED
from svara.calls.ringing import resumed_callers
from svara.calls.ringing.invitation import CSEQ_LEAP
from svara.calls.ringing.resumed_phones import RESTARTED
from svara.calls.saved import SavedCall, SavedGuest, SavedLeg, SavedRoom
from svara.calls.silence import watch_guest
from svara.calls.stops import Still
from svara.calls.talks.music import HoldMusic, on_hold
from svara.calls.talks.objecting import may_record
from svara.calls.talks.room import Room
from svara.calls.talks.supervision import Supervision
from svara.clock import Timer
from svara.sip.dialog import Dialog
from svara.sip.session import SessionTimer

if TYPE_CHECKING:
    from svara.calls.switch import Switch

ADOPT_SECONDS = 5.0
"""How long the voice process has to tell who hears what; then everybody's sound is built anew."""
UNCLAIMED_SECONDS = 1.0
"""A call that goes on rings its phones within that time; those that it has not taken over by then ring no more."""
RUNG_BEFORE = 200
"""Legs of a call taken up get numbers that none had before; up to so many may have rung since its state was written."""

_logger = log.get("calls.recovery")


def trust_the_registered(switch: Switch) -> None:
    """Registered phones have authenticated: a restart must not make strangers of them, whose messages are rationed."""
    for login in switch.registrar.registered():
        for binding in switch.registrar.all_bindings(login):
            switch.transports.trust(binding.remote[0])


def take_up(switch: Switch, left_open: Mapping[str, OpenCall]) -> None:
    """Carry on the calls that the last process left open, or end their records."""
    guests: list[_Waiting] = []
    states = {opened.call: _state(opened) for opened in left_open.values()}
    if switch.queues is not None:
        switch.queues.take_up([state for state in states.values() if state is not None])
    for opened in left_open.values():
        state = states[opened.call]
        rings = switch.left.keep(opened.call, opened.invited)
        if state is not None and state.guest is not None:
            call = _carry_on(switch, state)
            call.greeted_at = state.answered_at
            guests.append(_guest(call, state.guest, opened, rings))
        elif state is not None and state.back is not None:
            _released(_carry_on(switch, state))
        elif state is None or not _ring_on(switch, state, opened, rings):
            _end(switch, opened)
    _wake(switch, guests)
    if left_open:
        _logger.info("took up what the last process left", talks=len(switch.calls), calls=len(left_open))


def _state(opened: OpenCall) -> SavedCall | None:
    if not opened.state:
        return None
    try:
        state = saved.decode(opened.state)
    except msgspec.DecodeError:
        _logger.error("the saved state of a call cannot be read", call=opened.call)
        return None
    if state.back is None:
        return state
    return state if state.back.id in opened.legs else None  # else the hang-up was written, and only the end is missing


def _end(switch: Switch, opened: OpenCall) -> None:
    now = switch.clock.now()
    rings = switch.left.ended(opened.call)
    known = {one.leg for one in rings}
    happened: list[AnyEvent] = [
        *rings,
        *(LegEnded(opened.call, now, leg=leg, status=500, reason=RESTARTED) for leg in opened.legs if leg not in known),
    ]
    outcome: Outcome = "answered" if opened.answered else "failed"
    happened.append(CallEnded(opened.call, now, outcome=outcome, by="system", end_reason=RESTARTED))
    switch.write(happened)
    switch.relay.delete(opened.call)


def _ring_on(switch: Switch, state: SavedCall, opened: OpenCall, rings: list[str]) -> bool:
    """Nobody had answered the caller, for whom phones ring; False where the caller cannot be reached."""
    flow = resumed_callers.way(switch, state)
    if flow is None or state.waits is None:
        return False
    call = _as_it_was(switch, state)
    if not resumed_callers.caller(call, state, state.waits, flow):
        return False
    switch.opened(call)
    switch.counters.calls_recovered_total += 1
    _ended(call, opened, rings)
    call.guarded(resumed_callers.go_on, call, state.waits, RESTARTED)
    switch.clock.call_later(UNCLAIMED_SECONDS, call.guarded, _released, call)
    return True


def _ended(call: Call, opened: OpenCall, rings: list[str]) -> None:
    """Phones that rang for the call, and do not go on."""
    front = call.front_id
    now, gone = call.switch.clock.now(), [leg for leg in opened.legs if leg not in (front, VOICE, *rings)]
    if gone:
        call.switch.write([LegEnded(call.id, now, leg=leg, status=500, reason=RESTARTED) for leg in gone])


def _released(call: Call) -> None:
    """The call is where it was, and phones that ring for it are taken over; no other is to ring on."""
    happened = call.switch.left.ended(call.id)
    if happened:
        call.switch.write(happened)


def _as_it_was(switch: Switch, state: SavedCall) -> Call:
    call = Call(
        switch,
        state.id,
        tenant=state.tenant,
        caller=state.caller,
        dialled=state.dialled,
        callee=state.callee,
        relay=switch.direct if state.direct else switch.relay,
    )
    call.direction = state.direction
    call.started_at = state.started_at
    call.held_by, call.held_for, call.nameless = tuple(state.held_by), state.held_for, state.nameless
    if state.supervises:
        call.supervision = Supervision(state.supervises, state.supervises_how)
    call.people = tuple(state.people)
    call.consent, call.tape, call.taped_with = state.consent, state.tape, state.taped_with
    call.tape_of_number = state.tape_of_number
    call.legs_before = state.legs_rung + RUNG_BEFORE
    call.relay_used = True
    return call


def _carry_on(switch: Switch, state: SavedCall) -> Call:
    call = _as_it_was(switch, state)
    call.front = restored_leg(switch, call, "caller", state.front)
    _moving(switch, call, state)
    switch.opened(call)
    switch.counters.calls_recovered_total += 1
    switch.news.count(call.front.party.person, talking=1)
    if state.back is None:
        return call
    call.answered_at = state.answered_at
    call.state = "talking"
    call.back = restored_leg(switch, call, "callee", state.back)
    call.queue, agent = state.queue, call.back.party.person
    if call.queue and agent and switch.queues is not None:
        switch.queues.resumed(call, agent)
    switch.news.count(agent, talking=1)
    call.news("answered")
    call.relay.watch(call.id, (call.front.id, call.back.id))
    see_off(call)
    held = on_hold(call)
    if held is not None and switch.voice is not None and not state.direct:
        call.music = HoldMusic(call, held, led=True)
    keys.begin(call)
    if state.agreeing:
        switch.clock.call_later(0.0, call.guarded, renew, call, DISAGREED)
    if state.room is not None:
        _out_of_the_room(call, state.room)
    if call.tape and may_record(call):
        call.recorder = Recorder(call, call.tape, state.tape_file, paused=state.tape_paused)
    return call


def _moving(switch: Switch, call: Call, state: SavedCall) -> None:
    """The call was on its way from one to another."""
    call.moves, call.agreeing = state.moves, state.agreeing
    if state.leaving is not None:
        call.leaving = restored_leg(switch, call, "system", state.leaving)
        call.leaving.due = 0.0
    move = state.move
    if move is not None:
        told = Told(call.leaving, move.event) if move.event and call.leaving is not None else None
        call.move = Move(call, move.by, move.to, move.how, comes_back=move.comes_back, stays=True, told=told)


def _out_of_the_room(call: Call, state: SavedRoom) -> None:
    """Whoever was with the two in a room is so no more: they are put together."""
    for leg, end in ((call.front, state.front), (call.back, state.back)):
        if leg is not None:
            leg.described, leg.told, leg.gave = end.described, end.told, end.gave
    if state.supervisors:
        now = call.switch.clock.now()
        call.switch.write([Supervised(call.id, now, by=by, how="left") for by in state.supervisors])
    call.room = Room(call)
    call.room.taken_up()


class _Waiting(NamedTuple):
    """A guest who waits for us to be awake."""

    journey: Journey
    guest: Guest
    saved: SavedGuest


def _guest(call: Call, state: SavedGuest, opened: OpenCall, rings: list[str]) -> _Waiting:
    """The caller is a guest still; phones that rang for them do so as soon as the guest goes on."""
    front = call.front
    assert front is not None  # noqa: S101 - see _carry_on
    _ended(call, opened, rings)
    guest = call.guest = Guest(call, front, None, state.offer, state.local)
    guest.waking = []
    journey = call.journey = Journey(call, guest, list(state.passed))
    call.setup = Still(call, guest, state.kept)
    journey.way = (state.target,)
    watch_guest(call)
    return _Waiting(journey, guest, state)


def _wake(switch: Switch, guests: list[_Waiting]) -> None:
    """Ask the voice process who hears what still; then everybody goes on where they were."""
    told: list[Timer] = []

    def adopted(standing: frozenset[str]) -> None:
        if not told:
            return  # too late: they went on without
        told.pop().cancel()
        for journey, guest, state in guests:
            if not guest.closed:
                guest.call.guarded(_go_on, journey, guest, state, guest.id in standing)
        for call in list(switch.calls.values()):
            if call.music is not None and call.music.voice_leg not in standing:
                call.music.stop()
            if call.recorder is not None and not set(call.recorder.legs) <= standing:
                call.guarded(call.recorder.reconnect)

    told.append(switch.clock.call_later(ADOPT_SECONDS, adopted, frozenset()))
    if switch.voice is None:
        adopted(frozenset())
    else:
        switch.voice.adopt(list(switch.guests), adopted)


def _go_on(journey: Journey, guest: Guest, state: SavedGuest, standing: bool) -> None:
    guest.adopted = standing
    if not standing:
        guest.reconnect()
    journey.way = ()
    journey.go(state.target, RESTARTED, kept=state.kept)
    guest.wake()
    guest.call.switch.clock.call_later(UNCLAIMED_SECONDS, _released, guest.call)


def restored_leg(switch: Switch, call: Call, side: EndedBy, state: SavedLeg) -> Leg:
    """The phone of a call that is taken up, as it was saved."""
    dialog = Dialog.decode(state.dialog)
    dialog.local_cseq += CSEQ_LEAP
    leg = Leg(switch, call, state.id, side, party=state.party, tag=dialog.local_tag)
    leg.dialog = dialog
    leg.trunk = state.trunk
    leg.kind = state.kind
    leg.can_update = state.can_update
    leg.earlier = state.earlier
    leg.flow = switch.transports.flow_by_id(state.flow_id) if state.flow_id else None
    if leg.flow is not None:
        leg.flow.trusted = True
    leg.session = SessionTimer(state.seconds, state.we_refresh) if state.seconds else None
    leg.refreshed()
    return leg
