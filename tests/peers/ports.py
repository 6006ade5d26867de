"""Free ports for programs that must be told theirs."""

from __future__ import annotations

import random
import socket


def free_port(host: str = "127.0.0.1") -> int:
    """An even port, free for UDP and TCP, with the odd one above it (SIP over TLS, RTCP); below the ephemeral ones."""
    for _ in range(200):
        port = random.randrange(12_000, 19_000, 2)
        if all(_is_free(host, number, kind) for number in (port, port + 1) for kind in ("udp", "tcp")):
            return port
    raise RuntimeError("no free ports")


def _is_free(host: str, port: int, kind: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
