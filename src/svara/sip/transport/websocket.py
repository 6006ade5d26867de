"""SIP over WebSocket (RFC 7118), subprotocol "sip".

The protocol itself is the `websockets` library's sans-I/O layer, driven by the same bounded connection as TCP. On a
Unix socket the peer is our own web process: there, and only there, X-Forwarded-For says whom a connection comes from.
"""

from __future__ import annotations

import ipaddress

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from svara.clock import Timer
from svara.sip.transport.flow import Address
from svara.sip.transport.stream import ConnectionFlow, House

_PING_SECONDS = 30.0


class WebSocketFlow(ConnectionFlow):
    """One WebSocket connection."""

    __slots__ = ("_forwarded", "_fragments", "_ping", "_protocol", "_size")

    def __init__(self, house: House, transport: str, *, source: str, forwarded: bool) -> None:
        super().__init__(house, transport, source=source, accepted=True)
        self._forwarded = forwarded
        self._protocol = ServerProtocol(subprotocols=[Subprotocol("sip")], max_size=house.limits.message_bytes)
        self._fragments: list[bytes] = []
        self._size = 0
        self._ping: Timer | None = None

    @property
    def local(self) -> Address:
        if self._local[0]:
            return super().local
        return self._house.advertised(self.transport) or "127.0.0.1", self._house.listening_port("WS", 0) or 80

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        whole = False
        events = self._protocol.events_received()
        for event in events:
            if self.closed:
                return
            if isinstance(event, Request):
                self._handshake(event)
                whole = True
            elif isinstance(event, Frame):
                whole = self._frame(event) or whole
        self._flush()
        if not self.closed:
            # What is neither a whole frame nor nothing is the beginning of one.
            self._progress(partial=bool(self._fragments) or not events, whole=whole)

    def _handshake(self, request: Request) -> None:
        if self._forwarded and not self._believe(request):
            self.abort()
            return
        response = self._protocol.accept(request)
        self._protocol.send_response(response)
        if response.status_code == 101:
            self._ping = self._house.clock.call_later(_PING_SECONDS, self._keep_alive)

    def _believe(self, request: Request) -> bool:
        """Take the peer's address from the web process; False when it is refused."""
        values = [part.strip() for value in request.headers.get_all("X-Forwarded-For") for part in value.split(",")]
        try:
            host = str(ipaddress.ip_address(values[-1])) if values else ""
        except ValueError:
            return False
        if host:
            if not self._house.sources.connect(host):
                return False
            self._house.sources.disconnect(self._source)
            self._source = host
            self.remote = (host, 0)
        if request.headers.get("X-Forwarded-Proto", "") in ("https", "wss"):
            self.transport = "WSS"
        return True

    def _frame(self, frame: Frame) -> bool:
        """Handle one frame; True for a sign of life."""
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragments.append(bytes(frame.data))
            self._size += len(frame.data)
            if self._size > self._house.limits.message_bytes or len(self._fragments) > 256:
                self._protocol.fail(1009)
                return False
            if not frame.fin:
                return False
            data = b"".join(self._fragments)
            self._fragments.clear()
            self._size = 0
            if not data.strip(b"\r\n"):
                if data == b"\r\n\r\n" and self._allowed():
                    self.send(b"\r\n")
            else:
                self._take(data)
            return True
        return frame.opcode is Opcode.PONG or (frame.opcode is Opcode.PING and self._allowed())

    def _encode(self, data: bytes) -> bytes:
        try:
            data.decode()
        except UnicodeDecodeError:
            self._protocol.send_binary(data)
        else:
            self._protocol.send_text(data)
        return b"".join(self._protocol.data_to_send())

    def send(self, data: bytes) -> bool:
        return self._protocol.state is State.OPEN and super().send(data)

    def _flush(self) -> None:
        """Write what the protocol layer wants to say: handshake, pong, close."""
        wire = self._wire
        if wire is None or self.closed:
            return
        for data in self._protocol.data_to_send():
            if data:
                wire.write(data)
            else:
                self.close()  # the protocol is over
                return
        if self._protocol.state is State.CLOSED:
            self.close()

    def _keep_alive(self) -> None:
        """Ping in silence; two pings without any answer and the peer is gone."""
        if self.closed:
            return
        silent = self._house.clock.monotonic() - self._last
        if silent > 2.5 * _PING_SECONDS:
            self.abort()
            return
        if silent >= _PING_SECONDS - 1 and self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._flush()
        self._ping = self._house.clock.call_later(_PING_SECONDS, self._keep_alive)

    def _end(self) -> None:
        if self._ping is not None:
            self._ping.cancel()
            self._ping = None
        super()._end()
