"""An offer of the queue machine as ringing phones: the agents' phones ring for a caller who stays in the line meanwhile.

The owner of a `Setup`: it tells the machine of each agent how the offer ended, once. A queue's offer is no missed call for
the agent who does not pick up; the record says so by `AgentOfferEnded`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from svara.calls.events import AgentOffered, AgentOfferEnded, AnyEvent
from svara.calls.queue.model import Offer, OfferEnd
from svara.calls.ringing.setup import Setup
from svara.calls.routing.route import NO_ANSWER, Also, Plan, Refusal, Step, party
from svara.calls.routing.verdict import RELAY_DOWN, meaning

if TYPE_CHECKING:
    from svara.calls.leg import Leg
    from svara.calls.queue.waiting import InQueue


def how_of(refusal: Refusal) -> OfferEnd:
    """What a refusal means for an offer."""
    if refusal == NO_ANSWER:
        return "no answer"
    if refusal == RELAY_DOWN:
        return "failed"
    match refusal.outcome:
        case "busy":
            return "busy"
        case "rejected":
            return "declined"
    return "offline"


class Offering:
    """See the module."""

    def __init__(self, stop: InQueue, offer: Offer) -> None:
        self._stop = stop
        self._offer = offer
        self._room = stop.room
        self._rung = {agent: offer.offer if n == 0 else f"{offer.offer}.{n}" for n, agent in enumerate(offer.agents)}
        """Those who ring still, and under which id the record knows the offer to them."""
        self._last: OfferEnd | None = None
        """How it ended for the one who was left."""
        self.setup: Setup | None = None
        self._room.offers[offer.offer] = self

    @property
    def agents(self) -> tuple[str, ...]:
        """Those who ring still."""
        return tuple(self._rung)

    def begin(self, happened: list[AnyEvent]) -> None:
        """Ring them; `happened` has not been written yet."""
        stop, call = self._stop, self._stop.call
        tenant, now = self._room.tenant, call.switch.clock.now()
        steps = []
        for agent, offer in self._rung.items():
            person = tenant.by_id.get(agent)
            if person is not None:
                happened.append(AgentOffered(call.id, now, queue=stop.queue.id, offer=offer, agent=party(person)))
                steps.append(Step(person, person.phones, self._offer.ring_seconds, wakes=person.wakes))
        stop.write(happened)
        if not steps:
            self.nobody(meaning(480))
            return
        also = tuple(Also(0.0, (step,)) for step in steps[1:])
        plan = Plan(None, (steps[0],), NO_ANSWER, now + self._offer.ring_seconds, also)
        self.setup = Setup(call, stop.journey.side, plan, stop.journey.passed, owner=self)
        self.setup.begin([])

    def ended(self, how: OfferEnd | Literal["answered", "elsewhere"], agent: str) -> AgentOfferEnded:
        """The offer to this agent is over: for the record."""
        call = self._stop.call
        told = "no answer" if how == "unreached" else "withdrawn" if how == "failed" else how
        return AgentOfferEnded(call.id, call.switch.clock.now(), offer=self._rung.pop(agent), how=told)

    def over(self, how: OfferEnd) -> list[AnyEvent]:
        """It is over for all who ring still: for the record."""
        self._room.offers.pop(self._offer.offer, None)
        return [self.ended(how, agent) for agent in list(self._rung)]

    # --- the machine does not want it any more

    def withdraw(self, agents: tuple[str, ...]) -> None:
        """These agents are not to ring any more."""
        stop = self._stop
        happened: list[AnyEvent] = [self.ended("withdrawn", agent) for agent in agents if agent in self._rung]
        stop.call.switch.write(happened)
        if self._rung:
            for agent in agents:
                if self.setup is not None:
                    self.setup.release(agent, "withdrawn")
            return
        self.over("withdrawn")
        if self.setup is not None:
            self.setup.withdraw("withdrawn")
        stop.offer_over()

    # --- what the phones say (see svara.calls.stops.Owner)

    def passed(self, person: str, refusal: Refusal) -> None:
        """One of them did not pick up. The last one is out when `nobody` tells."""
        room, how = self._room, how_of(refusal)
        if person in self._rung and len(self._rung) == 1:
            self._last = how
        elif person in self._rung:
            self._stop.call.switch.write([self.ended(how, person)])
            room.take(room.machine.offer_ended(self._offer.offer, how, room.now, person))

    def nobody(self, refusal: Refusal) -> None:
        """Nobody picked up."""
        room, how = self._room, self._last or how_of(refusal)
        self._stop.call.switch.write(self.over(how))
        self._stop.offer_over()
        room.take(room.machine.offer_ended(self._offer.offer, how, room.now))

    def picked_up(self, leg: Leg) -> list[AnyEvent]:
        """One did."""
        stop, room, winner = self._stop, self._room, leg.party.person or ""
        happened: list[AnyEvent] = [self.ended("answered", winner)] if winner in self._rung else []
        happened += [self.ended("elsewhere", agent) for agent in list(self._rung)]
        self.over("withdrawn")
        happened.append(stop.leave("answered"))
        room.talk_begins(stop.call, winner, stop.queue.id)
        room.take(room.machine.offer_answered(self._offer.offer, winner, room.now))
        return happened
