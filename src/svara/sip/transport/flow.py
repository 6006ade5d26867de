"""A flow: the way to one peer.

Everything above the transports sends through a flow and never sees a socket. A flow is one UDP peer address on one
local socket, or one TCP, TLS or WebSocket connection. Sending never blocks: it says False when the flow is closed or
its buffer full.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from svara import log

_LOG = log.get("sip.transport")

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send: an IP address with port, and how. `server_name` is what a TLS certificate must be for."""

    transport: str  # "UDP", "TCP", "TLS"
    host: str
    port: int
    server_name: str | None = None


class FlowError(Exception):
    """No flow could be had; the message is a static sentence."""


def bracketed(host: str) -> str:
    """An IP address as it stands in a URI or a Via."""
    return f"[{host}]" if ":" in host else host


def plain_ip(host: str) -> str:
    """The address that a dual-stack socket reports, without its IPv4-mapped form."""
    return host[7:] if host.startswith("::ffff:") and "." in host else host


class Flow:
    """The way to one peer; see the subclasses in udp, stream and websocket."""

    __slots__ = ("_closing", "closed", "id", "reliable", "remote", "transport")

    def __init__(self, transport: str, remote: Address, flow_id: str) -> None:
        self.transport = transport
        self.remote = remote
        self.id = flow_id
        self.reliable = transport != "UDP"
        self.closed = False
        self._closing: list[Callable[[], object]] = []

    @property
    def local(self) -> Address:
        """Our address as the peer can reach it: for Contact and Via."""
        raise NotImplementedError

    @property
    def trusted(self) -> bool:
        """Has a phone at this peer's address authenticated? Set it to True when one has."""
        raise NotImplementedError

    @trusted.setter
    def trusted(self, value: bool) -> None:
        raise NotImplementedError

    @property
    def sent_by(self) -> str:
        """`host:port` for our Via."""
        host, port = self.local
        return f"{bracketed(host)}:{port}"

    def contact_uri(self, user: str = "") -> str:
        """A SIP URI under which the peer reaches us on this flow's transport."""
        host, port = self.local
        at = f"{user}@" if user else ""
        if self.transport == "UDP":
            return f"sip:{at}{bracketed(host)}:{port}"
        # RFC 7118 section 5.2: "ws" stands for secure WebSocket as well.
        named = "ws" if self.transport == "WSS" else self.transport.lower()
        return f"sip:{at}{bracketed(host)}:{port};transport={named}"

    def beside(self, port: int) -> Flow:  # noqa: ARG002
        """The flow to another port of the same peer (UDP); for a connection, itself."""
        return self

    def send(self, data: bytes) -> bool:
        """Send one message; False when the flow is closed or its bounded buffer is full."""
        raise NotImplementedError

    def close(self) -> None:
        """Close it; a UDP flow only forgets who asked to be told."""
        raise NotImplementedError

    def on_close(self, callback: Callable[[], object]) -> None:
        """Call `callback()` once when the flow closes; at once if it has."""
        if self.closed:
            callback()
        else:
            self._closing.append(callback)

    def _closed(self) -> None:
        if self.closed:
            return
        self.closed = True
        callbacks, self._closing = self._closing, []
        for callback in callbacks:
            try:
                callback()
            except Exception:
                _LOG.error("a callback for a closed flow failed", exc_info=True)
