"""Answering requests: runs the handlers, bounded in number; what a handler raises becomes the answer `failed`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from svara import log
from svara.bus.port import Handler

_log = log.get("bus.serving")

MAX_RUNNING = 1000


class Serving:
    """The services of one process."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._running: set[asyncio.Task[None]] = set()

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(self._handlers)

    def add(self, service: str, handler: Handler) -> None:
        self._handlers[service] = handler

    def handle(self, service: str, payload: bytes, answer: Callable[[bytes], None], fail: Callable[[str], None]) -> None:
        """Run the handler of `service`; calls `answer` or `fail` once, unless this process ends before."""
        handler = self._handlers.get(service)
        if handler is None or len(self._running) >= MAX_RUNNING:
            fail("unavailable")
            return
        task = asyncio.get_running_loop().create_task(_run(service, handler, payload, answer, fail))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def close(self) -> None:
        for task in self._running:
            task.cancel()


async def _run(
    service: str, handler: Handler, payload: bytes, answer: Callable[[bytes], None], fail: Callable[[str], None]
) -> None:
    try:
        result = await handler(payload)
    except Exception:
        _log.error("a request handler crashed", service=service, exc_info=True)
        fail("failed")
    else:
        answer(result)
