"""The listening sockets of an office: bound once by `svara serve` and inherited by the processes that use them.

So a process that is started again keeps its port, and what arrives meanwhile waits in the kernel instead of being refused.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from svara.media.addresses import own_addresses

ENVIRONMENT = "SVARA_SOCKETS"
"""`name=file descriptor` pairs, comma-separated: "sip-udp=6,sip-tcp=7"."""

_BACKLOG = 1024
_RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024
_SO_RCVBUFFORCE = 33  # Linux, socket(7): beyond the system's limit, for who may
_TRIES_FOR_A_PORT = 50


class AddressError(Exception):
    """An address that cannot be listened on; the message is for the person who gave it."""


@dataclass(frozen=True, slots=True)
class Address:
    """HOST:PORT of a listening socket; port 0 means any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read "127.0.0.1:8080" or "[::1]:8080". Raises AddressError."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise AddressError(f"'{text}' is no address: put an IPv6 address in brackets, like [::1]:8080")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise AddressError(f"'{text}' is no address: expected HOST:PORT, like 127.0.0.1:8080")
    return Address(host, int(port))


def address_of(bound: socket.socket) -> Address:
    """Where a socket listens."""
    host, port = bound.getsockname()[:2]
    return Address(host, port)


def bind_tcp(address: Address, option: str) -> socket.socket:
    """A listening TCP socket; `option` is where its address was given. Raises AddressError."""
    return _bind(address, socket.SOCK_STREAM, option)


def bind_sip(address: Address) -> tuple[socket.socket, socket.socket]:
    """A UDP and a listening TCP socket on one port; port 0 picks one that is free for both. Raises AddressError."""
    for _ in range(_TRIES_FOR_A_PORT):
        tcp = _bind(address, socket.SOCK_STREAM, "--sip")
        try:
            return _bind(Address(address.host, address_of(tcp).port), socket.SOCK_DGRAM, "--sip"), tcp
        except AddressError:
            tcp.close()
            if address.port:
                raise
    raise AddressError(f"no port of {address.host} is free for both UDP and TCP")


def _bind(address: Address, kind: socket.SocketKind, option: str) -> socket.socket:
    try:
        family, _, _, _, where = socket.getaddrinfo(address.host, address.port, type=kind, flags=socket.AI_PASSIVE)[0]
    except OSError:
        raise AddressError(f"{option}: the host '{address.host}' is not known") from None
    bound = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            with suppress(OSError):
                bound.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
        bound.bind(where)
        if kind == socket.SOCK_STREAM:
            bound.listen(_BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise AddressError(f"{option}: {_why(error, address, kind)}") from None
    return bound


def _why(error: OSError, address: Address, kind: socket.SocketKind) -> str:
    protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
    if error.errno == errno.EADDRINUSE:
        return f"{protocol} port {address.port} of {address.host} is in use; choose another, or 0 for any free one"
    if error.errno == errno.EACCES:
        return f"{protocol} port {address.port} needs more rights than this user has; choose one above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is not an address of this machine"
    return f"cannot listen on {address}: {os.strerror(error.errno or 0)}"


def names_of(address: Address) -> list[str]:
    """The host names by which browsers may ask for pages on this address, as they stand in a Host header."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if address.host in ("0.0.0.0", "::"):
        own = own_addresses()
        names += [socket.gethostname().lower(), *(f"[{each}]" if ":" in each else each for each in own)]
    else:
        names.append(f"[{address.host}]" if ":" in address.host else address.host.lower())
    return list(dict.fromkeys(names))


def environment_for(sockets: Mapping[str, socket.socket]) -> str:
    """The value of `ENVIRONMENT` that hands these sockets to a child (which must inherit their descriptors)."""
    return ",".join(f"{name}={bound.fileno()}" for name, bound in sockets.items())


def inherited() -> dict[str, socket.socket]:
    """The sockets that this process was started with, by name; none when it was started alone."""
    pairs = (pair.split("=", 1) for pair in os.environ.get(ENVIRONMENT, "").split(",") if pair)
    return {name: socket.socket(fileno=int(number)) for name, number in pairs}
