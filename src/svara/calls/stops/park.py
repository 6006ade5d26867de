"""Parked callers: they hear music at a place that has an extension, until somebody dials it, or until their time is over.

Who nobody takes goes back: the phones of who parked them ring, show the place, and while nobody picks up there the caller is
parked again, three times at most. Guarantees: a caller is at one place, a place has one caller; whoever dials an extension
of the own company takes whoever is there, and nobody else does; a killed server finds everybody parked where they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.commands import ParkedCall
from svara.calls.events import AnyEvent, CallTransferred, EndedBy, Party
from svara.calls.guest import Guest
from svara.calls.routing.route import NO_ANSWER, Onward, Plan, Refusal, Step, party, step_of
from svara.calls.stops.served import SpokenTo
from svara.calls.wait import Wait
from svara.media.sounds.phrases import MUSIC, digits, phrase
from svara.media.voice.port import Sound

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.journey import Journey
    from svara.calls.leg import Leg
    from svara.calls.stops import Stop
    from svara.people.office import Person

BACK_SECONDS = 30.0
"""How long the phones ring of who had parked the caller."""
MAX_ROUNDS = 3
OWN_MUSIC = "hold-music"
"""Name of the company's own music on hold among its sounds."""
NOBODY_THERE = Refusal(404, "failed", "nobody is parked there")
TAKEN = Refusal(486, "busy", "that parking place is taken")
NOT_TAKEN = Refusal(480, "missed", "nobody took the parked call")
TAKEN_FROM_PARK = "taken from park"


class Kept(msgspec.Struct, array_like=True, frozen=True):
    """What a parked caller's stop wants back after a restart."""

    by: Party
    rounds: int
    since: float
    until: float


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Kept).decode


def at_place(journey: Journey, extension: str, kept: bytes) -> Stop | Refusal:
    """The stop of who comes to a parking place: parked there, or taking who is."""
    call, lot = journey.call, journey.call.switch.lot
    if kept:
        state = _decode(kept)
    elif journey.parked is not None:
        state = journey.parked
    elif call.move is not None:
        state = Kept(call.move.by, 0, call.switch.clock.now(), 0.0)
    else:
        return Taking(journey, extension)
    if lot.taken(call.tenant, extension, call):
        tenant = journey.tenant
        extension = lot.free(tenant) if tenant is not None else ""
    return Parked(journey, extension, state) if extension else TAKEN


class Parked:
    """A caller who is parked."""

    ringing = False

    def __init__(self, journey: Journey, extension: str, state: Kept) -> None:
        self.call = journey.call
        self.extension = extension
        self._journey = journey
        self._state = state
        self._wait = Wait(journey.call)
        self._taker: Call | None = None
        """The own call of who takes the caller, while that is under way."""

    @property
    def kept(self) -> bytes:
        """By whom, how often, and until when."""
        return _encode(self._state)

    @property
    def shown(self) -> ParkedCall:
        """For pages."""
        state = self._state
        return ParkedCall(self.extension, self.call.id, self.call.caller, state.by, state.since, state.until)

    @property
    def _guest(self) -> Guest | None:
        side = self._journey.side
        return side if isinstance(side, Guest) else None

    def begin(self, happened: list[AnyEvent]) -> None:
        """Music, until somebody comes."""
        switch, guest, tenant = self.call.switch, self._guest, self._journey.tenant
        now = switch.clock.now()
        if self._state.until <= now:
            seconds = tenant.parking.seconds if tenant is not None else 0.0
            self._state = msgspec.structs.replace(self._state, until=now + max(seconds, 1.0))
        self.call.comes_from = ""
        switch.lot.put(self)
        self.call.save(*happened)
        self._wait.begin(self._state.until - now, self._back)
        if guest is not None:
            guest.on_key = None
            own = tenant.sound_by_name.get(OWN_MUSIC) if tenant is not None else None
            guest.play((MUSIC if own is None else Sound(own.file),), loop=True, interruptible=False)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up, or the call is ended."""
        self._leave()
        taker, self._taker = self._taker, None
        self.call.finish(by, refusal, happened)
        if taker is not None:
            taker.guarded(taker.end, "system", refusal.reason)
        self._journey.side.refuse(refusal.status, refusal.reason)

    def _leave(self) -> None:
        self._wait.end()
        self.call.switch.lot.leave(self)

    # --- taken

    def give(self, leg: Leg) -> None:
        """Who holds `leg`, in a call of their own that was greeted, talks to the caller from here on."""
        from svara.calls.moves.adopt import adopt  # noqa: PLC0415 - moves know of stops
        from svara.calls.moves.move import Move  # noqa: PLC0415

        self._leave()
        taker = self._taker = leg.call

        def failed(why: Refusal) -> None:
            self._taker = None
            if self.call.setup is self:
                self.begin([])
            taker.guarded(taker.end, "system", why.reason)

        adopt(self.call, leg, TAKEN_FROM_PARK, Move(self.call, leg.party, f"park:{self.extension}", "park"), failed)

    # --- back

    def _back(self) -> None:
        """Nobody came."""
        self._leave()
        guest, state = self._guest, self._state
        if state.rounds >= MAX_ROUNDS:
            self._journey.end(NOT_TAKEN)
        elif self._whose() is None:
            self._state = msgspec.structs.replace(state, rounds=state.rounds + 1, until=0.0)
            self.begin([])
        elif guest is not None:
            guest.play(phrase("park-back", guest.language), interruptible=False, done=self._ring)

    def _whose(self) -> tuple[Person, Step] | None:
        """Who parked the caller, and their phones that are on."""
        tenant, switch = self._journey.tenant, self.call.switch
        person = tenant.by_id.get(self._state.by.person or "") if tenant is not None else None
        if person is None:
            return None
        step = step_of(person, person.phones, switch.reachable, BACK_SECONDS, wakes=person.wakes)
        return (person, step) if step is not None else None

    def _ring(self) -> None:
        call, journey, found = self.call, self._journey, self._whose()
        if found is None:
            self._journey.end(NOT_TAKEN)
            return
        person, step = found
        now = call.switch.clock.now()
        journey.parked = msgspec.structs.replace(self._state, rounds=self._state.rounds + 1, until=0.0)
        again = f"park:{self.extension}"
        plan = Plan(person, (step,), NO_ANSWER, now + BACK_SECONDS, (), Onward(again, again, again))
        call.comes_from = f"\u21a9 {self.extension}"
        call.callee = party(person)
        journey.way = ()
        target = f"person:{person.username}"
        happened: list[AnyEvent] = [
            CallTransferred(call.id, now, by=Party(number=self.extension), to=target, how="taken-back")
        ]
        journey.go(target, NOT_TAKEN.reason, happened, found=plan)


class Taking:
    """Somebody who dialled a parking place."""

    ringing = False
    kept = b""

    def __init__(self, journey: Journey, extension: str) -> None:
        self._journey = journey
        self._call = journey.call
        self._extension = extension

    def begin(self, happened: list[AnyEvent]) -> None:
        """Answered only where somebody is there."""
        if self._there is None:
            self._journey.nobody(NOBODY_THERE, None, happened)
            return
        if happened:
            self._call.switch.write(happened)
        self._journey.greet(self._take, self._journey.nobody)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """Who dialled hung up, or talks in the other call now."""
        self._call.finish(by, refusal, happened)
        self._journey.side.refuse(refusal.status, refusal.reason)

    @property
    def _there(self) -> Parked | None:
        return self._call.switch.lot.at(self._call.tenant, self._extension)

    def _take(self, _guest: Guest) -> None:
        parked, leg = self._there, self._call.front
        if parked is None or leg is None:
            self._journey.nobody(NOBODY_THERE)
        else:
            parked.call.guarded(parked.give, leg)


class ParkByCode(SpokenTo):
    """Somebody who has a call on hold and dialled the code: that call is parked, and they hear where."""

    def __init__(self, journey: Journey, person: Person, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self._person = person

    @property
    def listener(self) -> Person:
        """Who dialled."""
        return self._person

    def serve(self, guest: Guest) -> None:  # noqa: ARG002 - it is `self.guest`
        """Park it."""
        from svara.calls.moves.move import Move  # noqa: PLC0415 - moves know of stops
        from svara.calls.moves.out import hold_out  # noqa: PLC0415

        tenant, switch = self.journey.tenant, self.call.switch
        leg = self._on_hold()
        place = switch.lot.free(tenant) if tenant is not None else ""
        stays = leg.call.other(leg) if leg is not None else None
        if leg is None or stays is None or not place:
            self.goodbye("cannot-be-completed")
            return
        call = leg.call
        switch.lot.reserve(call, place)

        def then(_guest: Guest) -> None:
            journey = call.journey
            if journey is not None:
                call.callee = Party(number=place)
                journey.way = ()
                journey.go(f"park:{place}", "parked")
            self._said(place)

        hold_out(call, stays, then, lambda _why: self._said(""), Move(call, leg.party, f"park:{place}", "park"))

    def _said(self, place: str) -> None:
        if self.guest is None or self.guest.closed:
            return
        if place:
            self.say_last((*phrase("parked-at", self.language), *digits(place, self.language)))
        else:
            self.goodbye("cannot-be-completed")

    def _on_hold(self) -> Leg | None:
        """Their own side of a talk: of one that they hold, else of the only one that they have."""
        legs = [leg for call in self.call.switch.calls.values() for leg in _sides(call, self._person.id)]
        legs = [leg for leg in legs if leg.call.tenant == self.call.tenant]
        held = [leg for leg in legs if leg.side in leg.call.held_by]
        return held[-1] if held else legs[0] if len(legs) == 1 else None


def _sides(call: Call, person: str) -> list[Leg]:
    if call.state != "talking" or call.move is not None:
        return []
    return [leg for leg in (call.front, call.back) if leg is not None and leg.party.person == person]
