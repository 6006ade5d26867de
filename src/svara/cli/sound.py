"""The sound of a demo phone: RTP (RFC 3550) that is silence, or what came in, said back a second later."""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections import deque

SILENCE = {0: b"\xff", 8: b"\xd5"}
"""Digital silence of PCMU and PCMA (RFC 3551), one sample."""
PACKET_SECONDS = 0.02
_SAMPLES = 160
_ECHO_PACKETS = 50
_HEADER = struct.Struct("!BBHII")


class Sound(asyncio.DatagramProtocol):
    """One UDP port for one call. `received` counts the packets that came in."""

    def __init__(self, *, echo: bool) -> None:
        self.received = 0
        self._echo = echo
        self._delayed: deque[tuple[int, bytes]] = deque(maxlen=_ECHO_PACKETS + 1)
        self._transport: asyncio.DatagramTransport | None = None
        self._remote: tuple[str, int] | None = None
        self._payload = 0
        self._sequence = secrets.randbelow(1 << 16)
        self._timestamp = secrets.randbelow(1 << 32)
        self._source = secrets.randbits(32)
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    async def open(self, host: str) -> int:
        """Take a free port of `host` and give its number. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def send_to(self, remote: tuple[str, int], payload: int) -> None:
        """Speak to that address, in that payload type, from now on."""
        self._remote, self._payload = remote, payload
        if self._timer is None and payload in SILENCE:
            self._due = asyncio.get_running_loop().time()
            self._tick()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
        self._transport = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002
        if len(data) <= _HEADER.size or data[0] >> 6 != 2:
            return
        self.received += 1
        payload = data[1] & 0x7F
        if not self._echo or payload != self._payload:
            return
        timestamp = _HEADER.unpack_from(data)[3]
        self._delayed.append((timestamp, data[_HEADER.size + 4 * (data[0] & 0x0F) :]))
        if len(self._delayed) > _ECHO_PACKETS:
            # The delay is counted in packets, so the echo keeps the pace and the time stamps of whoever speaks.
            timestamp, sound = self._delayed.popleft()
            self._stop_silence()
            self._send(sound, timestamp)

    def _tick(self) -> None:
        self._send(SILENCE[self._payload] * _SAMPLES, self._timestamp)
        self._timestamp = (self._timestamp + _SAMPLES) & 0xFFFFFFFF
        self._due += PACKET_SECONDS
        self._timer = asyncio.get_running_loop().call_at(self._due, self._tick)

    def _stop_silence(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _send(self, sound: bytes, timestamp: int) -> None:
        if self._transport is None or self._remote is None:
            return
        header = _HEADER.pack(0x80, self._payload, self._sequence, timestamp, self._source)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._transport.sendto(header + sound, self._remote)
