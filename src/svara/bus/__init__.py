"""Events and requests between Svara's processes; `port` says what callers can count on, `connect` gives the connection."""

from __future__ import annotations

import os

from svara.bus.client import HubBus
from svara.bus.port import Bus
from svara.data import DataFolder

__all__ = ["connect", "redis_url"]


def redis_url() -> str | None:
    """The address of the Redis or Valkey server that carries the bus; None when the hub of `svara serve` does."""
    return os.environ.get("SVARA_REDIS_URL") or None


def connect(data: DataFolder) -> Bus:
    """A connection for this process; it reaches the bus in the background and again whenever it was lost.

    Call it on a running event loop, and `close()` it at the end.
    """
    url = redis_url()
    if url is None:
        return HubBus(data.bus_socket)
    from svara.bus.redis import RedisBus  # noqa: PLC0415  most offices have none, and it takes time to load

    return RedisBus(url)
