"""Somebody with two talks brings all three together: an ad-hoc conference (RFC 4579 calls what a phone asks for so).

The two others become guests, one after the other, and hear music; then all go into a room of `svara.calls.conference` that
has no name and nobody who conducts it. Of the phone that asks, one dialog ends and the other goes on, in a call of its own.
Guarantees: whoever cannot be brought along leaves everything as it was; the record of each of the others goes on as one; who
hangs up meanwhile is let go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from svara.calls.call import Call
from svara.calls.commands import Answer, MergeCalls, Originated, Refused
from svara.calls.events import AnyEvent, EndedBy, Party
from svara.calls.guest import Guest
from svara.calls.journey import Journey
from svara.calls.leg import CALLER, Leg
from svara.calls.moves.adopt import adopt
from svara.calls.moves.move import Move
from svara.calls.moves.out import hold_out
from svara.calls.moves.parting import OVER, settled
from svara.calls.moves.sending import MAX_MOVES
from svara.calls.routing.route import Refusal
from svara.calls.routing.targets import MEETING, MEETINGS
from svara.calls.stops import Still
from svara.calls.talks.seat import told

if TYPE_CHECKING:
    from svara.calls.switch import Switch
    from svara.people.office import Person, Target

WITHIN_SECONDS = 12.0
"""So long it may take until the second talk is there too; then the first is given back."""
WHY = "conference"


def merge(switch: Switch, request: MergeCalls) -> Answer:
    """Bring the two talks of one person together, or say why not."""
    tenant = switch.office.by_tenant_id.get(request.tenant)
    person = tenant.by_id.get(request.by) if tenant is not None else None
    stays, goes = switch.calls.get(request.call), switch.calls.get(request.other)
    if person is None or stays is None or goes is None or stays is goes or {stays.tenant, goes.tenant} != {request.tenant}:
        return Refused("not-found", "there is no such call")
    room = _room_of(stays, person)
    own, other = _own(stays, person) if not room else stays.front, _own(goes, person)
    if own is None or other is None:
        return Refused("not-your-call", "only one's own two talks can be brought together")
    if (not room and stays.state != "talking") or goes.state != "talking":
        return Refused("not-talking", "nobody talks in that call")
    if any(call.move is not None or not settled(call) for call in (stays, goes)):
        return Refused("busy", "the call is just being changed")
    if max(stays.moves, goes.moves) >= MAX_MOVES:
        return Refused("too-often", "that call was sent on too often")
    if switch.voice is None or not switch.voice.up:
        return Refused("unavailable", "no sound is available")
    if room:
        bring(other, room, lambda guest: enter(guest, room), lambda _why: None)
        return Originated(stays.id)
    merging = _Merging(switch, own, other, f"{MEETING}{switch.new_tag()}")
    goes.guarded(merging.begin)
    return Originated(merging.id)


def _own(call: Call, person: Person) -> Leg | None:
    legs = (call.front, call.back)
    return next((leg for leg in legs if leg is not None and leg.party.person == person.id and not leg.down), None)


def _room_of(call: Call, person: Person) -> Target:
    """The room without a name in which the person is by this call; "" where they are in none."""
    target = call.journey.target if call.state == "setup" and call.journey is not None else ""
    return target if target.startswith(MEETING) and call.caller.person == person.id else ""


def bring(leg: Leg, room: Target, then: Callable[[Guest], object], failed: Callable[[Refusal], object]) -> None:
    """Who talks with `leg` is a guest from now on, on the way to the room; `leg`'s phone is out (`call.leaving`)."""
    call, other = leg.call, leg.call.other(leg)
    move = Move(call, leg.party, room, "conference", stays=True)
    call.move = move

    def not_brought(why: Refusal) -> None:
        call.move = None
        failed(why)

    if other is None:
        not_brought(OVER)
    else:
        hold_out(call, other, then, not_brought, move)


def enter(guest: Guest, room: Target) -> None:
    """The guest goes into the room, and the phone that brought them is hung up."""
    call, journey = guest.call, guest.call.journey
    if journey is None or guest.closed:
        return
    leaving, call.leaving = call.leaving, None
    if leaving is not None:
        leaving.hang_up()
    call.callee = Party(number=MEETINGS)
    journey.way = ()
    journey.go(room, WHY)


class _Merging:
    """See the module: `other` is brought first, then `own`, whose phone comes along."""

    def __init__(self, switch: Switch, own: Leg, other: Leg, room: Target) -> None:
        self.id = switch.new_id()
        """Of the call in which the person takes part."""
        self._switch = switch
        self._own = own
        self._other = other
        self._room = room
        self._first: Guest | None = None
        self._over = False

    def begin(self) -> None:
        bring(self._other, self._room, self._other_came, lambda _why: None)

    def _other_came(self, guest: Guest) -> None:
        self._first = guest
        own = self._own
        self._switch.clock.call_later(WITHIN_SECONDS, guest.call.guarded, self._give_back)
        if own.down or own.call.state != "talking" or own.call.move is not None:
            self._give_back()
        else:
            own.call.guarded(bring, own, self._room, self._both_came, lambda _why: self._give_back())

    def _give_back(self) -> None:
        """The second talk cannot be had: the first goes on as it was."""
        first, leg = self._first, self._other
        if self._over or first is None or first.closed:
            return
        self._over = True
        call = first.call
        if call.leaving is not leg or leg.down:
            call.end("system", "hung up")
            return
        call.setup = Still(call, first)
        back = Move(call, leg.party, _target(call, leg.party), "taken-back")
        adopt(call, leg, "taken back", back, lambda why: call.end("system", why.reason))

    def _both_came(self, guest: Guest) -> None:
        first, own = self._first, self._own
        if self._over or first is None:
            return
        self._over = True
        here = guest.call.leaving is own and not own.down
        if here:
            guest.call.leaving = None
            _by_oneself(own, self.id, self._room)
        for one in (first, guest):
            one.call.guarded(enter, one, self._room)


def _target(call: Call, party: Party) -> Target:
    tenant = call.switch.office.by_tenant_id.get(call.tenant)
    person = tenant.by_id.get(party.person or "") if tenant is not None else None
    return f"person:{person.username}" if person is not None else ""


def _by_oneself(leg: Leg, call_id: str, room: Target) -> None:
    """The phone goes on in a call of its own, on the way to the room; it is asked for a change of its session."""
    switch, before = leg.switch, leg.call
    call = Call(
        switch,
        call_id,
        tenant=before.tenant,
        caller=leg.party,
        dialled=MEETINGS,
        callee=Party(number=MEETINGS),
        relay=switch.relay,
    )
    leg.call, leg.side, leg.id = call, "caller", CALLER
    leg.refreshed()
    call.front = leg
    call.relay_used = True
    started = call.open()
    guest = call.guest = Guest(call, leg, None, leg.described, told(leg))
    guest.connected = True
    journey = call.journey = Journey(call, guest, [])
    journey.way = (room,)
    call.setup = Still(call, guest)
    call.greeted(started)

    def stands() -> None:
        journey.way = ()
        journey.go(room, WHY)

    guest.on_stands(stands)
    call.guarded(guest.reconnect)


class MergeByCode:
    """A stop: somebody dialled the code, and everybody whom they have on hold comes into a room with them."""

    ringing = False
    kept = b""

    def __init__(self, journey: Journey, person: Person) -> None:
        self._journey = journey
        self._call = journey.call
        self._person = person
        self._room = f"{MEETING}{journey.call.switch.new_tag()}"
        self._open = 0
        self._came: list[Guest] = []

    def begin(self, happened: list[AnyEvent]) -> None:
        """Answered only where somebody is on hold."""
        if not self._held():
            self._journey.nobody(NOBODY_HELD, None, happened)
            return
        if happened:
            self._call.switch.write(happened)
        self._journey.greet(self._gather, self._journey.nobody)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """Who dialled hung up."""
        self._call.finish(by, refusal, happened)
        self._journey.side.refuse(refusal.status, refusal.reason)

    def _held(self) -> list[Leg]:
        found = []
        for call in self._call.switch.calls.values():
            leg = _own(call, self._person) if call.state == "talking" and call.tenant == self._call.tenant else None
            if leg is not None and leg.side in call.held_by and call.move is None and call.moves < MAX_MOVES:
                found.append(leg)
        return found

    def _gather(self, _guest: Guest) -> None:
        held = self._held()
        if not held:
            self._journey.nobody(NOBODY_HELD)
            return
        room = self._room
        for leg in held:
            leg.call.guarded(bring, leg, room, lambda guest: enter(guest, room), lambda _why: None)
        self._journey.way = ()
        self._journey.go(room, WHY)


NOBODY_HELD = Refusal(480, "failed", "nobody is on hold")
