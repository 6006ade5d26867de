"""Who wants which topic, and the bounded queue in which one reader's events wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Generic, TypeVar

from svara.bus.port import Event, Gap

MAX_WAITING_EVENTS = 2000

Reader = TypeVar("Reader")


@lru_cache(maxsize=4096)
def prefixes_of(topic: str) -> tuple[str, ...]:
    """Every prefix under which a topic may be subscribed: "call.ended" gives "call" and "call.ended"."""
    parts = topic.split(".")
    return tuple(".".join(parts[:count]) for count in range(1, len(parts) + 1))


class Interests(Generic[Reader]):
    """Readers by the prefixes that they asked for."""

    def __init__(self) -> None:
        self._readers: dict[str, set[Reader]] = {}

    def add(self, reader: Reader, prefixes: Iterable[str]) -> None:
        for prefix in prefixes:
            self._readers.setdefault(prefix, set()).add(reader)

    def remove(self, reader: Reader, prefixes: Iterable[str]) -> None:
        """Take prefixes back; one that was never added does no harm."""
        for prefix in prefixes:
            readers = self._readers.get(prefix, set())
            readers.discard(reader)
            if not readers:
                self._readers.pop(prefix, None)

    def forget(self, reader: Reader) -> None:
        """Take back everything that a reader asked for."""
        self.remove(reader, self.prefixes)

    def wanting(self, topic: str) -> Collection[Reader]:
        """Each reader of the topic, once."""
        found = [self._readers[prefix] for prefix in prefixes_of(topic) if prefix in self._readers]
        return found[0] if len(found) == 1 else set().union(*found)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Every prefix that anybody wants."""
        return tuple(self._readers)

    @property
    def everyone(self) -> set[Reader]:
        return set().union(*self._readers.values())


class Inbox:
    """The events that wait for one reader of this process.

    When the reader is so slow that the inbox is full, what waits is dropped and one `Gap` stands for it: the reader has to
    ask for the whole state in any case, so the newest events serve it best.
    """

    def __init__(self, limit: int = MAX_WAITING_EVENTS) -> None:
        self._limit = limit
        self._waiting: deque[Event | Gap] = deque()
        self._more = asyncio.Event()
        self._closed = False

    def put(self, item: Event | Gap) -> None:
        waiting = self._waiting
        if len(waiting) >= self._limit:
            waiting.clear()
            waiting.append(Gap())
        if not (isinstance(item, Gap) and waiting and isinstance(waiting[-1], Gap)):
            waiting.append(item)
        self._more.set()

    def close(self) -> None:
        """End the iteration once what waits was read."""
        self._closed = True
        self._more.set()

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> Event | Gap:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._more.clear()
            await self._more.wait()
        return self._waiting.popleft()
