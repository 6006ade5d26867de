"""A stranger who sends one SIP request and reads the answer, over any transport: what anybody on the network can do."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from dataclasses import dataclass
from typing import Literal

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from svara.sip.digest import respond
from svara.sip.message import Request, Response, new_request, parse

SECONDS = 5.0
"""How long an answer may take."""
_AGAIN_SECONDS = 0.5
_MOST_BYTES = 65_536
_MAGIC = "z9hG4bK"

Transport = Literal["UDP", "TCP", "TLS", "WS"]


@dataclass(frozen=True, slots=True)
class Way:
    """How the server is reached: `address` is (host, port), `url` that of a WebSocket."""

    transport: Transport
    address: tuple[str, int]
    url: str = ""

    def __str__(self) -> str:
        host, port = self.address
        return self.url or f"{f'[{host}]' if ':' in host else host}:{port}"


class NoAnswer(Exception):  # noqa: N818  it is no mistake of ours
    """The message says why in plain words."""


def request_of(method: str, way: Way, user: str, branch: str, credentials: str = "") -> Request:
    """A request of a phone that is nobody's."""
    host, port = way.address
    server = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    uri = f"sip:{server}"
    own = f"<sip:{user}@{server}>"
    headers = [
        ("Via", f"SIP/2.0/{way.transport} doctor.invalid;branch={branch};rport"),
        ("Max-Forwards", "70"),
        ("From", f"{own};tag={secrets.token_hex(6)}"),
        ("To", own if method == "REGISTER" else f"<{uri}>"),
        ("Call-ID", f"{secrets.token_hex(10)}@doctor.invalid"),
        ("CSeq", f"1 {method}"),
        ("Contact", "<sip:doctor@doctor.invalid>"),
    ]
    if credentials:
        headers.append(("Authorization", credentials))
    return new_request(method, uri, headers)


async def ask(way: Way, method: str = "OPTIONS", user: str = "doctor", credentials: str = "") -> Response:
    """Send a request; gives the final answer. Raises NoAnswer."""
    request = request_of(method, way, user, f"{_MAGIC}{secrets.token_hex(8)}", credentials).to_bytes()
    try:
        async with asyncio.timeout(SECONDS):
            data = await {"UDP": _udp, "TCP": _stream, "TLS": _stream, "WS": _websocket}[way.transport](way, request)
    except TimeoutError:
        raise NoAnswer(f"nothing came back within {SECONDS:g} s") from None
    except ConnectionRefusedError:
        raise NoAnswer("nobody listens there") from None
    except (OSError, WebSocketException, asyncio.IncompleteReadError) as error:
        raise NoAnswer(f"the connection failed: {getattr(error, 'strerror', None) or error}") from None
    message = parse(data)
    if not isinstance(message, Response):
        raise NoAnswer("what came back is no answer to a SIP request")
    return message


async def register(way: Way, login: str, secret: str) -> tuple[Response, Response | None]:
    """The answer to a registration without credentials, and to one with these. Raises NoAnswer."""
    asked = await ask(way, "REGISTER", login)
    challenges = asked.all("www-authenticate")
    if asked.status != 401 or not challenges:
        return asked, None
    host, port = way.address
    uri = f"sip:[{host}]:{port}" if ":" in host else f"sip:{host}:{port}"
    return asked, await ask(way, "REGISTER", login, respond(challenges, "REGISTER", uri, login, secret))


class _Mailbox(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        if not self.came.done() and not data.startswith(b"SIP/2.0 1"):
            self.came.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.came.done():
            self.came.set_exception(exc)


async def _udp(way: Way, request: bytes) -> bytes:
    transport, mailbox = await asyncio.get_running_loop().create_datagram_endpoint(_Mailbox, remote_addr=way.address)
    try:
        while True:
            transport.sendto(request)
            done, _ = await asyncio.wait([mailbox.came], timeout=_AGAIN_SECONDS)
            if done:
                return mailbox.came.result()
    finally:
        transport.close()


async def _stream(way: Way, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*way.address, ssl=anybody() if way.transport == "TLS" else None)
    try:
        writer.write(request)
        while True:
            data = await reader.readuntil(b"\r\n\r\n")
            if not data.startswith(b"SIP/2.0 1"):
                return data
    except asyncio.LimitOverrunError:
        raise NoAnswer("what came back is no SIP") from None
    finally:
        writer.close()


async def _websocket(way: Way, request: bytes) -> bytes:
    async with connect(
        way.url, subprotocols=[Subprotocol("sip")], open_timeout=SECONDS, close_timeout=1, max_size=_MOST_BYTES, proxy=None
    ) as connection:
        await connection.send(request.decode())
        while True:
            data = await connection.recv()
            content = data.encode() if isinstance(data, str) else data
            if not content.startswith(b"SIP/2.0 1"):
                return content


def anybody() -> ssl.SSLContext:
    """For looking at a certificate, whoever made it; nothing is entrusted to such a connection."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
