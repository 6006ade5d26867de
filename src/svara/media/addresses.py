"""This machine's own addresses, and which of them faces somebody."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import socket
from collections.abc import Sequence
from pathlib import Path

_ANYWHERE = ("198.51.100.1", "2001:db8::1")
"""Only asked of the routing table (documentation addresses, RFC 5737 and 3849)."""


def local_address(remote: str) -> str:
    """The address of this machine that faces `remote` (by the routing table, nothing is sent); "" when there is none."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in remote else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((remote, 9))
            return str(probe.getsockname()[0])
    except (OSError, ValueError):
        return ""


def facing(names: Sequence[str], remote: str) -> str:
    """Which of our addresses `names` somebody at `remote` is given: the one that faces them. Where none of them does (they
    come by a network of which none was named), the first by which they may reach us: of their kind, and no loopback address,
    which leads everybody to themselves."""
    local = local_address(remote)
    if local in names:
        return local
    from_here = _is_loopback(remote)
    fit = [name for name in names if (":" in name) == (":" in remote) and (from_here or not _is_loopback(name))]
    return (fit or list(names))[0]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def own_addresses() -> list[str]:
    """Every address of this machine but link-local ones; those towards the rest of the world first, loopback last."""
    found = {"127.0.0.1"}
    with contextlib.suppress(OSError):
        lines = Path("/proc/net/fib_trie").read_text("ascii").splitlines()
        found |= {above.split()[-1] for above, line in itertools.pairwise(lines) if line.strip() == "/32 host LOCAL"}
    with contextlib.suppress(OSError):
        for line in Path("/proc/net/if_inet6").read_text("ascii").splitlines():
            found.add(str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))))
    first = [local_address(remote) for remote in _ANYWHERE]

    def order(address: str) -> tuple[bool, bool, bool, str]:
        return ipaddress.ip_address(address).is_loopback, ":" in address, address not in first, address

    kept = (address for address in found if not ipaddress.ip_address(address).is_link_local)
    return sorted((a for a in kept if a == "127.0.0.1" or not a.startswith("127.")), key=order)
