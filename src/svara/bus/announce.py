"""Telling of a change from a place that has no bus of its own: a page's action, a command, a thread."""

from __future__ import annotations

import asyncio
import os
from threading import Thread

from svara import log
from svara.bus import connect
from svara.data import DataFolder

ANNOUNCE_SECONDS = 2.0
"""How long telling may take, at most."""

_log = log.get("bus.announce")


def announce(data: DataFolder, topic: str, payloads: list[bytes]) -> Thread | None:
    """Publish events, in a thread of its own (the caller may run inside an event loop); gives it, None where nothing serves.

    Whatever is wrong with the bus, the change itself stands: who missed it sees it when they look.
    """
    if not (data.bus_socket.exists() or os.environ.get("SVARA_REDIS_URL")):
        return None
    thread = Thread(target=_announce, args=(data, topic, payloads), name="announce", daemon=True)
    thread.start()
    return thread


def _announce(data: DataFolder, topic: str, payloads: list[bytes]) -> None:
    try:
        asyncio.run(asyncio.wait_for(_send(data, topic, payloads), ANNOUNCE_SECONDS))
    except Exception:
        _log.warning("a change could not be announced", topic=topic, exc_info=True)


async def _send(data: DataFolder, topic: str, payloads: list[bytes]) -> None:
    bus = connect(data)
    try:
        # Publishing only hands over: to see one's own events come back is to know that the bus carried them.
        async with bus.subscribe(topic) as events:
            for payload in payloads:
                bus.publish(topic, payload)
            wanted = set(payloads)
            while wanted:
                wanted.discard(getattr(await anext(events), "payload", b""))
    finally:
        await bus.close()
