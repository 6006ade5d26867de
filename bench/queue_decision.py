"""How long the queue machine takes to decide, with a long line and many agents, and how that grows."""

from __future__ import annotations

import gc
import itertools
import time
from random import Random

from bench.report import Figure, percentile

from svara.calls.queue.machine import Machine
from svara.calls.queue.model import Action, Offer
from svara.people.office import Member, Queue, Strategy, Tenant

WAITING, AGENTS = 10_000, 1_000
STRATEGIES: tuple[Strategy, ...] = ("longest-idle", "round-robin", "fewest-calls", "in-order")
SLOWEST_P99_MS = 1.0
MOST_GROWTH = 1.5
"""O(log n) from a tenth to all is log(10,000) / log(1,000) = 1.33."""
ROUNDS = 4_000


def decisions(waiting: int, agents: int, strategy: Strategy, rounds: int) -> list[float]:
    """Milliseconds of each input to a machine with so many callers in the line and so many agents at work in three queues:
    a call ends and the agent gets the next, a caller comes, a caller hangs up somewhere in the line."""
    random = Random(1)
    queues = tuple(
        Queue(
            id=f"q{n}",
            name=f"q{n}",
            strategy=strategy,
            members=tuple(Member(f"p{person}") for person in range(0, agents, n + 1)),
            max_wait_seconds=3600.0,
            announce_position=True,
        )
        for n in range(3)
    )
    tenant = Tenant(id="t", slug="t", name="T", country="NO", timezone="Europe/Oslo", languages=("nb",), queues=queues)
    machine = Machine(tenant, 0.0, new_id=map(str, itertools.count()).__next__)
    talking: list[str] = []

    def answer(actions: tuple[Action, ...], now: float) -> None:
        for action in actions:
            if isinstance(action, Offer):
                machine.offer_answered(action.offer, action.agents[0], now)
                talking.append(action.agents[0])
                served.add(action.caller)

    numbers = itertools.count()
    now = 0.0
    for member in queues[0].members:
        machine.agent(member.person, now, online=True)
    in_line: list[str] = []
    served: set[str] = set()
    while len(in_line) < waiting:
        now += 0.01
        caller = f"c{next(numbers)}"
        actions = machine.enter(random.choice(queues).id, caller, now, priority=random.choice((0, 0, 0, 1)))
        if any(isinstance(action, Offer) for action in actions):
            answer(actions, now)
        else:
            in_line.append(caller)
    spent: list[float] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            now += 0.01
            person = talking.pop(random.randrange(len(talking)))
            began = time.perf_counter()
            actions = machine.talk_ended(person, now)
            spent.append(1000 * (time.perf_counter() - began))
            began = time.perf_counter()
            answer(actions, now)
            spent.append(1000 * (time.perf_counter() - began))
            in_line.append(f"c{next(numbers)}")
            began = time.perf_counter()
            machine.enter(random.choice(queues).id, in_line[-1], now)
            spent.append(1000 * (time.perf_counter() - began))
            if len(in_line) - len(served) <= waiting:
                continue
            while (gone := in_line.pop(random.randrange(len(in_line)))) in served:
                served.remove(gone)
            began = time.perf_counter()
            machine.left(gone, now)
            spent.append(1000 * (time.perf_counter() - began))
    finally:
        gc.enable()
    return spent


def measure() -> list[Figure]:
    figures = []
    for strategy in STRATEGIES:
        large = decisions(WAITING, AGENTS, strategy, ROUNDS)
        name = f"decision with {WAITING:,} waiting and {AGENTS:,} agents, {strategy}, p99"
        figures.append(Figure(name, percentile(large, 0.99), "ms", SLOWEST_P99_MS))
    small = [percentile(decisions(WAITING // 10, AGENTS // 10, "longest-idle", ROUNDS), 0.5) for _ in range(3)]
    large_median = [percentile(decisions(WAITING, AGENTS, "longest-idle", ROUNDS), 0.5) for _ in range(3)]
    growth = min(large_median) / min(small)
    figures.append(Figure("decision time, ten times the callers and agents", growth, "times", MOST_GROWTH))
    return figures
