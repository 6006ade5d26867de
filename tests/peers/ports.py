"""Free ports for programs that must be told theirs.

A port is ours from the moment it is handed out, though its program binds it only later: whoever else asks, in this process
or in one beside it, gets another one (a socket in the abstract namespace, unix(7), says so).
"""

from __future__ import annotations

import random
import socket
from collections import deque

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


def _claim(port: int) -> bool:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0svara-test-port/{port}")
    except OSError:
        claim.close()
        return False
    _held.append(claim)
    return True


def _is_free(host: str, port: int, kind: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
