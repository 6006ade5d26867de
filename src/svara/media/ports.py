"""Ports for sound, one engine's alone: two offices on one machine must not share any.

rtpengine sets SO_REUSEADDR, so a second engine takes a port of the first one without an error, and sound goes to whichever
came last. So each says which ports are its own, by a socket in the abstract namespace (unix(7)): everybody on the same
network stack sees it, and the kernel takes it back when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Range = tuple[int, int]
"""The first and the last port."""

USUAL: tuple[Range, ...] = (
    (20_000, 30_000),
    (10_000, 19_999),
    *((first, first + 999) for first in (6_000, 7_000, 8_000, 9_000, 31_000)),
)
"""Where nothing is said, the first of these that is free. All are below those that the kernel hands out itself."""
_NAME = "svara-media/"
_TURN = "svara-media-turn"
_TRIES = 250
_PAUSE_SECONDS = 0.02
_LIST = Path("/proc/net/unix")


class PortsTakenError(Exception):
    """Another office on this machine has these ports. The message is for the operator."""


class Claim:
    """Ports that are ours until the process ends, or `release`."""

    def __init__(self, ports: Range, sockets: list[socket.socket]) -> None:
        self.ports = ports
        self._sockets = sockets

    def release(self) -> None:
        for one in self._sockets:
            one.close()


def claim(addresses: Iterable[str], wanted: Range | None = None, *, pause: Callable[[float], object]) -> Claim:
    """Take `wanted`, or the first of the `USUAL` ranges that nobody has, at all of these addresses; ours for as long as the
    claim is held. `pause(seconds)` is how to wait for another office that claims at this moment (5 s in all). Raises
    PortsTakenError."""
    hosts = [address.split("!")[0] for address in addresses]
    with _alone(pause):
        others = taken(hosts)
        for ports in (wanted,) if wanted is not None else USUAL:
            if not any(overlap(ports, other) for other in others):
                return Claim(ports, [_bound(f"{_NAME}{host} {ports[0]}-{ports[1]}") for host in hosts])
    if wanted is None:
        raise PortsTakenError("all usual ports for sound belong to other offices on this machine: set SVARA_MEDIA_PORTS")
    raise PortsTakenError(
        f"the ports {wanted[0]}-{wanted[1]} belong to another office on this machine: give each its own (SVARA_MEDIA_PORTS)"
    )


def taken(hosts: Iterable[str]) -> list[Range]:
    """The ports that engines have at any of these addresses."""
    found = []
    for line in _LIST.read_text(encoding="utf-8", errors="replace").splitlines():
        _, marked, name = line.partition(" @" + _NAME)
        host, _, ports = name.partition(" ")
        first, _, last = ports.partition("-")
        if marked and host in hosts and first.isdigit() and last.isdigit():
            found.append((int(first), int(last)))
    return found


def overlap(one: Range, other: Range) -> bool:
    """Whether they share a port."""
    return one[0] <= other[1] and other[0] <= one[1]


@contextlib.contextmanager
def _alone(pause: Callable[[float], object]) -> Iterator[None]:
    """One process at a time looks and claims."""
    for _ in range(_TRIES):
        try:
            turn = _bound(_TURN)
            break
        except OSError:
            pause(_PAUSE_SECONDS)
    else:
        raise PortsTakenError("another office that starts on this machine does not come to an end with it")
    with turn:
        yield


def _bound(name: str) -> socket.socket:
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        one.bind("\0" + name)
    except OSError:
        one.close()
        raise
    return one
