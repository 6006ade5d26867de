"""Notices phones of a talk that fell silent, by asking the engine now and then what it last heard of them.

Costs one small question per session and `POLL_SECONDS`. Nobody is called silent because a question found no answer: while
the engine answers others, that is a lost datagram or an answer too large for one.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from svara.clock import Clock, Timer
from svara.media.arrivals import Came, share_missing
from svara.media.ng import NgClient, Plain, Value
from svara.media.relay import RelayError
from svara.media.reports import came, quietest

POLL_SECONDS = 10.0
POLL_TICK_SECONDS = 0.05
POLLS_A_TICK = 20
"""Small, because the engine answers in the threads in which it passes packets on: 0.1 ms a question."""
POLLS_IN_FLIGHT = 500


class _Watched:
    """`legs` of a session, one of which may fall silent. `alive_at` is when the engine last told of it (monotonic), `first`
    and `last` what had come from each when it did."""

    __slots__ = ("alive_at", "first", "last", "legs", "tag")

    def __init__(self, legs: tuple[str, ...], tag: str, alive_at: float) -> None:
        self.legs = legs
        self.tag = tag
        self.alive_at = alive_at
        self.first: tuple[Came, ...] = ()
        self.last: tuple[Came, ...] = ()


class Silence:
    """Asks over `ng`. `up()` tells whether the engine answers at all; `on_silent(session, leg)` is told once a `watch`."""

    def __init__(
        self,
        clock: Clock,
        ng: NgClient,
        dead_seconds: float,
        up: Callable[[], bool],
        on_silent: Callable[[str, str], None],
    ) -> None:
        self._clock = clock
        self._ng = ng
        self._dead_seconds = dead_seconds
        self._up = up
        self._on_silent = on_silent
        self._watched: dict[str, _Watched] = {}
        self._due: list[tuple[float, int, str, _Watched]] = []
        self._order = itertools.count()
        self._polls = 0
        self._timer: Timer | None = None

    def start(self) -> None:
        """Begin to ask."""
        self._poll()

    def close(self) -> None:
        """Ask no more."""
        if self._timer is not None:
            self._timer.cancel()

    def watch(self, session: str, legs: tuple[str, ...], tag: str) -> None:
        """From now on; `tag` is the leg by which the engine is asked about the session (see `query`)."""
        watched = self._watched[session] = _Watched(legs, tag, self._clock.monotonic())
        self._plan(session, watched, min(POLL_SECONDS, self._dead_seconds))

    def forget(self, session: str) -> dict[str, float | None]:
        """The session is over; which share of what each leg sent did not come, as far as it was seen."""
        watched = self._watched.pop(session, None)
        if watched is None:
            return {}
        return dict(zip(watched.legs, map(share_missing, watched.first, watched.last), strict=False))

    def engine_restarted(self) -> None:
        """Its sessions are being built anew: their time begins again."""
        for watched in self._watched.values():
            watched.alive_at = self._clock.monotonic()
            watched.first = watched.last = ()

    def _plan(self, session: str, watched: _Watched, seconds: float) -> None:
        heapq.heappush(self._due, (self._clock.monotonic() + seconds, next(self._order), session, watched))

    def _poll(self) -> None:
        now = self._clock.monotonic()
        for _ in range(POLLS_A_TICK):
            if not self._due or self._due[0][0] > now or self._polls >= POLLS_IN_FLIGHT:
                break
            _, _, session, watched = heapq.heappop(self._due)
            if self._watched.get(session) is watched:
                self._ask_about(session, watched)
        self._timer = self._clock.call_later(POLL_TICK_SECONDS, self._poll)

    def _ask_about(self, session: str, watched: _Watched) -> None:
        def answered(answer: dict[str, Value] | RelayError) -> None:
            self._polls -= 1
            if self._watched.get(session) is watched:
                self._judge(session, watched, answer)

        self._polls += 1
        self._ng.ask(query(session, watched.tag), answered)

    def _judge(self, session: str, watched: _Watched, answer: dict[str, Value] | RelayError) -> None:
        now = self._clock.monotonic()
        if not isinstance(answer, RelayError):
            watched.alive_at = now
            watched.last = tuple(came(answer, leg, now) for leg in watched.legs)
            watched.first = watched.first or watched.last
            silent, quiet = quietest(answer, watched.legs, self._clock.now())
        elif self._up() and not answer.session_lost:
            silent, quiet = (), 0.0
        else:
            silent, quiet = watched.legs[:1], now - watched.alive_at
        if silent and quiet >= self._dead_seconds:
            del self._watched[session]
            self._on_silent(session, silent[0])
            return
        self._plan(session, watched, min(POLL_SECONDS, max(1.0, self._dead_seconds - quiet)))


def query(session: str, leg: str) -> dict[str, Plain]:
    """Asks about one leg and those whose sound it gets: about a whole session the answer may be too large for a datagram,
    because the engine (10.5) goes on listing the legs that were freed."""
    return {"command": "query", "call-id": session, "from-tag": leg}
