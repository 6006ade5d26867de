"""Free ports for programs that must be told theirs.

A port is ours from the moment it is handed out, though its program binds it only later: whoever else asks, in this process
or in one beside it, gets another one (a socket in the abstract namespace, unix(7), says so).
"""

from __future__ import annotations

import random
import socket
from collections import deque
from collections.abc import Sequence

from svara.media.ports import Range, overlap, taken

FOR_AN_OFFICE: Sequence[Range] = [
    (first, first + 299) for first in (*range(1_100, 1_800, 300), *range(4_000, 5_700, 300), *range(30_001, 30_700, 300))
]
FOR_AN_ENGINE: Sequence[Range] = [(first, first + 99) for first in range(32_000, 32_700, 100)]
"""These no office takes by itself (`svara.media.ports.USUAL`)."""
_HELD = 200
"""So many ports are kept from others; the program of the one before them has bound it long since, or is gone."""
_held: deque[socket.socket] = deque(maxlen=_HELD)


def free_port(host: str = "127.0.0.1") -> int:
    """An even port, free for UDP and TCP, with the three above it (SIP over TLS, RTCP, and where a SIPp takes a picture,
    which it opens unasked); below the ephemeral ones."""
    for _ in range(500):
        port = random.randrange(12_000, 19_000, 4)
        if all(_is_free(host, number, kind) for number in range(port, port + 4) for kind in ("udp", "tcp")) and _claim(port):
            return port
    raise RuntimeError("no free ports")


class SoundPorts:
    """Ports for the sound of one office or engine of a test, of nobody else's until `close`, or until the tests end."""

    def __init__(self, among: Sequence[Range], host: str = "127.0.0.1") -> None:
        self._claim, self.range = self._first(among, host)

    @staticmethod
    def _first(among: Sequence[Range], host: str) -> tuple[socket.socket, Range]:
        for one in random.sample(among, len(among)):
            claim = _bound(f"svara-test-sound/{one[0]}")
            if claim is None:
                continue
            if not any(overlap(one, other) for other in taken([host])):  # by an office that is no test's
                return claim, one
            claim.close()
        raise RuntimeError("no free ports for sound")

    def __str__(self) -> str:
        return "{}-{}".format(*self.range)

    def close(self) -> None:
        self._claim.close()


def _claim(port: int) -> bool:
    claim = _bound(f"svara-test-port/{port}")
    if claim is None:
        return False
    _held.append(claim)
    return True


def _bound(name: str) -> socket.socket | None:
    """A name that nobody else on this machine has, for as long as the socket is open; None: somebody has it."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0{name}")
    except OSError:
        claim.close()
        return None
    return claim


def _is_free(host: str, port: int, kind: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
