"""The web role: pages, API, live events and the phone's websocket, until told to stop.

Open event streams end when the mirror of live state closes, so that a stop never waits for a browser.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

from svara.bus import connect
from svara.data import DataFolder


async def main(data: DataFolder, sockets: dict[str, socket.socket], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serve on the socket named "http" until `stop` is set; calls `ready` once it listens. Ends within three seconds."""
    os.environ["SVARA_DATA"] = str(data.root)

    from svara.web import live  # noqa: PLC0415  after the environment: they read the settings
    from svara.web.asgi import application  # noqa: PLC0415
    from svara.web.server import Server, configuration  # noqa: PLC0415

    bus = connect(data)
    mirror = live.Live(bus)
    live.install(mirror)
    following = asyncio.create_task(mirror.run())
    server = Server(configuration(application, os.environ.get("SVARA_PROXIES", "")), ready)
    serving = asyncio.create_task(server.serve([sockets["http"]]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        stopping.cancel()
        mirror.close()
        await serving
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await bus.close()
