"""The built web assets: where a page finds them, and an ASGI application that serves them.

Names carry a hash of the content, so a browser keeps them for ever. They are served beside Django, not through it:
WhiteNoise knows the files (types, compressed twins, conditional requests), this hands its answers to ASGI.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

DIST = Path(__file__).resolve().parent / "static" / "dist"
PREFIX = "/static/"

_HASHED = re.compile(r"/assets/.+-[\w-]{8}\.\w+$")


class Entry(msgspec.Struct, frozen=True):
    """A line of Vite's manifest."""

    file: str
    css: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()


class NotBuiltError(Exception):
    """The web assets are not there: run `python -m svara.web.build`."""


@cache
def manifest() -> dict[str, Entry]:
    """Source name ("main.ts") to built file. Raises NotBuiltError."""
    try:
        return msgspec.json.decode((DIST / "manifest.json").read_bytes(), type=dict[str, Entry])
    except OSError:
        raise NotBuiltError("The web assets are not built: run python -m svara.web.build") from None


def address(source: str) -> str:
    """The address of a built file. Raises NotBuiltError, KeyError for a name that is not an asset."""
    return PREFIX + manifest()[source].file


class StaticFiles:
    """ASGI application for everything under `PREFIX`."""

    def __init__(self, folder: Path = DIST) -> None:
        self._files = WhiteNoise(
            None, root=folder, prefix=PREFIX, immutable_file_test=lambda _path, url: bool(_HASHED.search(url))
        )

    async def __call__(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        """Answer one request (a 404 for what is not there)."""
        found = self._files.files.get(scope["path"])
        status, headers, body = 404, [("Content-Type", "text/plain; charset=utf-8")], b"Not found\n"
        if found is not None:
            wsgi = {
                "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): value.decode("latin-1")
                for name, value in scope["headers"]
            }
            answer = found.get_response(scope["method"], wsgi)
            status, headers, body = int(answer.status), list(answer.headers), b""
            if answer.file is not None:
                with answer.file as file:
                    body = file.read()
        headers.append(("X-Content-Type-Options", "nosniff"))
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})
