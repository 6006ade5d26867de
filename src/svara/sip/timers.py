"""Thousands of protocol timers at the cost of a few.

SIP's timers come in few lengths (T1, T2, T4, 64*T1), and most are cancelled. All timers of one length stand in one line in
the order of their making, which is the order of their falling due, and the line keeps a single timer of the clock. Making
and cancelling one is then an append and an assignment. They fire at their own moment on virtual time, and an exception in
one never keeps the others from firing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from svara import log
from svara.clock import Clock

_LOG = log.get("sip.timers")

# Event loops round to the millisecond: what falls due within half of one is due.
_SLACK_SECONDS = 0.0005
# Above this many entries a map is emptied in batches; nobody can see an absorbing state end a little late.
_BATCH_ABOVE = 256
_BATCH_SECONDS = 0.02

K = TypeVar("K")
V = TypeVar("V")


class Ticket(msgspec.Struct, gc=False):
    """A place in a line; `cancel()` may be called at any time and more than once.

    Neither tickets nor entries are followed by the garbage collector: there are many, and each is let go in its time.
    """

    due: float
    callback: Callable[[], object] | None

    def cancel(self) -> None:
        self.callback = None


class _Line:
    __slots__ = ("_armed", "_clock", "_delay", "_monotonic", "_tickets")

    def __init__(self, clock: Clock, delay_seconds: float) -> None:
        self._clock = clock
        self._monotonic = clock.monotonic
        self._delay = delay_seconds
        self._tickets: deque[Ticket] = deque()
        self._armed = False

    def add(self, callback: Callable[[], object]) -> Ticket:
        ticket = Ticket(self._monotonic() + self._delay, callback)
        self._tickets.append(ticket)
        if not self._armed:
            self._armed = True
            self._clock.call_later(self._delay, self._fire)
        return ticket

    def _fire(self) -> None:
        tickets = self._tickets
        now = self._clock.monotonic() + _SLACK_SECONDS
        while tickets:
            ticket = tickets[0]
            callback = ticket.callback
            if callback is not None:
                if ticket.due > now:
                    self._clock.call_later(ticket.due - now + _SLACK_SECONDS, self._fire)
                    return
                ticket.callback = None
            tickets.popleft()
            if callback is not None:
                try:
                    callback()
                except Exception:
                    _LOG.error("a timer's callback failed", exc_info=True)
        self._armed = False

    @property
    def waiting(self) -> int:
        return sum(ticket.callback is not None for ticket in self._tickets)


class Timers:
    """Makes timers of few different lengths on `clock`."""

    __slots__ = ("_clock", "_lines")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[float, _Line] = {}

    def after(self, delay_seconds: float, callback: Callable[[], object]) -> Ticket:
        """Call `callback()` once, `delay_seconds` from now."""
        line = self._lines.get(delay_seconds)
        if line is None:
            line = self._lines[delay_seconds] = _Line(self._clock, delay_seconds)
        return line.add(callback)

    @property
    def waiting(self) -> int:
        """How many timers still wait; for tests and figures."""
        return sum(line.waiting for line in self._lines.values())


class _Entry(msgspec.Struct, Generic[K, V], gc=False):
    due: float
    key: K
    value: V


class ExpiringMap(Generic[K, V]):
    """A map whose entries live a fixed time; above `limit` entries the oldest go first (without `on_expire`)."""

    __slots__ = ("_armed", "_clock", "_entries", "_limit", "_monotonic", "_on_expire", "_order", "_seconds")

    def __init__(self, clock: Clock, seconds: float, limit: int, on_expire: Callable[[K, V], object] | None = None) -> None:
        self._clock = clock
        self._monotonic = clock.monotonic
        self._seconds = seconds
        self._limit = limit
        self._on_expire = on_expire
        self._entries: dict[K, _Entry[K, V]] = {}
        self._order: deque[_Entry[K, V]] = deque()
        self._armed = False

    def put(self, key: K, value: V) -> None:
        """Hold `value` for the map's time from now; a former entry of that key is forgotten."""
        entry = _Entry(self._monotonic() + self._seconds, key, value)
        self._entries[key] = entry
        self._order.append(entry)
        if len(self._order) > self._limit:
            oldest = self._order.popleft()
            if self._entries.get(oldest.key) is oldest:
                del self._entries[oldest.key]
        if not self._armed:
            self._armed = True
            self._clock.call_later(self._seconds, self._fire)

    def replace(self, key: K, value: V) -> None:
        """Change the value of an entry that is there; its time goes on."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.value = value

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        return None if entry is None else entry.value

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def pop(self, key: K) -> V | None:
        entry = self._entries.pop(key, None)
        return None if entry is None else entry.value

    def _fire(self) -> None:
        order, entries = self._order, self._entries
        now = self._clock.monotonic() + _SLACK_SECONDS
        while order and (order[0].due <= now or entries.get(order[0].key) is not order[0]):
            entry = order.popleft()
            if entries.get(entry.key) is not entry:
                continue
            del entries[entry.key]
            if self._on_expire is not None:
                try:
                    self._on_expire(entry.key, entry.value)
                except Exception:
                    _LOG.error("a timer's callback failed", exc_info=True)
        if order:
            wait = order[0].due - now + _SLACK_SECONDS + (_BATCH_SECONDS if len(order) > _BATCH_ABOVE else 0.0)
            self._clock.call_later(wait, self._fire)
        else:
            self._armed = False
