"""Whether more arrives than can be handled, and which calls are then turned away.

A server that takes every call beyond its capacity answers all of them late: requests wait in the socket's buffer, phones
send them again, and nearly every call fails. So the readers of sockets say how long what they read next has waited there,
and when that was too long for a while, calls that begin are refused at once, which is cheap and lets the queue run empty;
what belongs to calls that exist is always served. (So does a router tell a standing queue from a burst: RFC 8289 section 3.)
"""

from __future__ import annotations

from typing import Final

from svara.clock import Clock

LATE_SECONDS: Final = 0.2
"""Who has waited longer than this waits too long: phones send again after half a second (T1)."""
BUSY_SECONDS: Final = 0.5
"""For so long everybody waited too long: new calls are refused. A pause of the process is over by then."""
FULL_SECONDS: Final = 1.0
"""It did not help: those that come back with credentials, into whom a challenge was put already, are refused too."""
RETRY_AFTER_SECONDS: Final = 5


class Load:
    """What the readers of sockets say of their queues."""

    __slots__ = ("_clock", "_since")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[object, float] = {}

    def behind(self, reader: object, arrived_at: float | None) -> None:
        """More waits for `reader`; what comes next arrived at this time (seconds since the epoch; None: not known)."""
        if arrived_at is None or self._clock.now() - arrived_at < LATE_SECONDS:
            self._since.pop(reader, None)
        else:
            self._since.setdefault(reader, self._clock.monotonic())

    def caught_up(self, reader: object) -> None:
        """Nothing waits there any more."""
        self._since.pop(reader, None)

    @property
    def behind_seconds(self) -> float:
        """How long everybody has waited too long; 0 when they do not."""
        return self._clock.monotonic() - min(self._since.values()) if self._since else 0.0

    def refuses(self, *, has_credentials: bool) -> bool:
        """Whether a call that begins now is to be refused."""
        if not self._since:
            return False
        return self.behind_seconds >= (FULL_SECONDS if has_credentials else BUSY_SECONDS)
