"""Which addresses are anybody's on the Internet, for whoever asks a host that somebody else named (against SSRF)."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether it is reached from everywhere, and by no other road leads into a private network."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    seen = mapped or address
    return seen.is_global and not seen.is_multicast and not _holds_another(seen)


def _holds_another(address: Address) -> bool:
    """An IPv6 address by which an IPv4 address is reached (6to4, Teredo, NAT64), which might be a private one."""
    if isinstance(address, ipaddress.IPv4Address):
        return False
    return address.sixtofour is not None or address.teredo is not None or address in _NAT64
