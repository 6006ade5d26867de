"""SIP over WebSocket (RFC 7118) for browsers: from the address of the pages to the calls process.

The web process knows nothing of SIP: it checks that the connection comes from our own pages, and hands frames on, both
ways, to the calls process on its Unix socket, with the peer's address in X-Forwarded-For. Bounded: frames of 64 KiB, a few
waiting, so many connections; when one side closes, the other is closed too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from svara import log

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SUBPROTOCOL = "sip"
MAX_MESSAGE_BYTES = 64 * 1024
MAX_WAITING_FRAMES = 16
MAX_CONNECTIONS = 2000
OPEN_SECONDS = 5.0
CLOSE_SECONDS = 1.0

_log = log.get("web.bridge")


class SipBridge:
    """ASGI application for the websocket at `/sip`."""

    def __init__(self, calls_socket: Path) -> None:
        self._calls_socket = calls_socket
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection until either side closes it."""
        if (await receive())["type"] != "websocket.connect":
            return
        refusal = refused(scope)
        if refusal is None and self._open >= MAX_CONNECTIONS:
            refusal = 503
        if refusal is not None:
            await _refuse(scope, send, refusal)
            return
        self._open += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._open -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client") or ("", 0)
        connecting = unix_connect(
            str(self._calls_socket),
            uri="ws://localhost/sip",
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"X-Forwarded-For": str(client[0])},
            user_agent_header=None,
            compression=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=MAX_WAITING_FRAMES,
        )
        try:
            calls = await connecting
        except (OSError, WebSocketException, TimeoutError) as error:
            _log.warning("The calls process takes no websocket", error=type(error).__name__)
            await _refuse(scope, send, 503)
            return
        async with calls:
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
            outbound = asyncio.create_task(_to_calls(receive, calls))
            inbound = asyncio.create_task(_to_browser(calls, send))
            try:
                await asyncio.wait((outbound, inbound), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (outbound, inbound):
                    task.cancel()
                await asyncio.gather(outbound, inbound, return_exceptions=True)


def refused(scope: Scope) -> int | None:
    """The HTTP status with which this handshake is turned away, None when it is fine.

    A browser always tells from which page it connects (RFC 6455 section 10.2): that must be one of ours. Programs send no
    Origin.
    """
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return 400
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return 403
    return None if SUBPROTOCOL in scope.get("subprotocols", ()) else 400


async def _refuse(scope: Scope, send: Send, status: int) -> None:
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close", "code": 1008})


async def _to_calls(receive: Receive, calls: ClientConnection) -> None:
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            code = event.get("code") or 1000
            await calls.close(code if code in {1000, 1001} else 1001)
            return
        text = event.get("text")
        try:
            await calls.send(text if text is not None else event.get("bytes") or b"")
        except ConnectionClosed:
            return


async def _to_browser(calls: ClientConnection, send: Send) -> None:
    try:
        async for frame in calls:
            await send({"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame})
    except ConnectionClosed:
        pass
    code = calls.close_code
    await send({"type": "websocket.close", "code": code if code in {1000, 1001, 1008, 1009, 1013} else 1011})
