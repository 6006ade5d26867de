"""Hands one message to a push service (RFC 8030): a POST to the address that was looked at, and nothing it may lead to.

No redirect is followed, and of an answer nothing is read but its head, within bounds of size and time. A service that does
not answer costs nobody else anything: each message has a connection of its own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from typing import Final

from svara.people.publicnet import is_public
from svara.push.services import Place

MAX_SECONDS: Final = 10.0
_HEAD_BYTES: Final = 16_384
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r)")
_RETRY: Final = re.compile(rb"\r\nretry-after:[ \t]*([0-9]{1,6})[ \t]*\r\n", re.IGNORECASE)


class Unreachable(Exception):  # noqa: N818  the service is
    """No answer. `why` is a stable key: "address" (not at a public one), "unreachable", "slow", "answer" (none of HTTP)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Answered:
    """What the service said. `retry_seconds`: how long it asks us to wait, 0 where it does not say."""

    status: int
    retry_seconds: float = 0.0

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The subscription is no more (404, 410), or is not ours (401, 403)."""
        return self.status in {401, 403, 404, 410}


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one browser. `topic` (RFC 8030 section 5.4): a later one of the same replaces it while it waits."""

    body: bytes
    ttl_seconds: int
    topic: str
    urgent: bool = False


async def send(place: Place, message: Message, authorization: str) -> Answered:
    """Hand it over. Raises Unreachable, within `MAX_SECONDS`."""
    try:
        async with asyncio.timeout(MAX_SECONDS):
            reader, writer = await _connect(place)
            try:
                writer.write(_head(place, message, authorization) + message.body)
                await writer.drain()
                return _read(await reader.readuntil(b"\r\n\r\n"))
            finally:
                writer.transport.abort()
    except TimeoutError:
        raise Unreachable("slow") from None
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise Unreachable("answer") from None
    except OSError:
        raise Unreachable("unreachable") from None


async def reach(place: Place) -> None:
    """Only connect, encrypted: whether messages could be handed over. Raises Unreachable."""
    try:
        async with asyncio.timeout(MAX_SECONDS):
            _reader, writer = await _connect(place)
            writer.transport.abort()
    except TimeoutError:
        raise Unreachable("slow") from None
    except OSError:
        raise Unreachable("unreachable") from None


async def _connect(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise Unreachable("unreachable") from None
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not addresses:
        raise Unreachable("unreachable")
    if not place.anywhere and not all(is_public(ipaddress.ip_address(one)) for one in addresses):
        raise Unreachable("address")
    context = ssl.create_default_context()
    last: OSError | None = None
    for address in addresses[:2]:  # of two, one may be of the kind that this machine does not reach
        try:
            return await asyncio.open_connection(
                address, place.port, ssl=context, server_hostname=place.host, limit=_HEAD_BYTES
            )
        except OSError as error:
            last = error
    raise last or OSError


def _head(place: Place, message: Message, authorization: str) -> bytes:
    host = place.origin.removeprefix("https://")
    lines = [
        f"POST {place.path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: Svara",
        f"Authorization: {authorization}",
        "Content-Encoding: aes128gcm",
        "Content-Type: application/octet-stream",
        f"Content-Length: {len(message.body)}",
        f"TTL: {message.ttl_seconds}",
        f"Urgency: {'high' if message.urgent else 'normal'}",
        f"Topic: {message.topic}",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _read(head: bytes) -> Answered:
    status = _STATUS.match(head)
    if status is None:
        raise Unreachable("answer")
    retry = _RETRY.search(head)
    return Answered(int(status[1]), float(retry[1]) if retry else 0.0)
