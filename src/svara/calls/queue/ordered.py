"""Sorted keys that know their rank, and timers made of them.

What a queue asks of its callers and agents (who is first, who is first from here on, how many stand before me) must stay
cheap with ten thousand of them. Keys stand sorted in blocks of bounded size, so that every question is a binary search
and every change moves at most one block's pointers.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any

BLOCK = 256
"""Blocks are split at twice this size."""

Key = tuple[Any, ...]
"""Compared from the left; some element must be unique, and everything before it comparable."""


class Ordered:
    """A sorted set of keys."""

    __slots__ = ("_blocks", "_last", "_size")

    def __init__(self) -> None:
        self._blocks: list[list[Key]] = []
        self._last: list[Key] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Key]:
        for block in self._blocks:
            yield from block

    def add(self, key: Key) -> None:
        blocks = self._blocks
        self._size += 1
        if not blocks:
            blocks.append([key])
            self._last.append(key)
            return
        at = bisect_left(self._last, key)
        if at == len(blocks):
            at -= 1
            blocks[at].append(key)
            self._last[at] = key
        else:
            insort(blocks[at], key)
        block = blocks[at]
        if len(block) > 2 * BLOCK:
            half = block[BLOCK:]
            del block[BLOCK:]
            blocks.insert(at + 1, half)
            self._last.insert(at, block[-1])

    def remove(self, key: Key) -> None:
        """Raises KeyError for a key that is not there."""
        at, inside = self._find(key)
        block = self._blocks[at]
        del block[inside]
        self._size -= 1
        if not block:
            del self._blocks[at], self._last[at]
        elif inside == len(block):
            self._last[at] = block[-1]

    def first(self) -> Key | None:
        return self._blocks[0][0] if self._blocks else None

    def first_from(self, key: Key) -> Key | None:
        """The first key that is not before `key`."""
        at = bisect_left(self._last, key)
        return self._blocks[at][bisect_left(self._blocks[at], key)] if at < len(self._blocks) else None

    def rank(self, key: Key) -> int:
        """How many keys stand before this one. Raises KeyError for a key that is not there."""
        at, inside = self._find(key)
        return sum(map(len, self._blocks[:at])) + inside

    def _find(self, key: Key) -> tuple[int, int]:
        at = bisect_left(self._last, key)
        if at < len(self._blocks):
            inside = bisect_left(self._blocks[at], key)
            if self._blocks[at][inside] == key:
                return at, inside
        raise KeyError(key)


class Timers:
    """What falls due when. A timer is known by its kind and whom it concerns; there is one of a kind for each."""

    __slots__ = ("_by_name", "_due", "_made")

    def __init__(self) -> None:
        self._due = Ordered()
        self._by_name: dict[tuple[str, str], Key] = {}
        self._made = 0

    def __len__(self) -> int:
        return len(self._due)

    def set(self, kind: str, whom: str, at: float) -> None:
        """Let it fall due at `at`, instead of when it was set to before."""
        self.cancel(kind, whom)
        self._made += 1
        key = (at, self._made, kind, whom)
        self._by_name[kind, whom] = key
        self._due.add(key)

    def cancel(self, kind: str, whom: str) -> None:
        key = self._by_name.pop((kind, whom), None)
        if key is not None:
            self._due.remove(key)

    def next(self) -> float | None:
        first = self._due.first()
        return None if first is None else first[0]

    def pop_due(self, now: float) -> tuple[str, str] | None:
        """The earliest timer that is due, which is then none any more."""
        first = self._due.first()
        if first is None or first[0] > now:
            return None
        self._due.remove(first)
        name = (first[2], first[3])
        del self._by_name[name]
        return name
