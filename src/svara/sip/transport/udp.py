"""SIP over UDP (RFC 3261 section 18, RFC 3581).

One non-blocking socket read in bounded batches: no task, future or coroutine for a datagram. What the kernel does not
take at once waits in a bounded queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable

from svara import log
from svara.sip.message import Malformed, Message, parse
from svara.sip.transport.flow import Address, Flow, plain_ip
from svara.sip.transport.limits import Limits, Sources

_LOG = log.get("sip.transport")

_BATCH = 64
_BUFFER_BYTES = 8 * 1024 * 1024
_QUEUE = 4_096
_FLOWS = 65_536
# Keep-alives of the field: CRLF (RFC 5626 asks for STUN over UDP, phones send CRLF, NUL or a few letters).
_KEEP_ALIVE_BYTES = 12

Deliver = Callable[[Message | Malformed, Flow], None]


class UdpFlow(Flow):
    """One peer address on one of our UDP sockets. Equal by `id`, not by identity."""

    __slots__ = ("_address", "_listener", "_local", "_sent_by")

    def __init__(self, listener: UdpListener, address: tuple[object, ...], remote: Address) -> None:
        super().__init__("UDP", remote, f"udp/{listener.address[1]}/{remote[0]}/{remote[1]}")
        self._listener = listener
        self._address = address
        self._local: Address | None = None
        self._sent_by = ""

    @property
    def local(self) -> Address:
        if self._local is None:
            self._local = self._listener.local_toward(self.remote[0])
        return self._local

    @property
    def sent_by(self) -> str:
        if not self._sent_by:
            self._sent_by = super().sent_by
        return self._sent_by

    @property
    def trusted(self) -> bool:
        return self._listener.sources.trusted(self.remote[0])

    @trusted.setter
    def trusted(self, value: bool) -> None:
        if value:
            self._listener.sources.trust(self.remote[0])

    def beside(self, port: int) -> Flow:
        return self if port == self.remote[1] else self._listener.flow_to(self.remote[0], port)

    def send(self, data: bytes) -> bool:
        return self._listener.send(data, self._address)

    def close(self) -> None:
        self._closing.clear()


class UdpListener:
    """One UDP socket; owns and closes it."""

    def __init__(
        self, sock: socket.socket, deliver: Deliver, sources: Sources, limits: Limits, advertised: str | None
    ) -> None:
        self._sock = sock
        self._deliver = deliver
        self.sources = sources
        self._limits = limits
        self._advertised = advertised
        self._loop = asyncio.get_running_loop()
        self._flows: dict[object, UdpFlow] = {}
        self._locals: dict[str, str] = {}
        self._queue: deque[tuple[bytes, tuple[object, ...]]] = deque()
        self.family = sock.family
        self.dual_stack = sock.family == socket.AF_INET6 and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        name = sock.getsockname()
        self.address: Address = (plain_ip(name[0]), name[1])
        self._loop.add_reader(sock.fileno(), self._readable)

    @property
    def wildcard(self) -> bool:
        return self.address[0] in ("0.0.0.0", "::")

    def _readable(self) -> None:
        receive, allow, flows = self._sock.recvfrom, self.sources.allow, self._flows
        for _ in range(_BATCH):
            try:
                data, address = receive(65_536)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an ICMP error that the kernel hands to whoever reads next
            flow = flows.get(address)
            if flow is None:
                flow = self._flow(address)
            if not allow(flow.remote[0]) or len(data) < _KEEP_ALIVE_BYTES or len(data) > self._limits.message_bytes:
                continue
            try:
                self._deliver(parse(data), flow)
            except Exception:
                _LOG.error("handling a message failed", exc_info=True, transport="UDP")

    def _flow(self, address: tuple[object, ...]) -> UdpFlow:
        if len(self._flows) >= _FLOWS:
            self._flows.clear()
        flow = UdpFlow(self, address, (plain_ip(str(address[0])), int(str(address[1]))))
        self._flows[address] = flow
        return flow

    def flow_to(self, host: str, port: int) -> UdpFlow:
        """The flow to `host` (an IP address of this socket's family) and `port`."""
        address: tuple[object, ...] = (host, port)
        if self.family == socket.AF_INET6:
            address = (host if ":" in host else f"::ffff:{host}", port, 0, 0)
        return self._flows.get(address) or self._flow(address)

    def local_toward(self, remote: str) -> Address:
        """Our address as `remote` sees it; asks the routing table when the socket is bound to all addresses."""
        if self._advertised:
            return self._advertised, self.address[1]
        if not self.wildcard:
            return self.address
        host = self._locals.get(remote)
        if host is None:
            if len(self._locals) > 10_000:
                self._locals.clear()
            host = self._locals[remote] = local_address_toward(remote)
        return host, self.address[1]

    def send(self, data: bytes, address: tuple[object, ...]) -> bool:
        if self._queue:
            return self._wait(data, address)
        try:
            self._sock.sendto(data, address)
        except (BlockingIOError, InterruptedError):
            return self._wait(data, address)
        except OSError:
            return False
        return True

    def _wait(self, data: bytes, address: tuple[object, ...]) -> bool:
        if len(self._queue) >= _QUEUE or self._sock.fileno() < 0:
            return False
        if not self._queue:
            self._loop.add_writer(self._sock.fileno(), self._writable)
        self._queue.append((data, address))
        return True

    def _writable(self) -> None:
        queue = self._queue
        while queue:
            try:
                self._sock.sendto(*queue[0])
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                _LOG.info("a datagram could not be sent", errno=error.errno)
            queue.popleft()
        self._loop.remove_writer(self._sock.fileno())

    def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._loop.remove_writer(self._sock.fileno())
            self._sock.close()
        self._queue.clear()


def local_address_toward(remote: str) -> str:
    """The IP address that this machine uses toward `remote`; the loopback address when there is no route."""
    family = socket.AF_INET6 if ":" in remote else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"
