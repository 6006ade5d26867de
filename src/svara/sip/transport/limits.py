"""Who may send how much.

Everything from the network is hostile until a phone behind that address has authenticated. Each source (an IPv4 address or
an IPv6 /64) has a token bucket; sources that nobody knows share one more, so that a flood from forged addresses leaves room
for known phones. What is too much is dropped without an answer, and a source that goes on is not heard for a time. The table
is bounded. A trusted source is slowed above its own, far higher, limit and never banned by counting.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from svara.clock import Clock


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the transports; the defaults suit a server of some thousand phones."""

    message_bytes: int = 65_536
    connections: int = 20_000
    connections_per_source: int = 1_000
    # A message must be whole this long after its first byte, and a connection's first message after its opening.
    message_seconds: float = 10.0
    # Silence after which a connection is closed; keep-alives count as a sign of life.
    idle_seconds: float = 120.0
    trusted_idle_seconds: float = 7_200.0
    send_buffer_bytes: int = 1_048_576
    connect_seconds: float = 4.0
    # How long a large request to a UDP peer waits for a TCP connection before it goes by UDP all the same.
    switch_seconds: float = 0.5
    messages_per_second: float = 50.0
    messages_burst: float = 200.0
    strangers_messages_per_second: float = 5_000.0
    trusted_messages_per_second: float = 20_000.0
    trusted_seconds: float = 7_200.0
    excess_before_ban: int = 500
    ban_seconds: float = 60.0
    sources: int = 50_000


class _Source:
    __slots__ = ("banned_until", "burst", "excess", "rate", "stamp", "tokens", "trusted_until")

    def __init__(self, now: float, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.stamp = now
        self.excess = 0
        self.banned_until = 0.0
        self.trusted_until = 0.0


def source_key(ip: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 of an IPv6 address."""
    if ":" not in ip:
        return ip
    try:
        return socket.inet_pton(socket.AF_INET6, ip.partition("%")[0])[:8].hex()
    except OSError:
        return ip


class Sources:
    """The table of sources."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._sources: dict[str, _Source] = {}
        self._connections: dict[str, int] = {}
        self.connections = 0
        self._strangers = _Source(
            clock.monotonic(), limits.strangers_messages_per_second, limits.strangers_messages_per_second
        )

    def __len__(self) -> int:
        return len(self._sources)

    def _source(self, ip: str, now: float) -> _Source:
        key = source_key(ip)
        source = self._sources.get(key)
        if source is None:
            if len(self._sources) >= self._limits.sources:
                self._forget(now)
            source = self._sources[key] = _Source(now, self._limits.messages_per_second, self._limits.messages_burst)
        return source

    def _forget(self, now: float) -> None:
        """Make room: keep the trusted and the banned, and of the others the newest; half of the table at most."""
        room = self._limits.sources // 2
        kept = [(key, one) for key, one in self._sources.items() if now < one.trusted_until or now < one.banned_until]
        others = [
            (key, one) for key, one in self._sources.items() if not (now < one.trusted_until or now < one.banned_until)
        ]
        kept = kept[-room:]
        self._sources = dict(kept + others[len(others) - (room - len(kept)) :])

    def allow(self, ip: str) -> bool:
        """Count one message from `ip`; False: drop it without an answer."""
        now = self._clock.monotonic()
        source = self._sources.get(ip) or self._source(ip, now)
        if source.trusted_until:
            if now < source.trusted_until:
                if source.stamp == now and source.tokens >= 1.0:  # of one batch: no time has passed
                    source.tokens -= 1.0
                    return True
                return _take(source, now)
            source.trusted_until = 0.0
            source.rate, source.burst = self._limits.messages_per_second, self._limits.messages_burst
        if now < source.banned_until:
            return False
        if not _take(source, now):
            source.excess += 1
            if source.excess > self._limits.excess_before_ban:
                source.banned_until = now + self._limits.ban_seconds
                source.excess = 0
            return False
        if source.tokens > source.burst / 2:
            source.excess = 0
        return _take(self._strangers, now)

    def trust(self, ip: str, seconds: float | None = None) -> None:
        """A phone at `ip` has authenticated (or we ourselves turned to it): the higher limit for `seconds` from now."""
        now = self._clock.monotonic()
        source = self._sources.get(ip) or self._source(ip, now)
        if not source.trusted_until:
            source.rate = self._limits.trusted_messages_per_second
            source.tokens = source.burst = source.rate
            source.stamp = now
            source.banned_until = 0.0
        source.trusted_until = max(source.trusted_until, now + (seconds or self._limits.trusted_seconds))

    def ban(self, ip: str, seconds: float | None = None) -> None:
        """Hear nothing from `ip` for a time, trusted or not."""
        now = self._clock.monotonic()
        source = self._source(ip, now)
        source.trusted_until = 0.0
        source.rate, source.burst = self._limits.messages_per_second, self._limits.messages_burst
        source.banned_until = now + (seconds or self._limits.ban_seconds)

    def banned(self, ip: str) -> bool:
        source = self._sources.get(source_key(ip))
        return source is not None and self._clock.monotonic() < source.banned_until

    def trusted(self, ip: str) -> bool:
        source = self._sources.get(source_key(ip))
        return source is not None and self._clock.monotonic() < source.trusted_until

    def connect(self, ip: str) -> bool:
        """Count a connection from `ip` ("" for one that came through the Unix socket); False: refuse it."""
        if self.connections >= self._limits.connections:
            return False
        if ip:
            key = source_key(ip)
            if self.banned(ip) or self._connections.get(key, 0) >= self._limits.connections_per_source:
                return False
            self._connections[key] = self._connections.get(key, 0) + 1
        self.connections += 1
        return True

    def disconnect(self, ip: str) -> None:
        self.connections -= 1
        if ip:
            key = source_key(ip)
            left = self._connections.get(key, 1) - 1
            if left > 0:
                self._connections[key] = left
            else:
                self._connections.pop(key, None)


def _take(source: _Source, now: float) -> bool:
    tokens = source.tokens + (now - source.stamp) * source.rate
    source.stamp = now
    if tokens < 1.0:
        source.tokens = tokens
        return False
    source.tokens = (min(source.burst, tokens)) - 1.0
    return True
