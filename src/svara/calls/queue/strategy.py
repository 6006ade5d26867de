"""Which agent gets the next caller: pure rules on plain numbers.

Every strategy is a sort key: the free agent with the smallest goes first, so that a queue keeps its free agents sorted and
never searches. Skills make tiers: how far an agent falls short of what the queue asks. A caller may be offered to tier 0 at
once and to one more tier with every `relax_seconds` of waiting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from svara.people.office import Strategy

TIERS = 6
"""Levels are 1..5 and a skill that is missing counts 0: nobody falls short by more than 5."""


def sort_key(
    strategy: Strategy, *, place: int, order: int, idle_since: float, calls: int, last_offer: int
) -> tuple[float, ...]:
    """The agent with the smallest key is offered the caller first. The last element is unique in the queue.

    `place` is the agent's among the members as the office lists them; `idle_since` is when the agent last became free
    after a talk, a pause, or an offer that was not picked up; `calls` is how many of this queue they took; `last_offer`
    grows with every offer that is made (0: none was made to this agent yet).
    """
    match strategy:
        case "in-order":
            return (order, place)
        case "round-robin":
            return (last_offer, order, place)
        case "fewest-calls":
            return (calls, idle_since, place)
        case _:
            return (idle_since, place)


def shortfall(needed: Mapping[str, int], skills: Mapping[str, int]) -> int:
    """By how many levels an agent falls short in the skill that is weakest against what is needed: 0..5."""
    worst = max((level - skills.get(name, 0) for name, level in needed.items()), default=0)
    return min(max(worst, 0), TIERS - 1)


def open_tiers(waited_seconds: float, relax_seconds: float) -> int:
    """The highest tier of agents to whom a caller may be offered who waited so long."""
    if relax_seconds <= 0 or waited_seconds < relax_seconds:
        return 0
    return min(math.floor(waited_seconds / relax_seconds + 1e-6), TIERS - 1)
