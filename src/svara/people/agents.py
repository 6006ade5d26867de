"""Which browser on which system a `User-Agent` names, in two plain words; the text itself is kept nowhere. Pure.

It says what the browser says of itself: enough for its owner to know it again, and no proof of anything.
"""

from __future__ import annotations

import ipaddress

MAX_LENGTH = 1000

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""In this order: most call themselves what others are, too."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def seen(user_agent: str) -> tuple[str, str]:
    """Browser and system; "" for what is not known."""
    text = user_agent[:MAX_LENGTH]
    return _first(text, _BROWSERS), _first(text, _SYSTEMS)


def network_of(address: str) -> str:
    """The network an address is in, no finer than needed to know home from abroad: /24 of IPv4, /48 of IPv6; "" for what
    is no address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def _first(text: str, known: tuple[tuple[str, str], ...]) -> str:
    return next((name for sign, name in known if sign in text), "")
