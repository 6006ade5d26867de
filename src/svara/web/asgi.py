"""The door of the web process: pages and API to Django, built assets beside it, the websocket `/sip` to the calls process.

A request body over 1 MiB (where files are given: 20 MB) is refused with 413 before Django sees it all.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svara.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from django.conf import settings  # noqa: E402  Django has to be set up first

from svara.web.bridge import SipBridge  # noqa: E402
from svara.web.limits import max_body_bytes  # noqa: E402
from svara.web.static_files import PREFIX, StaticFiles  # noqa: E402


class _TooLargeError(Exception):
    pass


class Application:
    """What uvicorn calls for each connection."""

    def __init__(self) -> None:
        self._static = StaticFiles()
        self._bridge = SipBridge(settings.DATA.sip_websocket)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            if scope["path"] == "/sip":
                await self._bridge(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            if scope["path"].startswith(PREFIX):
                await self._static(scope, receive, send)
            else:
                await _bounded(scope, receive, send)


async def _bounded(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Hand a request to Django, unless its body is too large."""
    most = max_body_bytes(scope["path"])
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not announced.isdigit() or int(announced) > most:
        await _refuse_body(scope, send)
        return
    taken = 0

    async def counted() -> dict[str, Any]:
        nonlocal taken
        message: dict[str, Any] = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise _TooLargeError
        return message

    try:
        await django_application(scope, counted, send)
    except _TooLargeError:
        await _refuse_body(scope, send)


async def _refuse_body(scope: dict[str, Any], send: Any) -> None:
    """Answer 413. The connection stays open: uvicorn reads what is still on its way and drops it, so the client gets to see
    the answer; a body without end runs into the deadline."""
    most = max_body_bytes(scope["path"]) // 1024**2
    kind = b"application/problem+json" if scope["path"].startswith("/api/") else b"text/plain; charset=utf-8"
    body = (
        b'{"type":"about:blank","title":"Content Too Large","status":413,"error_id":"too-large",'
        b'"detail":"A request may hold %d MiB at most."}' % most
        if scope["path"].startswith("/api/")
        else b"This is too large: a request may hold %d MiB at most.\n" % most
    )
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = Application()
