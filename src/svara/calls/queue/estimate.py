"""How long a caller will probably wait, from what serving took lately.

With `m` agents who each are bound for `s` seconds by a call, the line moves on by one every `s / m` seconds. Without enough
calls to know `s` by, or without agents, nothing is said: a made-up figure is worse than none.
"""

from __future__ import annotations

MEMORY_CALLS = 20
"""The average is over about so many of the newest calls."""
ENOUGH_CALLS = 3
MOST_SECONDS = 7_200.0


class Estimate:
    """The running average of one queue."""

    __slots__ = ("_calls", "_mean_seconds")

    def __init__(self) -> None:
        self._calls = 0
        self._mean_seconds = 0.0

    def served(self, seconds: float) -> None:
        """A call bound an agent for so long: ringing, talk and wrap-up."""
        self._calls += 1
        self._mean_seconds += (max(0.0, seconds) - self._mean_seconds) / min(self._calls, MEMORY_CALLS)

    def wait_seconds(self, position: int, agents: int) -> float | None:
        """What the caller at `position` (1: next) has to expect with `agents` at work; None where nobody can know."""
        if self._calls < ENOUGH_CALLS or agents <= 0:
            return None
        return min(position * self._mean_seconds / agents, MOST_SECONDS)
