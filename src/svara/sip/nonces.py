"""Nonces that need no memory until they are used, and the memory of those that were used.

A nonce is `start.age.serial.checksum`: which start of the process it belongs to, when it was made on the clock that
never jumps, a serial number, and a keyed checksum over these. Whoever lacks the key cannot make one. After a restart
the counts of older nonces are lost, so those are known as ours but count as used up: phones take a new one by
themselves, without asking their user.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
from typing import Final

from svara.clock import Clock

_CHECKSUM_BYTES: Final = 12
_WINDOW: Final = 64
_FORM: Final = 4
_USED_UP: Final = (1 << 32 + _WINDOW) | ((1 << _WINDOW) - 1)


class Nonces:
    """Makes nonces, and says whether one may be used (once more).

    `key` is kept by the caller across restarts; `lifetime_seconds` bounds the use of a nonce; at most `remembered`
    nonces in use are kept, and when more are, the oldest become stale.
    """

    def __init__(self, key: bytes, clock: Clock, lifetime_seconds: float = 300, remembered: int = 65_536) -> None:
        own_key = hashlib.blake2b(key, person=b"svara nonces").digest()[:32]
        self._keyed = hashlib.blake2b(key=own_key, digest_size=_CHECKSUM_BYTES)  # copied, so that the key is taken in once
        self._clock = clock
        self._lifetime = lifetime_seconds
        self._remembered = remembered
        self._start = secrets.token_hex(4)
        self._serial = itertools.count()
        # nonce -> highest count seen << _WINDOW | bits of the last _WINDOW counts; in order of first use
        self._used: dict[str, int] = {}
        self._forgotten_until = -1.0
        self.nobody: Final = secrets.token_hex(32)
        """Stands for the hash of a login that does not exist."""

    def new(self) -> str:
        """A fresh nonce: letters, digits and dots, about 50 characters."""
        text = f"{self._start}.{int(self._clock.monotonic() * 1000):x}.{next(self._serial):x}"
        return f"{text}.{self._checksum(text)}"

    def is_ours(self, nonce: str) -> bool:
        """Whether this was made with our key, however long ago."""
        text, dot, checksum = nonce.rpartition(".")
        return bool(dot) and nonce.isascii() and len(nonce) < 100 and hmac.compare_digest(self._checksum(text), checksum)

    def use(self, nonce: str, count: int) -> bool:
        """Whether this nonce of ours is fresh and this count of it not used yet; remembers that it is now.

        Counts may arrive out of order by up to 64, as datagrams do. Count 0 is the old form without counts: it uses
        the nonce up.
        """
        parts = nonce.split(".")
        if len(parts) != _FORM or parts[0] != self._start:
            return False
        made = int(parts[1], 16) / 1000
        now = self._clock.monotonic()
        if made + self._lifetime < now or made <= self._forgotten_until:
            return False
        seen = self._used.get(nonce)
        if seen is None:
            self._make_room(now)
            self._used[nonce] = _USED_UP if count == 0 else count << _WINDOW | 1
            return True
        highest, bits = seen >> _WINDOW, seen & ((1 << _WINDOW) - 1)
        if count > highest:
            bits = (bits << min(count - highest, _WINDOW) | 1) & ((1 << _WINDOW) - 1)
            self._used[nonce] = count << _WINDOW | bits
            return True
        behind = highest - count
        if count == 0 or behind >= _WINDOW or bits >> behind & 1:
            return False
        self._used[nonce] = highest << _WINDOW | bits | 1 << behind
        return True

    def _checksum(self, text: str) -> str:
        checksum = self._keyed.copy()
        checksum.update(text.encode())
        return checksum.hexdigest()

    def _make_room(self, now: float) -> None:
        """Forget what has expired, at most two for each that comes, and more only when the memory is full."""
        used = self._used
        for _ in range(2):
            oldest = next(iter(used), None)
            if oldest is None or _made(oldest) + self._lifetime >= now:
                break
            del used[oldest]
        while len(used) >= self._remembered:
            oldest = next(iter(used))
            self._forgotten_until = max(self._forgotten_until, _made(oldest))
            del used[oldest]

    def __len__(self) -> int:
        return len(self._used)


def _made(nonce: str) -> float:
    return int(nonce.split(".", 2)[1], 16) / 1000
