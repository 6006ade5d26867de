"""20 ms that do not drift: every moment is counted from the beginning, none from the one before.

A period of 20 ms has several slots, and each leg belongs to one of them, so that five hundred legs do not send all at once.
Whoever is late catches up within the period; after a longer stall the periods that were missed are left out, never made up
for in a burst.
"""

from __future__ import annotations

from collections.abc import Callable

from svara.clock import Clock, Timer

PERIOD_SECONDS = 0.02
SLOTS = 10
_SLOT_SECONDS = PERIOD_SECONDS / SLOTS


class Schedule:
    """Calls `work(slot, period)` for every slot that is in use, once a period."""

    def __init__(self, clock: Clock, work: Callable[[int, int], None]) -> None:
        self._clock = clock
        self._work = work
        self._began = clock.monotonic()
        self._next = 0
        """The number of the next slot, counted from the beginning."""
        self._users = [0] * SLOTS
        self._timer: Timer | None = None
        self._working = False
        self.skipped = 0
        """How many periods were left out since the start."""

    def join(self) -> int:
        """A slot for one more, the emptiest."""
        slot = self._users.index(min(self._users))
        self._users[slot] += 1
        if self._timer is None and not self._working:
            self._next = self._passed() + 1
            self._wait()
        return slot

    def leave(self, slot: int) -> None:
        """One less in that slot; nothing is woken for an empty one."""
        self._users[slot] -= 1
        if self._timer is not None and not self._working and not any(self._users):
            self._timer.cancel()
            self._timer = None

    def move(self, slot: int, to: int) -> None:
        """One of that slot belongs to another from now on."""
        self._users[slot] -= 1
        self._users[to] += 1

    @property
    def period(self) -> int:
        """The number of the current period."""
        return self._passed() // SLOTS

    def _passed(self) -> int:
        return int((self._clock.monotonic() - self._began) / _SLOT_SECONDS + 1e-6)

    def _wait(self) -> None:
        while not self._users[self._next % SLOTS]:
            self._next += 1
        due = self._began + self._next * _SLOT_SECONDS
        self._timer = self._clock.call_later(due - self._clock.monotonic(), self._wake)

    def _wake(self) -> None:
        """Do what is due: at most one whole period."""
        now = self._passed()
        behind = (now - self._next) // SLOTS
        if behind > 0:
            self.skipped += behind
            self._next += behind * SLOTS
        self._working = True
        try:
            while self._next <= now:
                period, slot = divmod(self._next, SLOTS)
                self._next += 1
                if self._users[slot]:
                    self._work(slot, period)
        finally:
            self._working = False
        self._timer = None
        if any(self._users):
            self._wait()
