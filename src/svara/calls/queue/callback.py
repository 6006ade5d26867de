"""A kept place comes to the front: the agent's phones ring first, then the number is dialled for them.

A call of its own (like click to call), whose offer and outcome the queue machine is told. The person who kept the place
never waits for an agent again: whoever is called back finds one on the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.call import Call
from svara.calls.events import AgentOffered, AgentOfferEnded, AnyEvent, EndedBy
from svara.calls.queue.model import CallBack, OfferEnd
from svara.calls.queue.store import KeptPlace
from svara.calls.ringing.originate import OwnPhones
from svara.calls.routing.dialling import Dialling, dialling
from svara.calls.routing.route import Asked, Refusal, party
from svara.media.sounds.phrases import digits, phrase
from svara.people.office import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.queue.room import Room
    from svara.clock import Timer


class Told:
    """The stop at which an agent hears whom they call back, before it is dialled; any key goes on at once. Where there is no
    voice process it is dialled without."""

    ringing = False
    kept = b""

    def __init__(self, journey: Journey, number: str, dial: Callable[[], None]) -> None:
        self._journey = journey
        self._number = number
        self._dial: Callable[[], None] | None = dial

    def begin(self, happened: list[AnyEvent]) -> None:
        """Say it."""
        if happened:
            self._journey.call.switch.write(happened)
        self._journey.greet(self._tell, lambda _refusal: self._go_on())

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The agent hung up."""
        self._dial = None
        self._journey.call.finish(by, refusal, happened)
        self._journey.side.refuse(refusal.status, refusal.reason)

    def _tell(self, guest: Guest) -> None:
        agent = self._journey.call.caller.person or ""
        person = self._journey.tenant.by_id.get(agent) if self._journey.tenant is not None else None
        language = (person.language if person is not None else "") or guest.language
        guest.on_key = lambda _key: self._go_on()
        guest.play((*phrase("call-back-to", language), *digits(self._number, language)), done=self._go_on)

    def _go_on(self) -> None:
        dial, self._dial = self._dial, None
        if dial is not None:
            guest = self._journey.call.guest
            if guest is not None:
                guest.on_key = None
            dial()


class CallingBack:
    """One call-back."""

    def __init__(self, room: Room, action: CallBack, place: KeptPlace) -> None:
        self._room = room
        self._action = action
        self._place = place
        self._accepted = False
        self._timer: Timer | None = None
        self._call: Call | None = None
        room.offers[action.offer] = self
        room.calling_back.add(action.agent)

    def begin(self) -> None:
        """Ring the agent."""
        room, action, switch = self._room, self._action, self._room.switch
        person = room.tenant.by_id.get(action.agent)
        if person is None:
            self._over("offline")
            return
        meant = self._meant(person, "")
        if isinstance(meant.found, Refusal):
            self._over("unreached")
            return
        call = self._call = Call(
            switch,
            switch.new_id(),
            tenant=room.tenant.id,
            caller=party(person),
            dialled=action.number,
            callee=meant.callee,
            relay=switch.relay_for(room.tenant),
        )
        call.direction = meant.direction
        call.queue = action.queue
        call.ended = self._ended
        call.picked_up = self._picked_up
        self._timer = switch.clock.call_later(action.ring_seconds, call.guarded, call.end, "system", "no answer")
        call.guarded(self._ring, call, person)

    def _ring(self, call: Call, person: Person) -> None:
        happened = call.open()
        now = self._room.switch.clock.now()
        offer, queue = self._action.offer, self._action.queue
        happened.append(AgentOffered(call.id, now, queue=queue, offer=offer, agent=party(person)))
        phones = OwnPhones(call, person, lambda: self._meant(person, call.caller.login or ""), self._accepted_by)
        call.setup = phones
        phones.begin(happened)

    def _meant(self, person: Person, login: str) -> Dialling:
        switch = self._room.switch
        return dialling(switch.office, Asked(self._room.tenant.id, person.id, login, self._action.number), switch.moment())

    def _accepted_by(self, journey: Journey, dial: Callable[[], None]) -> None:
        """The agent picked up, and hears that it is a call-back; then it is dialled."""
        room = self._room
        self._accepted = True
        self._no_timer()
        self._record("answered")
        room.take(room.machine.callback_accepted(self._action.offer, room.now))
        journey.call.setup = told = Told(journey, self._action.number, dial)
        told.begin([])

    def withdraw(self, _agents: tuple[str, ...]) -> None:
        """The machine does not want it any more."""
        call = self._call
        if call is not None:
            call.ended = None
            if not self._accepted:
                self._record("withdrawn")
            self._forget()
            call.guarded(call.end, "system", "withdrawn")

    def _picked_up(self) -> None:
        """The number answered."""
        room, action, call = self._room, self._action, self._call
        self._forget()
        room.forget_kept(action.caller)
        if call is not None:
            room.talk_begins(call, action.agent, action.queue)
        room.take(room.machine.offer_answered(action.offer, action.agent, room.now))

    def _ended(self) -> None:
        """The call is over without a talk."""
        if self._accepted:
            self._over("unreached")
        elif self._room.switch.relay.up:
            self._record("no answer")
            self._over("no answer")
        else:
            self._record("withdrawn")
            self._over("failed")

    def _over(self, how: OfferEnd) -> None:
        room, place = self._room, self._place
        self._forget()
        if how == "unreached":
            room.tried(msgspec.structs.replace(place, tries=place.tries + 1))
        room.take(room.machine.offer_ended(self._action.offer, how, room.now))

    def _record(self, how: Literal["answered", "no answer", "withdrawn"]) -> None:
        call = self._call
        if call is not None:
            now = self._room.switch.clock.now()
            self._room.switch.write([AgentOfferEnded(call.id, now, offer=self._action.offer, how=how)])

    def _forget(self) -> None:
        self._no_timer()
        self._room.offers.pop(self._action.offer, None)
        self._room.calling_back.discard(self._action.agent)

    def _no_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
