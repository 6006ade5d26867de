"""The sockets of all legs: one for each IP version, however many legs there are. Which leg a packet is for is told by where
it comes from: the relay has a port of its own for each call."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from svara.media.voice.leg import Address

_BUFFER_BYTES = 8 * 1024 * 1024
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33  # Linux, socket(7): beyond the system's limit, for who may
_MAX_DATAGRAM_BYTES = 2048
_PACKETS_A_TURN = 64
"""So many are taken before what is due to be sent has its turn on the event loop."""


class Sockets:
    """Bound sockets that pass what comes in to `received`, and `send`. Raises OSError when an address cannot be bound."""

    def __init__(self, addresses: list[tuple[str, int]], received: Callable[[bytes, Address], None]) -> None:
        self._received = received
        self._sockets: dict[int, socket.socket] = {}
        """By the length of an address: 2 for IPv4, 4 for IPv6."""
        self._loop = asyncio.get_running_loop()
        try:
            for host, port in addresses:
                own = _bound(host, port)
                self._sockets[len(own.getsockname())] = own
                self._loop.add_reader(own.fileno(), self._readable, own)
        except OSError:
            self.close()
            raise

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        return tuple(own.getsockname()[:2] for own in self._sockets.values())

    def send(self, data: bytes, to: Address) -> None:
        """Best effort, like the network: what cannot be sent now is lost."""
        own = self._sockets.get(len(to))
        if own is not None:
            with suppress(OSError):
                own.sendto(data, to)

    def close(self) -> None:
        for own in self._sockets.values():
            self._loop.remove_reader(own.fileno())
            own.close()
        self._sockets.clear()

    def _readable(self, own: socket.socket) -> None:
        for _ in range(_PACKETS_A_TURN):
            try:
                data, source = own.recvfrom(_MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # what the other side said of an earlier packet (ICMP)
            self._received(data, source)


def _bound(host: str, port: int) -> socket.socket:
    own = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        for force, plain in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            own.setsockopt(socket.SOL_SOCKET, plain, _BUFFER_BYTES)
            with suppress(OSError):
                own.setsockopt(socket.SOL_SOCKET, force, _BUFFER_BYTES)
        own.bind((host, port))
        own.setblocking(False)
    except OSError:
        own.close()
        raise
    return own
