"""How often a wrong PIN may be entered: who guesses has to wait, and nobody else.

Each caller has a count of their own at each door: a colleague by their account, a caller from outside by the number that is
shown. Numbers can be forged, so all callers from outside together have a wider count at each door; a number from which the
right PIN came before is not held up by it, and colleagues never are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from svara.calls.events import Party
from svara.people.pin import check_pin
from svara.people.throttle import Allowance, Buckets

TRIES_IN_A_CALL = 3
CALLER = Allowance(free=10, forgive_seconds=360.0)
"""One caller at one door: ten wrong PINs, then one each six minutes."""
OUTSIDE = Allowance(free=30, forgive_seconds=120.0)
"""All callers from outside at one door."""
MAX_KNOWN = 10_000
HIDDEN = "hidden"
"""Callers who show no number are one caller."""


class PinGuard:
    """Checks PINs, and remembers failures by door; in memory only."""

    def __init__(self) -> None:
        self._callers = Buckets(CALLER)
        self._outside = Buckets(OUTSIDE)
        self._known: OrderedDict[str, None] = OrderedDict()
        self.refused = 0
        """Wrong PINs, and tries that were not even looked at, since the process started."""

    def blocked(self, door: str, caller: Party, now: float) -> bool:
        """Whether this door takes no PIN of this caller now."""
        key = _key(door, caller)
        return self._callers.wait_seconds(key, now) > 0 or (
            self._counts_outside(key, caller) and self._outside.wait_seconds(door, now) > 0
        )

    def check(self, door: str, caller: Party, pin: str, encoded: str, now: float) -> bool:
        """Whether the PIN is right; a wrong one counts."""
        return self.which(door, caller, pin, (encoded,), now) is not None

    def which(self, door: str, caller: Party, pin: str, encoded: Sequence[str], now: float) -> int | None:
        """Which of several PINs it is, by its place; None for none of them, which counts once."""
        key = _key(door, caller)
        if self.blocked(door, caller, now):
            self.refused += 1
            return None
        for place, one in enumerate(encoded):
            if check_pin(pin, one):
                self._callers.forgive(key)
                if not caller.person:
                    self._know(key)
                return place
        self.refused += 1
        self._callers.take(key, now)
        if self._counts_outside(key, caller):
            self._outside.take(door, now)
        return None

    def _counts_outside(self, key: str, caller: Party) -> bool:
        return not caller.person and key not in self._known

    def _know(self, key: str) -> None:
        self._known[key] = None
        self._known.move_to_end(key)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def _key(door: str, caller: Party) -> str:
    return f"{door}\0{caller.person or caller.number or HIDDEN}"
