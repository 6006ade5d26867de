"""How often something may happen, by key: buckets that fill with time. Pure but for its memory, which is bounded.

The counts are of one process and gone with it: what they guard against is a flood, and a password of 100 random bits is
not found by trying.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from svara.people.throttle import Allowance, Count

MAX_KEYS = 20_000
UNUSED = Count()


class Buckets:
    """Safe between threads. Of more keys than MAX_KEYS those are forgotten that were quiet the longest."""

    def __init__(self, allowance: Allowance, monotonic: Callable[[], float]) -> None:
        self._allowance, self._monotonic = allowance, monotonic
        self._used: OrderedDict[str, Count] = OrderedDict()
        self._lock = Lock()

    def wait_seconds(self, key: str) -> float:
        """How long until it may happen again; 0 when it may now. Counts nothing."""
        with self._lock:
            return self._allowance.wait_seconds(self._used.get(key, UNUSED), self._monotonic())

    def take(self, key: str) -> float:
        """Count one, unless it may not happen now: then how many seconds it has to wait."""
        with self._lock:
            now, used = self._monotonic(), self._used.get(key, UNUSED)
            wait = self._allowance.wait_seconds(used, now)
            if wait == 0.0:
                self._used[key] = Count(self._allowance.left(used, now) + 1, now)
                self._used.move_to_end(key)
                while len(self._used) > MAX_KEYS:
                    self._used.popitem(last=False)
            return wait
