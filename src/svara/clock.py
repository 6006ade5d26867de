"""Time as a parameter.

Every rule of Svara that depends on time takes a `Clock`, so that tests run on virtual time: a forty-second ringing
takes microseconds and always ends the same way. Two kinds of time are kept apart: `now()` is the wall clock (seconds
since the epoch, UTC), for what people read; `monotonic()` never jumps and is for measuring and waiting.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """A pending call; `cancel()` may be called at any time, also after it fired, and more than once."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The time, and the means to be called later."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def call_later(self, delay_seconds: float, callback: Callable[..., Any], *args: Any) -> Timer:
        """Call `callback(*args)` once, `delay_seconds` from now, on the event loop's thread."""
        ...


class LoopClock:
    """The real time of an asyncio event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self.monotonic = self._loop.time
        self.call_later = self._loop.call_later

    now = staticmethod(time.time)


class VirtualTimer:
    """A timer of `VirtualClock`."""

    __slots__ = ("_args", "_callback")

    def __init__(self, callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._callback: Callable[..., Any] | None = callback
        self._args = args

    def cancel(self) -> None:
        self._callback = None
        self._args = ()

    @property
    def cancelled(self) -> bool:
        return self._callback is None

    def fire(self) -> None:
        callback, args = self._callback, self._args
        self.cancel()
        if callback is not None:
            callback(*args)


class VirtualClock:
    """A clock that moves only when told; timers fire in order of their time, then of their making."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._elapsed = 0.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, VirtualTimer]] = []

    def now(self) -> float:
        return self._now + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed

    def call_later(self, delay_seconds: float, callback: Callable[..., Any], *args: Any) -> VirtualTimer:
        timer = VirtualTimer(callback, args)
        heapq.heappush(self._timers, (self._elapsed + max(0.0, delay_seconds), next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; every timer that falls due fires at its own moment."""
        end = self._elapsed + seconds
        while self._timers and self._timers[0][0] <= end:
            self._elapsed, _, timer = heapq.heappop(self._timers)
            timer.fire()
        self._elapsed = end

    @property
    def pending(self) -> int:
        """How many timers still wait: a test asserts 0 to show that nothing leaks."""
        return sum(not timer.cancelled for _, _, timer in self._timers)
