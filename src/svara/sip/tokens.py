"""Tags, branches and other names that nobody may guess, at the price of a slice."""

from __future__ import annotations

import os
import random

_POOL_BYTES = 4_096


class Tokens:
    """Hexadecimal tokens from the system's random source, drawn in bulk; from `randomness` instead in tests."""

    __slots__ = ("_at", "_pool", "_random")

    def __init__(self, randomness: random.Random | None = None) -> None:
        self._random = randomness
        self._pool = ""
        self._at = 0

    def take(self, digits: int) -> str:
        """A token of so many hexadecimal digits, four bits of chance each."""
        start = self._at
        end = start + digits
        if end > len(self._pool):
            source = os.urandom(_POOL_BYTES) if self._random is None else self._random.randbytes(_POOL_BYTES)
            self._pool, start, end = source.hex(), 0, digits
        self._at = end
        return self._pool[start:end]
