"""A whole day of a support desk with twelve agents, on virtual time; the books must balance in the evening.

The people of the desk and its callers live in a simulation that keeps its own count of what they did. The other count is
made from what the machine asked for. Both must add up, and to each other.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest
from tests.calls.queue.floor import queue, tenant

from svara.calls.queue.core import KEPT_SECONDS
from svara.calls.queue.machine import Machine
from svara.calls.queue.model import Action, Agent, CallBack, GiveUp, Offer, Overflow, Place, WakeAt, Withdraw
from svara.people.office import Strategy

HOUR = 3600.0
AGENTS = tuple(f"agent {n:02}" for n in range(1, 13))


@dataclass
class Day:
    """Callers come by chance (many at ten and two), have little patience, and keep their place now and then; agents pick up
    after some seconds, sometimes not at all, go to lunch, lose their phones, and talk for some minutes."""

    strategy: Strategy
    seed: int
    now: float = 8 * HOUR
    seen: Counter[str] = field(default_factory=Counter)
    """What people did."""
    asked: Counter[str] = field(default_factory=Counter)
    """What the machine asked for."""
    waits: dict[str, float] = field(default_factory=dict)
    talks: dict[str, str] = field(default_factory=dict)
    talk_seconds: float = 0.0
    answer_waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        rules = queue(
            "support",
            *AGENTS,
            strategy=self.strategy,
            ring_seconds=15,
            wrap_up_seconds=20,
            max_wait_seconds=600,
            max_waiting=30,
            when_timeout="voicemail:support",
            when_full="voicemail:support",
            announce_position=True,
            auto_pause_after=3,
        )
        ids = itertools.count(1)
        self.machine = Machine(tenant(rules), self.now, new_id=lambda: f"o{next(ids)}")
        self.order = itertools.count()
        self.agenda: list[tuple[float, int, Callable[[], None]]] = []
        self.offers: dict[str, set[str]] = {}
        self.patient: set[str] = set()
        self.state_seconds: Counter[str] = Counter()
        self.state_of = dict.fromkeys(AGENTS, ("logged-out", self.now))

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self.agenda, (self.now + seconds, next(self.order), do))

    def live(self) -> None:
        for agent in AGENTS:
            self.at(self.random.uniform(0, 300), lambda agent=agent: self.tell(agent, online=True))
            lunch = self.random.uniform(3 * HOUR, 5 * HOUR)
            self.at(lunch, lambda agent=agent: self.tell(agent, state="paused", reason="lunch"))
            self.at(lunch + 0.5 * HOUR, lambda agent=agent: self.tell(agent, state="available"))
            fails = self.random.uniform(0, 8 * HOUR)
            self.at(fails, lambda agent=agent: self.tell(agent, online=False))
            self.at(fails + 120, lambda agent=agent: self.tell(agent, online=True))
            for hour in range(1, 9):  # whoever was paused for missing calls notices within the hour
                self.at(hour * HOUR + 60, lambda agent=agent: self.comes_back(agent))
        time = 0.0
        while time < 8 * HOUR:
            rush = 3.0 if 2 * HOUR < time < 3 * HOUR or 6 * HOUR < time < 7 * HOUR else 1.0
            time += self.random.expovariate(rush * 90 / HOUR)
            self.at(time, self.somebody_calls)
        while self.agenda:
            self.now, _, do = heapq.heappop(self.agenda)
            do()

    # --- people

    def tell(self, agent: str, **what: object) -> None:
        self.take(self.machine.agent(agent, self.now, **what))  # type: ignore[arg-type]

    def comes_back(self, agent: str) -> None:
        if self.machine.members("support")[AGENTS.index(agent)].reason == "missed offers":
            self.seen["noticed the pause"] += 1
            self.tell(agent, state="available")

    def somebody_calls(self) -> None:
        self.seen["calls"] += 1
        caller = f"caller {self.seen['calls']}"
        self.waits[caller] = self.now
        self.at(self.random.expovariate(1 / 400), lambda: self.loses_patience(caller))
        self.take(self.machine.enter("support", caller, self.now))

    def loses_patience(self, caller: str) -> None:
        if caller not in self.waits or caller in self.patient:
            return
        if self.random.random() < 0.3:
            self.seen["kept the place"] += 1
            self.patient.add(caller)
            self.take(self.machine.keep(caller, "+4721000000", self.now))
        else:
            self.seen["gave up"] += 1
            del self.waits[caller]
            self.take(self.machine.left(caller, self.now))

    def phone_rings(self, agent: str, action: Offer | CallBack) -> None:
        chance = self.random.random()
        if chance < 0.85:
            self.at(self.random.uniform(2, 12), lambda: self.picks_up(agent, action))
        elif chance < 0.9:
            self.at(3, lambda: self.does_not(agent, action, "declined"))
        else:
            self.at(action.ring_seconds, lambda: self.does_not(agent, action, "no answer"))

    def picks_up(self, agent: str, action: Offer | CallBack) -> None:
        if agent not in self.offers.get(action.offer, ()):
            return
        if isinstance(action, CallBack):
            self.seen["call-backs dialled"] += 1
            self.take(self.machine.callback_accepted(action.offer, self.now))
            if self.random.random() < 0.4:
                self.at(20, lambda: self.nobody_home(agent, action))
            else:
                self.at(8, lambda: self.talk(agent, action))
        else:
            self.talk(agent, action)

    def nobody_home(self, agent: str, action: CallBack) -> None:
        self.seen["call-backs in vain"] += 1
        del self.offers[action.offer]
        self.take(self.machine.offer_ended(action.offer, "unreached", self.now))

    def talk(self, agent: str, action: Offer | CallBack) -> None:
        self.seen["answered"] += 1
        assert agent not in self.talks
        self.talks[agent] = action.caller
        self.answer_waits.append(self.now - self.waits.pop(action.caller))
        del self.offers[action.offer]
        seconds = self.random.lognormvariate(5.2, 0.6)
        self.talk_seconds += seconds
        self.at(seconds, lambda: self.hangs_up(agent))
        self.take(self.machine.offer_answered(action.offer, agent, self.now))

    def does_not(self, agent: str, action: Offer | CallBack, how: str) -> None:
        agents = self.offers.get(action.offer, set())
        if agent in agents:
            self.seen["not picked up"] += 1
            agents.discard(agent)
            if not agents:
                del self.offers[action.offer]
            self.take(self.machine.offer_ended(action.offer, how, self.now, agent))  # type: ignore[arg-type]

    def hangs_up(self, agent: str) -> None:
        self.seen["hung up"] += 1
        del self.talks[agent]
        self.take(self.machine.talk_ended(agent, self.now))

    # --- what the machine asks for

    def take(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            self.asked[type(action).__name__] += 1
            match action:
                case Offer():
                    self.offers[action.offer] = set(action.agents)
                    self.asked["rung"] += len(action.agents)
                    for agent in action.agents:
                        self.phone_rings(agent, action)
                case CallBack():
                    self.offers[action.offer] = {action.agent}
                    self.asked["rung"] += 1
                    self.phone_rings(action.agent, action)
                case Withdraw():
                    rung = self.offers[action.offer]
                    assert set(action.agents) <= rung
                    self.asked["rung in vain"] += len(action.agents)
                    rung.difference_update(action.agents)
                    if not rung:
                        del self.offers[action.offer]
                case Overflow() | GiveUp():
                    self.asked[f"went on: {action.why}"] += 1
                    del self.waits[action.caller]
                case Agent():
                    state, since = self.state_of[action.person]
                    self.state_seconds[state] += self.now - since  # type: ignore[assignment]
                    self.state_of[action.person] = (action.state, self.now)
                case Place():
                    assert action.position <= len(self.waits)
                case WakeAt():
                    self.at(action.at - self.now, lambda: self.take(self.machine.wake(self.now)))


@pytest.mark.claim("ONC-4")
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("strategy", ["longest-idle", "ring-all", "fewest-calls"])
def test_the_books_balance_in_the_evening(strategy: Strategy, seed: int) -> None:
    day = Day(strategy, seed)
    day.live()
    seen, asked = day.seen, day.asked

    assert seen["calls"] > 900, "a busy day"
    assert min(seen["gave up"], seen["kept the place"], seen["call-backs in vain"], seen["not picked up"]) > 5
    ended = seen["answered"] + seen["gave up"] + sum(n for what, n in asked.items() if what.startswith("went on"))
    assert seen["calls"] == ended, "every call is in exactly one of the columns"
    assert day.waits == {}
    assert day.machine.standing("support") == []

    assert seen["answered"] == seen["hung up"] == len(day.answer_waits)
    assert max(day.answer_waits) <= KEPT_SECONDS
    assert sum(view.calls for view in day.machine.members("support")) == seen["answered"]
    if strategy != "ring-all":
        made = asked["Offer"] + asked["CallBack"]
        assert made == asked["rung"]
        assert made == seen["answered"] + seen["not picked up"] + seen["call-backs in vain"] + asked["rung in vain"]
    assert asked["CallBack"] >= seen["call-backs dialled"] >= seen["call-backs in vain"]

    assert {state for state, _ in day.state_of.values()} <= {"available", "paused"}, "everybody is through with everything"
    paused = [agent for agent, (state, _) in day.state_of.items() if state == "paused"]
    assert all(day.machine.members("support")[AGENTS.index(agent)].reason == "missed offers" for agent in paused)
    in_vain = seen["call-backs in vain"]
    on_the_phone = day.talk_seconds + 8 * (seen["call-backs dialled"] - in_vain) + 20 * in_vain
    assert day.state_seconds["talking"] == pytest.approx(on_the_phone, abs=1)


def test_the_work_is_shared_fairly() -> None:
    day = Day("fewest-calls", 3)
    day.live()
    taken = [view.calls for view in day.machine.members("support")]
    assert max(taken) - min(taken) <= 0.35 * max(taken), taken
