"""All ways in and out: listeners, connections that we open, and the limits over all of them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from svara import log
from svara.clock import Clock
from svara.sip.message import Malformed, Message
from svara.sip.transport.flow import Address, Flow, FlowError, Target, plain_ip
from svara.sip.transport.limits import Limits, Sources
from svara.sip.transport.load import Load
from svara.sip.transport.stream import ConnectionFlow, StreamFlow, StreamListener
from svara.sip.transport.udp import UdpListener
from svara.sip.transport.websocket import WebSocketFlow

_LOG = log.get("sip.transport")

# RFC 3261 section 18.1.1: a request within 200 bytes of the path MTU, or over 1300 bytes, goes by a congestion-
# controlled transport.
DATAGRAM_BYTES = 1_300

OnMessage = Callable[[Message | Malformed, Flow], None]
Done = Callable[[Flow | FlowError], None]
# How long a UDP peer that took no TCP connection is not asked again.
_SWITCH_MEMORY_SECONDS = 600.0
_INVITED_SECONDS = 120.0


class Transports:
    """Listeners and connections. `on_message(message, flow)` gets everything that arrives; `Transactions` puts itself
    there.
    """

    def __init__(self, clock: Clock, on_message: OnMessage | None = None, limits: Limits | None = None) -> None:
        self.clock = clock
        self.limits = limits or Limits()
        self.sources = Sources(clock, self.limits)
        self.load = Load(clock)
        self.on_message = on_message
        self.on_unreachable: Callable[[Flow], None] | None = None
        self._udp: list[UdpListener] = []
        self._streams: list[tuple[str, StreamListener]] = []
        self._advertised: dict[str, str] = {}
        self._flows: dict[str, ConnectionFlow] = {}
        self._by_target: dict[tuple[str, str, int], ConnectionFlow] = {}
        self._connecting: dict[Target, list[Done]] = {}
        self._no_tcp: dict[Address, float] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._tls_client: ssl.SSLContext | None = None
        self._closed = False

    # --- listeners

    async def udp(self, where: socket.socket | Address, *, advertised: str | None = None) -> Address:
        """Listen on UDP; gives the bound address. `advertised` is the address that peers reach us by, if not that one."""
        sock = _bound(where, socket.SOCK_DGRAM)
        listener = UdpListener(
            sock,
            self.deliver,
            self._unreachable,
            sources=self.sources,
            load=self.load,
            limits=self.limits,
            advertised=advertised,
        )
        self._udp.append(listener)
        return listener.address

    async def tcp(self, where: socket.socket | Address, *, advertised: str | None = None) -> Address:
        return self._listen("TCP", where, None, advertised)

    async def tls(
        self, where: socket.socket | Address, ssl_context: ssl.SSLContext, *, advertised: str | None = None
    ) -> Address:
        return self._listen("TLS", where, ssl_context, advertised)

    async def websocket(
        self,
        where: socket.socket | Address | Path,
        ssl_context: ssl.SSLContext | None = None,
        *,
        advertised: str | None = None,
    ) -> Address:
        """Listen for WebSocket on an address, or on a Unix socket, where X-Forwarded-For of our web process is trusted."""
        return self._listen("WSS" if ssl_context else "WS", where, ssl_context, advertised)

    def _listen(
        self, transport: str, where: socket.socket | Address | Path, tls: ssl.SSLContext | None, advertised: str | None
    ) -> Address:
        sock = _bound(where, socket.SOCK_STREAM)
        forwarded = sock.family == socket.AF_UNIX
        if advertised:
            self._advertised[transport] = advertised

        def make(source: str) -> ConnectionFlow:
            if transport in ("WS", "WSS"):
                return WebSocketFlow(self, transport, source=source, forwarded=forwarded)
            return StreamFlow(self, transport, source=source, accepted=True)

        sock.listen(1024)
        listener = StreamListener(sock, self, make, tls)
        self._streams.append((transport, listener))
        return listener.address

    # --- what connections need (see stream.House)

    def deliver(self, message: Message | Malformed, flow: Flow) -> None:
        if self.on_message is not None:
            self.on_message(message, flow)

    def _unreachable(self, flow: Flow) -> None:
        if self.on_unreachable is not None:
            self.on_unreachable(flow)

    def opened(self, flow: ConnectionFlow) -> None:
        self._flows[flow.id] = flow

    def lost(self, flow: ConnectionFlow) -> None:
        self._flows.pop(flow.id, None)
        for key in [key for key, one in self._by_target.items() if one is flow]:
            del self._by_target[key]

    def listening_port(self, transport: str, family: int) -> int | None:
        for name, listener in self._streams:
            if name == transport and (not family or listener.family == family):
                return listener.address[1]
        return None

    def advertised(self, transport: str) -> str | None:
        return self._advertised.get(transport)

    # --- flows

    def flow_for(self, target: Target, done: Done, *, size: int = 0) -> None:
        """Call `done` with a flow to `target`, or with a FlowError; at once for UDP and open connections, else later.

        `size` is the request's size in bytes: above 1300 a UDP target is asked for a TCP connection first (RFC 3261 18.1.1).
        """
        self.sources.trust(target.host, _INVITED_SECONDS)
        if target.transport == "UDP":
            until = self._no_tcp.get((target.host, target.port), 0.0)
            if size > DATAGRAM_BYTES and self.clock.monotonic() >= until:
                self._switch(target, done)
            else:
                done(self._udp_flow(target))
            return
        self._connect(target, done, self.limits.connect_seconds)

    def flow_by_id(self, flow_id: str) -> Flow | None:
        """The flow of that id, as the registrar kept it: UDP flows outlive a restart, connections do not."""
        if not flow_id.startswith("udp/"):
            return self._flows.get(flow_id)
        parts = flow_id.split("/")
        if len(parts) != 4 or not parts[3].isdigit():
            return None
        _, local_port, host, port = parts
        for listener in self._udp:
            if str(listener.address[1]) == local_port and _reaches(listener, host):
                return listener.flow_to(host, int(port))
        return None

    def alias(self, flow: Flow, port: int) -> None:
        """Requests to `port` of this connection's peer may reuse it (RFC 5923); only for a peer that has authenticated."""
        if isinstance(flow, StreamFlow) and not flow.closed and flow.trusted:
            self._by_target.setdefault((flow.transport, flow.remote[0], port), flow)

    def _udp_flow(self, target: Target) -> Flow | FlowError:
        for listener in self._udp:
            if _reaches(listener, target.host):
                return listener.flow_to(target.host, target.port)
        return FlowError("no UDP socket for that kind of address")

    def _switch(self, target: Target, done: Done) -> None:
        def tried(flow: Flow | FlowError) -> None:
            if isinstance(flow, FlowError):
                if len(self._no_tcp) > 10_000:
                    self._no_tcp.clear()
                self._no_tcp[(target.host, target.port)] = self.clock.monotonic() + _SWITCH_MEMORY_SECONDS
                done(self._udp_flow(target))
            else:
                done(flow)

        self._connect(Target("TCP", target.host, target.port), tried, self.limits.switch_seconds)

    def _connect(self, target: Target, done: Done, seconds: float) -> None:
        open_flow = self._by_target.get((target.transport, target.host, target.port))
        if open_flow is not None and not open_flow.closed:
            done(open_flow)
            return
        waiting = self._connecting.get(target)
        if waiting is not None:
            waiting.append(done)
            return
        if target.transport not in ("TCP", "TLS") or self._closed or not self.sources.connect(target.host):
            done(FlowError("no connection may be opened to that target"))
            return
        self._connecting[target] = [done]
        task = asyncio.get_running_loop().create_task(self._open(target, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, target: Target, seconds: float) -> None:
        flow = StreamFlow(self, target.transport, source=target.host, accepted=False)
        tls = self._client_context() if target.transport == "TLS" else None
        result: Flow | FlowError = flow
        try:
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().create_connection(
                    lambda: flow,
                    target.host,
                    target.port,
                    ssl=tls,
                    server_hostname=(target.server_name or target.host) if tls else None,
                )
            self._by_target[(target.transport, target.host, target.port)] = flow
        except (OSError, ssl.SSLError, TimeoutError):
            flow.abort()
            result = FlowError("the connection could not be opened")
        except asyncio.CancelledError:
            flow.abort()
            result = FlowError("closing")
        for done in self._connecting.pop(target, []):
            try:
                done(result)
            except Exception:
                _LOG.error("a callback for a new flow failed", exc_info=True)

    def _client_context(self) -> ssl.SSLContext:
        if self._tls_client is None:
            self._tls_client = ssl.create_default_context()
        return self._tls_client

    def use_tls_client(self, context: ssl.SSLContext) -> None:
        """How TLS servers that we connect to are verified; default: by the system's certificate authorities."""
        self._tls_client = context

    # --- sources

    def trust(self, remote_ip: str) -> None:
        """A phone at that address has authenticated: 1,000 requests a second and more from now on, and no ban by
        counting.
        """
        self.sources.trust(remote_ip)

    def ban(self, remote_ip: str, seconds: float | None = None) -> None:
        """Hear nothing from that address for a time, and close its connections."""
        self.sources.ban(remote_ip, seconds)
        for flow in list(self._flows.values()):
            if flow.remote[0] == remote_ip:
                flow.abort()

    def close(self) -> None:
        """Close every listener and connection."""
        self._closed = True
        for listener in self._udp:
            listener.close()
        for _, stream in self._streams:
            stream.close()
        for flow in list(self._flows.values()):
            flow.close()
        for task in self._tasks:
            task.cancel()
        self._udp.clear()
        self._streams.clear()


def _reaches(listener: UdpListener, host: str) -> bool:
    if ":" in host:
        return listener.family == socket.AF_INET6
    return listener.family == socket.AF_INET or listener.dual_stack


def _bound(where: socket.socket | Address | Path, kind: socket.SocketKind) -> socket.socket:
    """A bound socket: as inherited, or made here. Raises OSError."""
    if isinstance(where, socket.socket):
        return where
    if isinstance(where, Path):
        with contextlib.suppress(FileNotFoundError):
            where.unlink()
        sock = socket.socket(socket.AF_UNIX, kind)
        sock.bind(str(where))
        where.chmod(0o600)
        return sock
    host, port = where
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if kind == socket.SOCK_STREAM:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((plain_ip(host), port))
    except OSError:
        sock.close()
        raise
    return sock
