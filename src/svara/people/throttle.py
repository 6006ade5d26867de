"""How often a password may be tried: slow for who guesses, never a closed door for who knows it.

Three counts are kept, each of which forgets with time: failures of one name from one source, of one source, and of one
name from anywhere. Guessing makes the guesser wait. A colleague cannot be locked out by others: the count of a name never
stops a source that has not itself failed with it before, nor one from which that person has signed in of late.

`wait_seconds` is the rule, pure; `svara.people.signin` keeps the counts.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

KEEP_SECONDS = 30 * 24 * 3600
"""How long a source from which somebody signed in stays known."""


@dataclass(frozen=True, slots=True)
class Count:
    """Failures as of `changed_at` (seconds since the epoch). `known`: this name signed in from this source of late."""

    failures: float = 0.0
    changed_at: float = 0.0
    known: bool = False


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many failures are free; each `forgive_seconds` forgives one."""

    free: int
    forgive_seconds: float

    def left(self, count: Count, now: float) -> float:
        """The failures that are still remembered."""
        return max(0.0, count.failures - max(0.0, now - count.changed_at) / self.forgive_seconds)

    def wait_seconds(self, count: Count, now: float) -> float:
        """How long until one more try is free."""
        return max(0.0, (self.left(count, now) - self.free + 1) * self.forgive_seconds)


PAIR = Allowance(free=5, forgive_seconds=180)
"""One name from one source: five tries at once, then one in three minutes."""
SOURCE = Allowance(free=50, forgive_seconds=20)
"""One source, whatever names: room for an office behind one address."""
NAME = Allowance(free=30, forgive_seconds=60)
"""One name, whatever sources."""
OWN_TRIES = 2
"""So many failures of its own a source must have with a name before that name's count concerns it."""


def wait_seconds(pair: Count, source: Count, name: Count, now: float) -> float:
    """How long this try has to wait; 0 when it may be made now."""
    waits = [PAIR.wait_seconds(pair, now)]
    if not pair.known or now - pair.changed_at > KEEP_SECONDS:
        waits.append(SOURCE.wait_seconds(source, now))
        if PAIR.left(pair, now) >= OWN_TRIES:
            waits.append(NAME.wait_seconds(name, now))
    return max(waits)


def source_of(address: str) -> str:
    """What counts as one source: an IPv4 address, the /64 of an IPv6 address, or the text itself where it is neither."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(ip) >> 64 << 64, 64)))
    return str(ip)
