"""Whether more arrives than can be handled, and which calls are then turned away.

A server that takes every call beyond its capacity answers all of them late: requests wait in the socket's buffer, phones
send them again, and nearly every call fails. What waits cannot be counted without reading it, but a socket that is never
read empty for a while holds a standing queue, however fast it is read (as a router knows its own by the least delay of a
while, RFC 8289). From then on calls that begin are refused at once, which is cheap and lets the queue run empty; what
belongs to calls that exist is always served.
"""

from __future__ import annotations

from typing import Final

from svara.clock import Clock

BUSY_SECONDS: Final = 1.0
"""A standing queue of this age: new calls are refused. Bursts, pauses, and the busy moments of a server that is nearly at
its capacity are over by then; phones have begun to send again (T1), and go on for half a minute."""
FULL_SECONDS: Final = 2.0
"""It did not help: those that come back with credentials, into whom a challenge was put already, are refused too."""
RETRY_AFTER_SECONDS: Final = 5


class Load:
    """What the readers of sockets say of their queues."""

    __slots__ = ("_clock", "_since")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[object, float] = {}

    def behind(self, reader: object) -> None:
        """`reader` has read as much as it may at once, and more waits."""
        self._since.setdefault(reader, self._clock.monotonic())

    def caught_up(self, reader: object) -> None:
        """Nothing waits there any more."""
        self._since.pop(reader, None)

    @property
    def behind_seconds(self) -> float:
        """How long there has been a standing queue; 0 when there is none."""
        return self._clock.monotonic() - min(self._since.values()) if self._since else 0.0

    def refuses(self, *, has_credentials: bool) -> bool:
        """Whether a call that begins now is to be refused."""
        if not self._since:
            return False
        return self.behind_seconds >= (FULL_SECONDS if has_credentials else BUSY_SECONDS)
