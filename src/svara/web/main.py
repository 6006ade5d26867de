"""The web role: pages, API, live events and the phone's websocket, until told to stop.

Open event streams end when the mirror of live state closes, so that a stop never waits for a browser.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable

from svara import log
from svara.bus import connect
from svara.data import DataFolder


class FrameworkLogs(logging.Handler):
    """What Django, uvicorn and other libraries log, in our form: a static sentence and the kind of error, never the values.

    Answers below 500 are the asker's business and not written at all.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._log = log.get("web.framework")

    def emit(self, record: logging.LogRecord) -> None:
        status = getattr(record, "status_code", None)
        method = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        if status is None:
            ours = record.name.startswith("uvicorn")
            sentence = str(record.msg) if ours else "a library reports a problem"
            method(sentence, source=record.name, exc_info=record.exc_info or None)
        elif status >= 500:
            method("a request failed", status=status, exc_info=record.exc_info or None)


async def main(data: DataFolder, sockets: dict[str, socket.socket], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serve on the socket named "http" until `stop` is set; calls `ready` once it listens. Ends within three seconds."""
    logging.basicConfig(handlers=[FrameworkLogs()], level=logging.WARNING, force=True)
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
