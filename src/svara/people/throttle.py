"""How often a password may be tried: slow for who guesses, never a closed door for who knows it.

Three counts are kept, each of which forgets with time: failures of one name from one source, of one source, and of one
name from anywhere. Guessing makes the guesser wait. A colleague cannot be locked out by others: the count of a name never
stops a source that has not itself failed with it before, nor one from which that person has signed in of late.

`wait_seconds` is the rule, pure; `svara.people.signin` keeps the counts. `Buckets` keeps counts that go with
their process: what they guard against is a flood, or a guess that would take years.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

MAX_KEYS = 20_000
"""So many are counted in the memory of one process (`Buckets`)."""
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

    def after(self, count: Count, now: float) -> Count:
        """The count with one failure more."""
        return Count(self.left(count, now) + 1, now, count.known)


UNUSED = Count()
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


class Buckets:
    """How often something may happen, by key, in the memory of one process: safe between threads. Of more keys than
    MAX_KEYS those are forgotten that were quiet the longest."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._used: OrderedDict[str, Count] = OrderedDict()
        self._lock = Lock()

    def wait_seconds(self, key: str, now: float) -> float:
        """How long until it may happen again; 0 when it may now. Counts nothing."""
        with self._lock:
            return self._allowance.wait_seconds(self._used.get(key, UNUSED), now)

    def take(self, key: str, now: float) -> float:
        """Count one, unless it may not happen now: then how many seconds it has to wait."""
        with self._lock:
            used = self._used.get(key, UNUSED)
            wait = self._allowance.wait_seconds(used, now)
            if wait == 0.0:
                self._used[key] = self._allowance.after(used, now)
                self._used.move_to_end(key)
                while len(self._used) > MAX_KEYS:
                    self._used.popitem(last=False)
            return wait

    def forgive(self, key: str) -> None:
        """As if it had never happened."""
        with self._lock:
            self._used.pop(key, None)
