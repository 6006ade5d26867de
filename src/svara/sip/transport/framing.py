"""Cutting a byte stream into SIP messages (RFC 3261 section 18.3, RFC 5626 section 3.5.1), without any I/O."""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:(?:[ \t]|\r\n[ \t])*([^\r\n]*)", re.IGNORECASE)
_END = b"\r\n\r\n"

PING = b""


class FramingError(Exception):
    """The stream cannot be cut any further: too large, or its Content-Length cannot be trusted."""


class Framer:
    """Feed it what arrives; it gives whole messages, and `PING` for each double CRLF between messages."""

    __slots__ = ("_buffer", "_half_ping", "_limit", "_need", "_searched")

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._buffer = bytearray()
        self._searched = 0
        self._need = 0  # length of the message at the buffer's start, once its headers are whole
        self._half_ping = False

    @property
    def partial(self) -> bool:
        """Has a message begun that is not whole yet?"""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes, in order. Raises FramingError; nothing can be fed after that."""
        buffer = self._buffer
        buffer += data
        found: list[bytes] = []
        while buffer:
            if not self._need:
                if buffer[0] in b"\r\n":
                    if not self._skip_blank_line(found):
                        break
                    continue
                self._half_ping = False
                if not self._find_end():
                    break
            if len(buffer) < self._need:
                break
            found.append(bytes(buffer[: self._need]))
            del buffer[: self._need]
            self._need = self._searched = 0
        return found

    def _skip_blank_line(self, found: list[bytes]) -> bool:
        buffer = self._buffer
        if buffer[:1] == b"\r":
            if len(buffer) < 2:
                return False
            if buffer[1:2] != b"\n":
                raise FramingError("a bare carriage return between messages")
            del buffer[:2]
        else:
            del buffer[:1]
        if self._half_ping:
            found.append(PING)
        self._half_ping = not self._half_ping
        return True

    def _find_end(self) -> bool:
        buffer = self._buffer
        end = buffer.find(_END, self._searched)
        if end < 0:
            if len(buffer) > self._limit:
                raise FramingError("headers over the limit")
            self._searched = max(0, len(buffer) - 3)
            return False
        lengths = {value.strip() for value in _LENGTH.findall(bytes(buffer[: end + 2]))}
        length = 0
        if lengths:
            value = lengths.pop()
            if lengths or not value.isdigit() or len(value) > 9:
                raise FramingError("a Content-Length that cannot be trusted")
            length = int(value)
        self._need = end + 4 + length
        if self._need > self._limit:
            raise FramingError("message over the limit")
        return True
