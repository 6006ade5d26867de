"""SIP over TCP and TLS connections (RFC 3261 section 18, RFC 5626 keep-alives).

A connection has to earn its life: its first message must be whole within seconds, every later one too, silence closes
it, and a peer that does not read what we send loses the connection. How many there may be, in all and from one
source, is counted before a TLS handshake begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import ssl
from collections.abc import Callable
from typing import Protocol, cast

from svara import log
from svara.clock import Clock, Timer
from svara.sip.message import Malformed, Message, parse
from svara.sip.transport.flow import Address, Flow, plain_ip
from svara.sip.transport.framing import PING, Framer, FramingError
from svara.sip.transport.limits import Limits, Sources

_LOG = log.get("sip.transport")

Deliver = Callable[[Message | Malformed, Flow], None]

_ACCEPT_BATCH = 64


class House(Protocol):
    """What a connection needs of the transports that it belongs to."""

    clock: Clock
    limits: Limits
    sources: Sources

    def deliver(self, message: Message | Malformed, flow: Flow) -> None: ...

    def opened(self, flow: ConnectionFlow) -> None: ...

    def lost(self, flow: ConnectionFlow) -> None: ...

    def listening_port(self, transport: str, family: int) -> int | None: ...

    def advertised(self, transport: str) -> str | None: ...


class ConnectionFlow(Flow, asyncio.Protocol):
    """A connection of any kind: counting, deadlines and bounded sending. Subclasses cut the stream into messages."""

    __slots__ = ("_accepted", "_began", "_deadline", "_house", "_last", "_local", "_sent_by", "_source", "_wire")

    def __init__(self, house: House, transport: str, *, source: str, accepted: bool) -> None:
        Flow.__init__(self, transport, (source, 0), f"{transport.lower()}/{secrets.token_hex(8)}")
        self._house = house
        self._source = source  # as counted by house.sources; "" for the Unix socket
        self._accepted = accepted
        self._wire: asyncio.Transport | None = None
        self._local: Address = ("", 0)
        self._sent_by = ""
        self._began = self._last = 0.0  # when the unfinished message began (0: none), and when the last one was whole
        self._deadline: Timer | None = None

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.Transport, transport)
        name, peer = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.remote = (plain_ip(peer[0]), peer[1])
        if isinstance(name, tuple):
            self._local = (plain_ip(name[0]), name[1])
        self._wire.set_write_buffer_limits(high=self._house.limits.send_buffer_bytes)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            _keep_alive(sock)
        now = self._house.clock.monotonic()
        self._began = now if self._accepted else 0.0
        self._last = now
        self._watch()
        self._house.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._end()

    def eof_received(self) -> bool:
        return False

    def data_received(self, data: bytes) -> None:
        raise NotImplementedError

    # --- Flow

    @property
    def local(self) -> Address:
        host = self._house.advertised(self.transport) or self._local[0]
        if self._accepted:
            return host, self._local[1]
        family = socket.AF_INET6 if ":" in self._local[0] else socket.AF_INET
        return host, self._house.listening_port(self.transport, family) or self._local[1]

    @property
    def sent_by(self) -> str:
        if not self._sent_by:
            self._sent_by = super().sent_by
        return self._sent_by

    @property
    def trusted(self) -> bool:
        return self._house.sources.trusted(self.remote[0])

    @trusted.setter
    def trusted(self, value: bool) -> None:
        if value:
            self._house.sources.trust(self.remote[0])

    def send(self, data: bytes) -> bool:
        wire = self._wire
        if self.closed or wire is None:
            return False
        if wire.get_write_buffer_size() > self._house.limits.send_buffer_bytes:
            # Messages would be lost in the middle of the stream: such a peer is better off with a new connection.
            _LOG.info("a peer does not read: connection closed", transport=self.transport)
            self.abort()
            return False
        wire.write(self._encode(data))
        return True

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._end()

    def abort(self) -> None:
        """Close without waiting for what is unsent."""
        if self._wire is not None:
            self._wire.abort()
        self._end()

    # --- for subclasses

    def _encode(self, data: bytes) -> bytes:
        return data

    def _allowed(self) -> bool:
        """Count one message or sign of life; closes the connection of a banned source."""
        if self._house.sources.allow(self.remote[0]):
            return True
        if self._house.sources.banned(self.remote[0]):
            self.abort()
        return False

    def _take(self, data: bytes) -> None:
        """Hand one whole message up."""
        if not self._allowed():
            return
        try:
            self._house.deliver(parse(data), self)
        except Exception:
            _LOG.error("handling a message failed", exc_info=True, transport=self.transport)

    def _progress(self, *, partial: bool, whole: bool) -> None:
        """Note what arrived: a whole message, and whether another has begun."""
        now = self._house.clock.monotonic()
        if whole:
            self._last = now
            self._began = 0.0
        if partial and not self._began:
            self._began = now
            self._watch()

    def _watch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self.closed:
            return
        limits, now = self._house.limits, self._house.clock.monotonic()
        idle = limits.trusted_idle_seconds if self.trusted else limits.idle_seconds
        until = self._began + limits.message_seconds if self._began else self._last + idle
        if until - now <= 0.001:
            self.abort()
            return
        # Trust may come and messages may begin meanwhile: look again at least every idle_seconds.
        self._deadline = self._house.clock.call_later(min(until - now, limits.idle_seconds), self._watch)

    def _end(self) -> None:
        if self.closed:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._house.sources.disconnect(self._source)
        self._house.lost(self)
        self._closed()


class StreamFlow(ConnectionFlow):
    """A TCP or TLS connection that carries SIP messages directly."""

    __slots__ = ("_framer",)

    def __init__(self, house: House, transport: str, *, source: str, accepted: bool) -> None:
        super().__init__(house, transport, source=source, accepted=accepted)
        self._framer = Framer(house.limits.message_bytes)

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._framer.feed(data)
        except FramingError:
            self.abort()
            return
        self._progress(partial=self._framer.partial, whole=bool(messages))
        for message in messages:
            if self.closed:
                return
            if message is PING or not message:
                if self._allowed():
                    self.send(b"\r\n")
            else:
                self._take(message)


class StreamListener:
    """Accepts connections on one socket; owns and closes it."""

    def __init__(
        self, sock: socket.socket, house: House, make: Callable[[str], ConnectionFlow], tls: ssl.SSLContext | None
    ) -> None:
        self._sock = sock
        self._house = house
        self._make = make
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[object]] = set()
        self._paused: Timer | None = None
        self.family = sock.family
        sock.setblocking(False)
        name = sock.getsockname()
        self.address: Address = (plain_ip(name[0]), name[1]) if isinstance(name, tuple) else (str(name), 0)
        self._loop.add_reader(sock.fileno(), self._acceptable)

    def _acceptable(self) -> None:
        self._paused = None
        for _ in range(_ACCEPT_BATCH):
            try:
                sock, peer = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Out of file descriptors or memory: let others close first.
                _LOG.warning("connections cannot be accepted for now", errno=error.errno)
                self._loop.remove_reader(self._sock.fileno())
                self._paused = self._loop.call_later(1.0, self._resume)
                return
            source = plain_ip(peer[0]) if isinstance(peer, tuple) else ""
            if not self._house.sources.connect(source):
                sock.close()
                continue
            sock.setblocking(False)
            task = self._loop.create_task(self._begin(sock, source))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _resume(self) -> None:
        self._loop.add_reader(self._sock.fileno(), self._acceptable)
        self._acceptable()

    async def _begin(self, sock: socket.socket, source: str) -> None:
        flow = self._make(source)
        handshake = self._house.limits.message_seconds if self._tls else None
        try:
            await self._loop.connect_accepted_socket(lambda: flow, sock, ssl=self._tls, ssl_handshake_timeout=handshake)
        except (OSError, ssl.SSLError, asyncio.CancelledError):
            flow.abort()
            with contextlib.suppress(OSError):
                sock.close()

    def close(self) -> None:
        if self._paused is not None:
            self._paused.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()
        for task in self._tasks:
            task.cancel()


def _keep_alive(sock: socket.socket) -> None:
    """Let the kernel find peers that vanished: after a minute of silence, within another."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
