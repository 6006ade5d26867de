"""After a change: have the running office take it up, and know that it did."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Literal

import msgspec

from svara.bus import connect
from svara.bus.port import BusError
from svara.calls import commands
from svara.data import DataFolder

WAIT_SECONDS = 5.0

Effect = Literal["in-effect", "nothing-serves", "unconfirmed"]


def bring_into_effect(data: DataFolder, stale_logins: Iterable[str] = ()) -> Effect:
    """Ask the calls process to take the newest snapshot, and to forget phones that must register anew."""
    return asyncio.run(_bring_into_effect(data, tuple(stale_logins)))


async def _bring_into_effect(data: DataFolder, stale_logins: tuple[str, ...]) -> Effect:
    bus = connect(data)
    try:
        requests: list[commands.Request] = [commands.ReloadOffice(), *map(commands.ForgetPhone, stale_logins)]
        async with asyncio.timeout(WAIT_SECONDS):
            for request in requests:
                raw = await bus.request(commands.SERVICE, msgspec.msgpack.encode(request), WAIT_SECONDS)
                answer = msgspec.msgpack.decode(raw, type=commands.Answer)
                if isinstance(answer, commands.Refused):
                    return "unconfirmed"
    except BusError as error:
        return "nothing-serves" if error.kind == "unavailable" else "unconfirmed"
    except TimeoutError:
        return "unconfirmed"
    else:
        return "in-effect"
    finally:
        await bus.close()
