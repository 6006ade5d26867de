"""The bus: events and commands between Svara's processes.

Guarantees: publishing never waits and never fails because of a reader; a reader that is too slow loses events, and is told
so by a `Gap` in their place; a request is answered, refused or timed out, never left hanging. Nothing on the bus is
durable: what must last is in the journal or the database.

Two engines stand behind the port: a hub on a Unix socket (`bus.hub`, inside `svara serve`), and Redis or Valkey
(`bus.redis`) when `SVARA_REDIS_URL` is set. `connect()` chooses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec


class Event(msgspec.Struct, frozen=True, array_like=True):
    """`topic` is dotted ("call.answered"); `payload` is msgpack of the struct that the topic names."""

    topic: str
    payload: bytes = b""


class Gap(msgspec.Struct, frozen=True):
    """Events were lost here (the reader was slow, or the bus was away): ask for the whole state again."""


class BusError(Exception):
    """No answer: nobody serves it (`unavailable`), it took too long (`timeout`), it crashed (`failed`), or the request was
    too big for the bus (`too-big`)."""

    def __init__(self, kind: str, service: str) -> None:
        super().__init__(f"{service}: {kind}")
        self.kind = kind
        self.service = service


Handler = Callable[[bytes], Awaitable[bytes]]


class Bus(Protocol):
    """One process's connection to the bus; reconnects by itself."""

    def publish(self, topic: str, payload: bytes = b"") -> None:
        """Send an event to whoever subscribed; never blocks."""
        ...

    def subscribe(self, *prefixes: str) -> AbstractAsyncContextManager[AsyncIterator[Event | Gap]]:
        """Events whose topic equals a prefix or begins with it and a dot."""
        ...

    async def request(self, service: str, payload: bytes, timeout_seconds: float = 5.0) -> bytes:
        """Ask the process that serves `service`. Raises BusError."""
        ...

    async def serve(self, service: str, handler: Handler) -> None:
        """Answer requests to `service` from now on; the newest server of a name gets them."""
        ...

    async def close(self) -> None: ...
