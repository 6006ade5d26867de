"""A support desk on virtual time: the queue machine, and a log of what it asked for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from svara.calls.queue.machine import Machine
from svara.calls.queue.model import Action, Agent, AgentChoice, CallBack, GiveUp, Offer, Overflow, Place, WakeAt, Withdraw
from svara.people.office import Member, Queue, Tenant


def queue(name: str, *members: str | Member, **rules: Any) -> Queue:
    """A queue whose id is its name."""
    listed = tuple(one if isinstance(one, Member) else Member(one) for one in members)
    return Queue(id=name, name=name, members=listed, **rules)


def tenant(*queues: Queue) -> Tenant:
    return Tenant(
        id="t-acme", slug="acme", name="Acme", country="NO", timezone="Europe/Oslo", languages=("nb",), queues=queues
    )


class Floor:
    """Everybody's phone is online and everybody is logged in, unless a test says otherwise."""

    def __init__(self, *queues: Queue, online: Iterable[str] | None = None) -> None:
        self.now = 0.0
        self.machine = Machine(tenant(*queues), 0.0, new_id=(f"o{n}" for n in itertools.count(1)).__next__)
        self.log: list[tuple[float, Action]] = []
        self.ringing: dict[str, str] = {}
        """Person to the caller for whom they ring."""
        self.offers: dict[str, Offer | CallBack] = {}
        self.wake_at: float | None = None
        self.shown: dict[str, tuple[str, str]] = {}
        everybody = dict.fromkeys(member.person for one in queues for member in one.members)
        for person in everybody if online is None else online:
            self.agent(person, online=True)

    # --- inputs

    def take(self, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        for action in actions:
            self.log.append((self.now, action))
            match action:
                case WakeAt(at):
                    self.wake_at = at
                case Offer():
                    self.offers[action.offer] = action
                    self.ringing |= dict.fromkeys(action.agents, action.caller)
                case CallBack():
                    self.offers[action.offer] = action
                    self.ringing[action.agent] = action.caller
                case Withdraw():
                    for person in action.agents:
                        self.ringing.pop(person, None)
                case Agent():
                    self.shown[action.person] = (action.state, action.reason)
                case _:
                    pass
        return actions

    def enters(self, *callers: str, queue: str = "support", **how: Any) -> None:
        for caller in callers:
            self.take(self.machine.enter(queue, caller, self.now, **how))

    def leaves(self, caller: str) -> None:
        self.take(self.machine.left(caller, self.now))

    def keeps(self, caller: str, number: str) -> None:
        self.take(self.machine.keep(caller, number, self.now))

    def offer_of(self, person: str) -> str:
        caller = self.ringing[person]
        return next(offer for offer, made in reversed(self.offers.items()) if made.caller == caller)

    def answers(self, person: str) -> str:
        """Gives whom they talk to."""
        offer, caller = self.offer_of(person), self.ringing[person]
        for other in [one for one, ringing_for in self.ringing.items() if ringing_for == caller]:
            del self.ringing[other]
        self.take(self.machine.offer_answered(offer, person, self.now))
        return caller

    def misses(self, person: str, how: Any = "no answer") -> None:
        offer = self.offer_of(person)
        del self.ringing[person]
        self.take(self.machine.offer_ended(offer, how, self.now, person))

    def hangs_up(self, person: str) -> None:
        self.take(self.machine.talk_ended(person, self.now))

    def agent(self, person: str, **what: Any) -> None:
        self.take(self.machine.agent(person, self.now, **what))

    def passes(self, seconds: float) -> None:
        """Time goes by; the machine is woken when it wanted to be."""
        end = self.now + seconds
        while self.wake_at is not None and self.wake_at <= end:
            self.now = max(self.now, self.wake_at)
            self.wake_at = None
            self.take(self.machine.wake(self.now))
        self.now = end

    # --- what happened

    def all(self, kind: type[Action]) -> list[Any]:
        return [action for _, action in self.log if isinstance(action, kind)]

    def sent_on(self) -> list[tuple[str, str, str]]:
        return [(one.caller, one.target, one.why) for one in self.all(Overflow)]

    def given_up(self) -> list[tuple[str, str]]:
        return [(one.caller, one.why) for one in self.all(GiveUp)]

    def told(self) -> list[tuple[str, int, float | None]]:
        return [(one.caller, one.position, one.expected_wait_seconds) for one in self.all(Place)]

    def line(self, name: str = "support") -> list[str]:
        return [one.caller for one in self.machine.standing(name)]

    def choices(self, *people: str) -> list[AgentChoice]:
        """What these chose, of those who chose anything."""
        return [choice for person in people if (choice := self.machine.choice(person)) is not None]

    def states(self, name: str = "support") -> dict[str, str]:
        return {one.person: one.state for one in self.machine.members(name)}

    def works_off(self, person: str, calls: int, talk_seconds: float = 10.0) -> list[str]:
        """One agent answers whatever rings, one call after the other; gives the callers."""
        served = []
        for _ in range(calls):
            if person not in self.ringing:
                break
            served.append(self.answers(person))
            self.passes(talk_seconds)
            self.hangs_up(person)
        return served
