"""The role `svara serve jobs`: turns the calls journal into history while calls happen.

A record stands in the tables well within a second after the hang-up, and `call.recorded` tells everybody. Stopping, or
being killed, at any moment loses and doubles nothing (`svara.history.follow`).
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import django
import msgspec

from svara import log
from svara.bus import connect
from svara.bus.port import Bus
from svara.calls.commands import TOPIC_CALL, Recorded
from svara.calls.segments import JournalFolder
from svara.data import DataFolder
from svara.history.health import SERVICE
from svara.people.spoken import prepare_sounds

if TYPE_CHECKING:
    from svara.history.record import CallRecord
    from svara.sealing.role import RoleKey

TOPIC_RECORDED = f"{TOPIC_CALL}.recorded"
STOP_SECONDS = 2.0
FORGET_SECONDS = 3600.0
FIRST_FORGET_SECONDS = 60.0
"""A start has other things to do, and the first that its operator reads is that the office is open."""

_log = log.get("history.main")


Beside = Callable[[DataFolder, Bus], Coroutine[Any, Any, None]]
"""Something else that goes on in this role until it is cancelled."""


async def main(
    data: DataFolder,
    sockets: Mapping[str, socket.socket],
    stop: asyncio.Event,
    ready: Callable[[], None],
    *,
    key: Callable[[], RoleKey] | None = None,
    also: Sequence[Callable[[Sequence[CallRecord]], None]] = (),
    beside: Sequence[Beside] = (),
) -> None:
    """Run the role until `stop`; it needs no sockets. `ready` is called when the journal is being followed. Each of `also`
    gets new records in the transaction in which history writes them. `key`: of the role calls; by default the vault's."""
    del sockets
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svara.settings")
    django.setup()
    from svara.history.thread import FollowerThread  # noqa: PLC0415  needs Django's tables
    from svara.privacy import vault  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    bus = connect(data)
    ended = asyncio.Event()

    def tell(records: list[CallRecord]) -> None:
        for record in records:
            told = Recorded(id=record.id, tenant=record.tenant, people=tuple(record.people))
            bus.publish(TOPIC_RECORDED, msgspec.msgpack.encode(told))

    follower = FollowerThread(
        JournalFolder(data.journal, data.call_keys),
        key or (lambda: vault.current().role_key()),
        on_records=lambda records: _call_soon(loop, tell, records),
        on_ready=lambda: _call_soon(loop, ready),
        on_end=lambda: _call_soon(loop, ended.set),
        also=also,
    )

    started_at, deleting = time.time(), _Deleting()

    async def health(_request: bytes) -> bytes:
        told = msgspec.structs.replace(follower.health, started_at=started_at, deleted_at=deleting.done_at)
        return msgspec.msgpack.encode(told)

    await bus.serve(SERVICE, health)
    follower.start()
    works = [_forget_expired(deleting), prepare_sounds(data), *(work(data, bus) for work in beside)]
    tasks = [asyncio.create_task(_kept_going(work)) for work in works]
    try:
        await stop.wait()
    finally:
        for task in tasks:
            task.cancel()
        follower.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), STOP_SECONDS)
        await bus.close()


async def _kept_going(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        _log.error("something that goes on beside has failed", exc_info=True)


class _Deleting:
    """When what had expired was last let go of, without a fault; 0: not yet."""

    done_at = 0.0


async def _forget_expired(deleting: _Deleting) -> None:
    """Sessions, invitations, recordings and the like go when their time is over."""
    from django.db import DatabaseError, connection  # noqa: PLC0415

    from svara.history.retention import forget_history  # noqa: PLC0415
    from svara.people.retention import forget_expired  # noqa: PLC0415
    from svara.privacy.audit import retention as audit  # noqa: PLC0415
    from svara.privacy.registers.reminders import remind  # noqa: PLC0415

    def forget() -> None:
        try:
            forget_expired()
            forget_history()
            audit.keep(time.time())
            remind(time.time())
            deleting.done_at = time.time()
        except DatabaseError:
            _log.warning("what has expired could not be forgotten now", exc_info=True)
        finally:
            connection.close()

    await asyncio.sleep(FIRST_FORGET_SECONDS)
    while True:
        await asyncio.to_thread(forget)
        await asyncio.sleep(FORGET_SECONDS)


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *args: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback, *args)
