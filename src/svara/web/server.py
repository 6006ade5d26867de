"""uvicorn with the limits that a door to the Internet needs, driven by the supervisor instead of by signals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 15.0
"""So long a client may take to send one whole request, and longer by what it sends meanwhile:"""
SLOWEST_BYTES_PER_SECOND = 32 * 1024
"""a sound file from a mobile phone may take its time, as long as it comes."""
MAX_HEADER_BYTES = 32 * 1024
MAX_CONNECTIONS = 4000
KEEP_ALIVE_SECONDS = 20
STOP_SECONDS = 2


class PatientProtocol(H11Protocol):
    """HTTP/1.1 whose client has a limited time to send a request: one that trickles it in is let go."""

    _deadline: asyncio.TimerHandle | None = None
    _ends = 0.0
    """By the loop's clock."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._start()
        self._ends += len(data) / SLOWEST_BYTES_PER_SECOND
        super().data_received(data)
        if self._deadline is not None and self.cycle is not None and not self.cycle.more_body:
            self._finish()

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._finish()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._ends = self.loop.time() + REQUEST_SECONDS
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._expire)

    def _finish(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        if (left := self._ends - self.loop.time()) > 0:
            self._deadline = self.loop.call_later(left, self._expire)
            return
        self._deadline = None
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            self.transport.close()


class Server(uvicorn.Server):
    """A uvicorn server that tells when it listens, and leaves signals to who runs it."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def configuration(application: Any, trusted_proxies: str = "") -> uvicorn.Config:
    """`trusted_proxies`: comma-separated addresses whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    return uvicorn.Config(
        application,
        http=PatientProtocol,
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        limit_concurrency=MAX_CONNECTIONS,
        backlog=512,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
