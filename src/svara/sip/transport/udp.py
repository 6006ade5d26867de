"""SIP over UDP (RFC 3261 section 18, RFC 3581).

One non-blocking socket read in bounded batches: no task, future or coroutine for a datagram. What a batch answers goes out
together at its end, so that a peer is woken once and not for each datagram. What the kernel does not take at once waits in
a bounded queue. ICMP errors are read from the socket's error queue (Linux), so that a request to a
phone that is not there any more fails at once instead of after half a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable

from svara import log
from svara.sip.message import Malformed, Message, parse
from svara.sip.transport.flow import Address, Flow, plain_ip
from svara.sip.transport.limits import Limits, Sources
from svara.sip.transport.load import Load

_LOG = log.get("sip.transport")

_BATCH = 64
_BUFFER_BYTES = 8 * 1024 * 1024
_QUEUE = 4_096
_FLOWS = 65_536
# Keep-alives of the field: CRLF (RFC 5626 asks for STUN over UDP, phones send CRLF, NUL or a few letters).
_KEEP_ALIVE_BYTES = 12
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = 0x2000
_REARM_SECONDS = 1.0
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")
_STAMP_SPACE = socket.CMSG_SPACE(_TIMESPEC.size)
_REFUSED = errno.ECONNREFUSED.to_bytes(4, sys.byteorder)

Deliver = Callable[[Message | Malformed, Flow], None]
Unreachable = Callable[[Flow], None]


class UdpFlow(Flow):
    """One peer address on one of our UDP sockets. Equal by `id`, not by identity."""

    __slots__ = ("_address", "_contact", "_listener", "_local", "_sent_by")

    def __init__(self, listener: UdpListener, address: tuple[object, ...], remote: Address) -> None:
        super().__init__("UDP", remote, f"udp/{listener.address[1]}/{remote[0]}/{remote[1]}")
        self._listener = listener
        self._address = address
        self._local: Address | None = None
        self._sent_by = self._contact = ""

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

    def contact_uri(self, user: str = "") -> str:
        if user:
            return super().contact_uri(user)
        if not self._contact:
            self._contact = super().contact_uri()
        return self._contact

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

    def on_close(self, callback: Callable[[], object]) -> None:
        """A UDP flow never closes: nobody is ever told, and nothing is kept."""

    def close(self) -> None:
        """Nothing: there is no connection."""


class UdpListener:
    """One UDP socket; owns and closes it."""

    def __init__(
        self,
        sock: socket.socket,
        deliver: Deliver,
        unreachable: Unreachable,
        *,
        sources: Sources,
        load: Load,
        limits: Limits,
        advertised: str | None,
    ) -> None:
        self._sock = sock
        self._deliver = deliver
        self._unreachable = unreachable
        self.sources = sources
        self._load = load
        self._limits = limits
        self._advertised = advertised
        self._loop = asyncio.get_running_loop()
        self._flows: dict[object, UdpFlow] = {}
        self._locals: dict[str, str] = {}
        self._queue: deque[tuple[bytes, tuple[object, ...]]] = deque()
        self._answers: list[tuple[bytes, tuple[object, ...]]] = []
        self._reading = False
        self.family = sock.family
        self.dual_stack = sock.family == socket.AF_INET6 and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        with contextlib.suppress(OSError):
            if sock.family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
            else:
                sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        name = sock.getsockname()
        self.address: Address = (plain_ip(name[0]), name[1])
        self._suspect = False  # may the event loop have stopped listening because of an ICMP error?
        self._loop.add_reader(sock.fileno(), self._readable)
        self._rearming = self._loop.call_later(_REARM_SECONDS, self._rearm_regularly)

    @property
    def wildcard(self) -> bool:
        return self.address[0] in ("0.0.0.0", "::")

    def _readable(self) -> None:
        self._reading = True
        try:
            self._read_batch()
        finally:
            self._reading = False
            self._send_answers()

    def _read_batch(self) -> None:
        receive, allow, flows = self._sock.recvfrom, self.sources.allow, self._flows
        for turn in range(_BATCH):
            try:
                data, address = receive(65_536)
            except (BlockingIOError, InterruptedError):
                self._load.caught_up(self)
                if turn == 0 or self._suspect:
                    self._rearm()
                return
            except OSError:
                self._suspect = True
                continue
            flow = flows.get(address)
            if flow is None:
                flow = self._flow(address)
            if not allow(flow.remote[0]) or len(data) < _KEEP_ALIVE_BYTES or len(data) > self._limits.message_bytes:
                continue
            try:
                self._deliver(parse(data), flow)
            except Exception:
                _LOG.error("handling a message failed", exc_info=True, transport="UDP")
        self._look_ahead()
        if self._suspect:
            self._rearm()

    def _look_ahead(self) -> None:
        """Say since when the datagram that comes next has waited, by the kernel's stamp (socket(7), SO_TIMESTAMPNS)."""
        try:
            _, ancillary, _, _ = self._sock.recvmsg(1, _STAMP_SPACE, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            self._load.caught_up(self)
            return
        except OSError:
            self._suspect = True
            return
        stamps = [data for level, kind, data in ancillary if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS)]
        seconds, nanoseconds = _TIMESPEC.unpack(stamps[0]) if stamps else (0, 0)
        self._load.behind(self, seconds + nanoseconds / 1e9 if stamps else None)

    def _rearm(self) -> None:
        """Read what ICMP said, and listen again: uvloop stops listening to a socket that has an error."""
        self._suspect = False
        gone: dict[str, UdpFlow] = {}
        for _ in range(_BATCH):
            try:
                _, ancillary, _, address = self._sock.recvmsg(0, 512, _MSG_ERRQUEUE)
            except OSError:
                break
            if address and any(data[:4] == _REFUSED for _, _, data in ancillary):
                flow = self._flows.get(address) or self._flow(address)
                gone[flow.id] = flow
        fd = self._sock.fileno()
        if fd >= 0:
            self._loop.remove_reader(fd)
            self._loop.add_reader(fd, self._readable)
        for flow in gone.values():
            self._tell_unreachable(flow)

    def _tell_unreachable(self, flow: UdpFlow) -> None:
        try:
            self._unreachable(flow)
        except Exception:
            _LOG.error("handling an unreachable peer failed", exc_info=True)

    def _rearm_regularly(self) -> None:
        """Being deaf would be the end of all calls: whatever happened, listen again every second."""
        self._rearm()
        self._rearming = self._loop.call_later(_REARM_SECONDS, self._rearm_regularly)

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
        if self._reading:
            self._answers.append((data, address))
            return True
        if self._queue:
            return self._wait(data, address)
        try:
            self._sock.sendto(data, address)
        except (BlockingIOError, InterruptedError):
            return self._wait(data, address)
        except OSError as error:
            return self._send_again(data, address, error)
        return True

    def _send_answers(self) -> None:
        """What was said while a batch was read. A peer to whom it cannot be sent is as one that ICMP told of."""
        answers, self._answers = self._answers, []
        for data, address in answers:
            if not self.send(data, address):
                self._tell_unreachable(self._flows.get(address) or self._flow(address))

    def _send_again(self, data: bytes, address: tuple[object, ...], error: OSError) -> bool:
        """The kernel reports an earlier ICMP error, about whichever peer, by refusing to send: the second try counts."""
        self._suspect = True
        if error.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EPROTO):
            try:
                self._sock.sendto(data, address)
            except (BlockingIOError, InterruptedError):
                return self._wait(data, address)
            except OSError:
                return False
            return True
        return error.errno == errno.ENOBUFS  # lost like any datagram: it will be retransmitted

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
                self._send_again(*queue[0], error)
            queue.popleft()
        self._loop.remove_writer(self._sock.fileno())

    def close(self) -> None:
        self._rearming.cancel()
        self._load.caught_up(self)
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
