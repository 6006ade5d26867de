"""What is in a body: one thing, or several (RFC 5621, multipart of RFC 2046 5.1).

Trunks put the session description beside other parts (location, ISUP, metadata); a phone system wants that one part.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from svara.sip.errors import SipError
from svara.sip.fields import Message
from svara.sip.syntax import parse_params

SDP: Final = "application/sdp"
MAX_PARTS: Final = 32
MAX_DEPTH: Final = 3

_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,\-./:=? ]{0,69}[A-Za-z0-9'()+_,\-./:=?]")
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:[ \t]*((?:[^\r\n]|\r\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


class Part(msgspec.Struct, frozen=True, gc=False):
    """One part of a body. `content_type` is in lower case, without its parameters."""

    content_type: str
    content: bytes


def parts(message: Message) -> list[Part]:
    """The parts of a message's body in order, multiparts within multiparts taken apart too; empty without a body.

    A body without a Content-Type counts as a session description, as phones mean it. Raises SipError(400).
    """
    if not message.body:
        return []
    return _parts(message.first("content-type") or SDP, message.body, MAX_DEPTH)


def session_description(message: Message) -> bytes | None:
    """The session description in a message's body, alone or among others; None without one. Raises SipError(400)."""
    if not message.body:
        return None
    kind = message.content_type
    if kind is None or kind == SDP:
        return message.body
    if not kind.startswith("multipart/"):
        return None
    return next((part.content for part in parts(message) if part.content_type == SDP), None)


def _parts(content_type: str, body: bytes, depth: int) -> list[Part]:
    kind, semicolon, rest = content_type.partition(";")
    kind = kind.strip(" \t").lower()
    if not kind.startswith("multipart/"):
        return [Part(kind, body)]
    boundary = parse_params(semicolon + rest).get("boundary") or ""
    if depth == 0 or _BOUNDARY.fullmatch(boundary) is None:
        raise SipError(400, "Malformed multipart body")
    delimiter = re.compile(rb"(?:\A|\r\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?:\r\n|\Z)")
    found: list[Part] = []
    start: int | None = None
    position = 0
    while (match := delimiter.search(body, position)) is not None:
        if start is not None:
            found += _parts(*_part(body[start : match.start()]), depth - 1)
        if len(found) > MAX_PARTS:
            raise SipError(400, "Malformed multipart body")
        if match[1]:
            return found
        start = match.end()
        # The line end before the next delimiter may be the one that ends this delimiter: a part without headers or content.
        position = max(start - 2, match.start() + 1)
    raise SipError(400, "Malformed multipart body")


def _part(data: bytes) -> tuple[str, bytes]:
    """A part's Content-Type and content; without headers it begins with an empty line."""
    if data.startswith(b"\r\n"):
        return "text/plain", data[2:]
    head, empty, content = data.partition(b"\r\n\r\n")
    if not empty:
        head, content = data, b""
    match = _CONTENT_TYPE.search(head)
    kind = match[1].decode("utf-8", "replace").replace("\r\n", " ") if match is not None else "text/plain"
    return kind, content
