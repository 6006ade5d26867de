"""The queue machine under everything that can happen, in any order, with a machine that is killed and rebuilt.

A world of its own keeps account: every caller who came, what became of them, whose phone rings and who talks, written down
from what the machine asked for and what people did. After each step the two accounts must agree.
"""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from tests.calls.queue.floor import queue, tenant

from svara.calls.queue.core import CALLBACK_RETRY_SECONDS, LEASE_GRACE_SECONDS
from svara.calls.queue.machine import Machine
from svara.calls.queue.model import Action, Agent, CallBack, GiveUp, Offer, Overflow, Standing, Talk, WakeAt, Withdraw
from svara.people.office import Member, Strategy, Tenant

PEOPLE = ("anna", "bob", "cecilie", "dora")
STRATEGIES: tuple[Strategy, ...] = ("ring-all", "longest-idle", "round-robin", "fewest-calls", "in-order")
RING_SECONDS = 15.0

people = st.sampled_from(PEOPLE)
queues = st.sampled_from(("support", "sales"))


def office(strategy: Strategy, **rules: Any) -> Tenant:
    return tenant(
        queue(
            "support",
            Member("anna", skills={"sql": 3}),
            Member("bob", skills={"sql": 2}, weight=2),
            Member("cecilie"),
            strategy=strategy,
            skills={"sql": 3},
            relax_seconds=20,
            ring_seconds=RING_SECONDS,
            **rules,
        ),
        queue("sales", "cecilie", "dora", "anna", strategy="longest-idle", ring_seconds=RING_SECONDS, wrap_up_seconds=5),
    )


class Queues(RuleBasedStateMachine):
    """What the world knows is in plain dicts; `self.machine` is asked, never trusted."""

    callers = Bundle("callers")

    @initialize(
        strategy=st.sampled_from(STRATEGIES),
        max_waiting=st.none() | st.integers(0, 4),
        max_wait=st.none() | st.just(70.0),
        empty=st.none() | st.just("person:dora"),
        auto_pause=st.integers(0, 2),
        wrap_up=st.sampled_from((0.0, 5.0)),
    )
    def open(
        self, strategy: Strategy, max_waiting: int | None, max_wait: float | None, empty: str | None, **more: Any
    ) -> None:
        self.tenant = office(
            strategy,
            max_waiting=max_waiting,
            max_wait_seconds=max_wait,
            when_empty=empty,
            auto_pause_after=more["auto_pause"],
            wrap_up_seconds=more["wrap_up"],
        )
        self.now = 1000.0
        self.ids = itertools.count(1)
        self.machine = self.new_machine()
        self.wake_at: float | None = None
        self.came: dict[str, tuple[str, int, float, int]] = {}
        """Caller to queue, priority, time and number of coming."""
        self.waits: dict[str, str] = {}
        """Those who came and of whom nothing became yet, to the number for which the place is kept."""
        self.ended: dict[str, str] = {}
        self.offers: dict[str, tuple[Offer | CallBack, set[str]]] = {}
        """Offers that stand, with those who still ring."""
        self.talks: dict[str, tuple[str, str]] = {}
        """Person to caller and queue."""
        self.accepted: set[str] = set()
        """Call-backs of which the number is dialled now."""
        self.tried_again_at: dict[str, float] = {}
        """When a number that did not answer is called once more."""
        self.online: set[str] = set()
        self.busy: set[str] = set()
        self.shown: dict[str, Agent] = {}
        for person in PEOPLE:
            self.flips_phone(person)

    def new_machine(self) -> Machine:
        return Machine(self.tenant, self.now, new_id=lambda: f"o{next(self.ids)}")

    def take(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            match action:
                case Offer() | CallBack():
                    agents = set(action.agents) if isinstance(action, Offer) else {action.agent}
                    assert agents
                    assert action.caller in self.waits, "offered, but nobody is there"
                    assert self.came[action.caller][0] == action.queue
                    assert (self.waits[action.caller] != "") is isinstance(action, CallBack)
                    for person in agents:
                        assert person not in self.rung_now(), f"{person} is offered two calls"
                        assert person not in self.talks, f"{person} is rung while talking"
                        assert person in self.online
                        assert person not in self.busy
                    assert all(one.caller != action.caller for one, _ in self.offers.values()), "offered twice"
                    self.overtakes_nobody(action.caller)
                    self.offers[action.offer] = (action, agents)
                case Withdraw():
                    if action.offer in self.offers:
                        if action.offer in self.accepted:
                            self.tried_again_at[self.offers[action.offer][0].caller] = self.now + CALLBACK_RETRY_SECONDS
                        self.offers[action.offer][1].difference_update(action.agents)
                        if not self.offers[action.offer][1]:
                            del self.offers[action.offer]
                case Overflow() | GiveUp():
                    self.ends(action.caller, f"sent on: {action.why}")
                case Agent():
                    self.shown[action.person] = action
                case WakeAt():
                    self.wake_at = action.at
                case _:
                    assert self.waits[action.caller] == ""
                    assert action.position >= 1

    def overtakes_nobody(self, caller: str) -> None:
        """Nobody who came earlier with the same priority stands there with nothing to wait for but an agent."""
        to, priority, _, number = self.came[caller]
        offered = {one.caller for one, _ in self.offers.values()}
        for other in self.waits:
            if self.came[other][:2] == (to, priority) and self.came[other][3] < number:
                assert other in offered or self.tried_again_at.get(other, 0.0) > self.now, f"{caller} overtakes {other}"

    def ends(self, caller: str, how: str) -> None:
        assert caller in self.waits, f"{caller} ended twice: {self.ended.get(caller)}, {how}"
        del self.waits[caller]
        self.ended[caller] = how

    def rung_now(self) -> dict[str, str]:
        return {person: offer for offer, (_, agents) in self.offers.items() for person in agents}

    # --- callers

    @rule(target=callers, to=queues, priority=st.sampled_from((0, 0, 0, 2)))
    def enters(self, to: str, priority: int) -> str:
        caller = f"c{len(self.came) + 1}"
        self.came[caller] = (to, priority, self.now, len(self.came))
        self.waits[caller] = ""
        self.take(self.machine.enter(to, caller, self.now, priority=priority))
        return caller

    @rule(caller=consumes(callers))
    def hangs_up(self, caller: str) -> None:
        """At any step: waiting, ringing, talking, or long gone."""
        for person, (talks_to, _) in list(self.talks.items()):
            if talks_to == caller:
                self.talk_ends(person)
        if self.waits.get(caller) == "":
            self.ends(caller, "hung up")
        if caller not in self.waits:
            self.take(self.machine.left(caller, self.now))

    @rule(target=callers, caller=consumes(callers))
    def keeps_the_place(self, caller: str) -> Any:
        if self.waits.get(caller) == "":
            self.waits[caller] = f"+47{caller[1:]}"
            self.take(self.machine.keep(caller, self.waits[caller], self.now))
        return multiple()

    # --- agents

    @rule(person=people)
    def answers(self, person: str) -> None:
        offer = self.rung_now().get(person)
        if offer is None:
            return
        made, _ = self.offers[offer]
        if isinstance(made, CallBack) and offer not in self.accepted:
            self.accepted.add(offer)
            self.take(self.machine.callback_accepted(offer, self.now))
            return
        del self.offers[offer]
        self.ends(made.caller, f"answered by {person}")
        self.talks[person] = (made.caller, made.queue)
        self.take(self.machine.offer_answered(offer, person, self.now))

    @rule(person=people, how=st.sampled_from(("no answer", "declined", "busy", "offline", "failed", "unreached")))
    def does_not_answer(self, person: str, how: Any) -> None:
        offer = self.rung_now().get(person)
        if offer is None or (how == "unreached" and offer not in self.accepted):
            return
        made, agents = self.offers[offer]
        agents.discard(person)
        if how == "unreached":
            self.tried_again_at[made.caller] = self.now + CALLBACK_RETRY_SECONDS
        if not agents:
            del self.offers[offer]
        self.take(self.machine.offer_ended(offer, how, self.now, person))

    @rule(person=people)
    def answers_late(self, person: str) -> None:
        """An answer to an offer that is long over changes nothing but this phone."""
        before = dict(self.waits)
        self.take(self.machine.offer_answered("o0", person, self.now))
        self.take(self.machine.offer_ended("o0", "declined", self.now))
        assert self.waits == before

    @rule(person=people)
    def talk_ends(self, person: str) -> None:
        self.talks.pop(person, None)
        self.take(self.machine.talk_ended(person, self.now))

    @rule(person=people)
    def flips_phone(self, person: str) -> None:
        self.online ^= {person}
        self.take(self.machine.agent(person, self.now, online=person in self.online))

    @rule(person=people)
    def flips_other_call(self, person: str) -> None:
        if person not in self.talks and person not in self.rung_now():
            self.busy ^= {person}
            self.take(self.machine.agent(person, self.now, busy=person in self.busy))

    @rule(
        person=people,
        state=st.sampled_from(("available", "available", "paused", "logged-out")),
        where=st.none() | queues,
    )
    def chooses(self, person: str, state: Any, where: str | None) -> None:
        self.take(self.machine.agent(person, self.now, state=state, reason="lunch", queue=where))

    # --- the world

    @rule(seconds=st.sampled_from((0.3, 1.0, 4.0, 10.0, 15.0, 60.0, 300.0)))
    def time_passes(self, seconds: float) -> None:
        end = self.now + seconds
        steps = 0
        while self.wake_at is not None and self.wake_at <= end:
            self.now = max(self.now, self.wake_at)
            self.wake_at = None
            self.take(self.machine.wake(self.now))
            steps += 1
            assert steps < 5000, "the machine wakes itself without end"
        self.now = end

    @rule(strategy=st.sampled_from(STRATEGIES), without=st.none() | people)
    def the_office_changes(self, strategy: Strategy, without: str | None) -> None:
        """Another strategy, or a member who leaves the queue (and may be back with the next change)."""
        rules = office(strategy).queues
        members = tuple(member for member in rules[0].members if member.person != without)
        self.tenant = tenant(
            queue("support", *members, strategy=strategy, ring_seconds=RING_SECONDS, skills=rules[0].skills), rules[1]
        )
        self.take(self.machine.office(self.tenant, self.now))
        self.tell_of_phones()

    @rule()
    def the_process_is_killed(self) -> None:
        """What rang rings no more; lines, kept places, talks and choices are durable."""
        choices = [choice for person in PEOPLE if (choice := self.machine.choice(person)) is not None]
        standing = [
            Standing(caller, came[0], came[2], came[1], number, position=came[3])
            for caller, number in self.waits.items()
            for came in [self.came[caller]]
        ]
        self.offers.clear()
        self.accepted.clear()
        self.tried_again_at.clear()
        self.wake_at = None
        self.machine = self.new_machine()
        self.take(self.machine.choose(choices, self.now))
        talks = [Talk(person, to, self.now) for person, (_, to) in self.talks.items()]
        self.take(self.machine.take_over(standing, talks, self.now))
        self.tell_of_phones()

    def tell_of_phones(self) -> None:
        for person in PEOPLE:
            self.take(self.machine.agent(person, self.now, online=person in self.online, busy=person in self.busy))

    # --- what must always hold

    @invariant()
    def nobody_is_lost_or_doubled(self) -> None:
        stand = [one.caller for name in ("support", "sales") for one in self.machine.standing(name)]
        assert sorted(stand) == sorted(self.waits)
        assert not set(self.waits) & set(self.ended)
        assert set(self.waits) | set(self.ended) == set(self.came)

    @invariant()
    def the_line_is_in_order(self) -> None:
        for name in ("support", "sales"):
            line = [one.caller for one in self.machine.standing(name)]
            wanted = sorted(line, key=lambda one: (-self.came[one][1], self.came[one][2], self.came[one][3]))
            assert line == wanted
            inside = self.machine._lines[name]  # what callers are told of their place is counted another way
            assert [inside.position(self.machine._callers[one]) for one in line] == list(range(1, len(line) + 1))

    @invariant()
    def nobody_waits_whom_a_free_agent_could_have(self) -> None:
        """Whoever is free has nobody waiting in a queue of theirs but those who are offered already, need more skill for
        now, or whose number is not tried again yet."""
        for name in ("support", "sales"):
            line = self.machine._lines[name]  # a look inside: who is free, by the machine's own account
            assert line.next_pair(self.now) is None

    @invariant()
    def states_tell_what_people_do(self) -> None:
        ringing = self.rung_now()
        for name in ("support", "sales"):
            for view in self.machine.members(name):
                if view.state == "ringing":
                    assert view.person in ringing
                    assert ringing[view.person] not in self.accepted
                if view.state == "available":
                    assert view.person in self.online
                    assert view.person not in ringing
                    assert view.person not in self.talks
                    assert view.person not in self.busy
                if view.state != "logged-out" and view.person in self.talks:
                    assert view.state == "talking"

    def teardown(self) -> None:
        """Every state is left again: when all hang up, pick up nothing and log in, all are available and nobody stands."""
        if not hasattr(self, "machine"):
            return
        for person in list(self.talks):
            self.talk_ends(person)
        for caller in [one for one, number in self.waits.items() if not number]:
            self.ends(caller, "hung up")
            self.take(self.machine.left(caller, self.now))
        for person in PEOPLE:
            if person in self.busy:
                self.flips_other_call(person)
            if person not in self.online:
                self.flips_phone(person)
            self.chooses(person, "available", None)
        for _ in range(100):  # more than all the tries that a kept place has
            for person in PEOPLE:
                self.chooses(person, "available", None)
                self.answers(person)
                self.answers(person)
                self.talk_ends(person)
            if not self.waits:
                break
            self.time_passes(CALLBACK_RETRY_SECONDS / 3)
        self.time_passes(RING_SECONDS + LEASE_GRACE_SECONDS + 60)
        assert self.waits == {}
        for name in ("support", "sales"):
            assert {view.state for view in self.machine.members(name)} == {"available"}
        assert len(self.machine._timers) == 0, "nothing is left to fall due"


TestQueues = Queues.TestCase
TestQueues.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
