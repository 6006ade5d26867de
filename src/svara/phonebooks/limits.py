"""How often something may happen, by key: buckets that fill with time. Pure but for its memory, which is bounded.

The counts are of one process and gone with it: what they guard against is a flood, and a password of 100 random bits is
not found by trying.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

MAX_KEYS = 20_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` at once; then one each `seconds`."""

    burst: int
    seconds: float


class Buckets:
    """Safe between threads. Of more keys than MAX_KEYS those are forgotten that were quiet the longest."""

    def __init__(self, allowance: Allowance, monotonic: Callable[[], float]) -> None:
        self._allowance, self._monotonic = allowance, monotonic
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Of each key how much is used, and as of when."""
        self._lock = Lock()

    def wait_seconds(self, key: str) -> float:
        """How long until it may happen again; 0 when it may now. Counts nothing."""
        with self._lock:
            return self._wait(self._left(key))

    def take(self, key: str) -> float:
        """Count one, unless it may not happen now: then how many seconds it has to wait."""
        with self._lock:
            used = self._left(key)
            wait = self._wait(used)
            if wait == 0.0:
                self._used[key] = (used + 1, self._monotonic())
                self._used.move_to_end(key)
                while len(self._used) > MAX_KEYS:
                    self._used.popitem(last=False)
            return wait

    def _left(self, key: str) -> float:
        used, at = self._used.get(key, (0.0, 0.0))
        return max(0.0, used - (self._monotonic() - at) / self._allowance.seconds)

    def _wait(self, used: float) -> float:
        return max(0.0, (used - self._allowance.burst + 1) * self._allowance.seconds)
