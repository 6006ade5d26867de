"""The push services that may be asked: those of the browsers' makers, and those that the operator names.

The address that a browser brings is chosen by whoever sits at it, and we would send to it: so nothing is asked but https on
hosts of this list. A maker's host must be at a public address (`svara.push.sending` looks at the very address that it
connects to); a host that the operator names (`SVARA_PUSH_SERVICES`, HOST or HOST:PORT, separated by commas) may be anywhere.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from svara.people.waking import MAKERS

SETTING: Final = "SVARA_PUSH_SERVICES"
MAX_ADDRESS_LENGTH: Final = 1_500
_HTTPS: Final = 443
_HOST: Final = re.compile(r"[a-z0-9.-]{1,253}|[0-9a-f:.]{2,45}")


class Refused(ValueError):  # noqa: N818  the address is
    """Not an address of a push service that may be asked."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser gives to be woken (W3C Push API): the address at its push service, and its keys in base64url."""

    address: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a push message goes. `service` names the push service; `anywhere`: also inside the network."""

    host: str
    port: int
    path: str
    service: str
    anywhere: bool = False

    @property
    def origin(self) -> str:
        """As in RFC 6454, for the audience of our token."""
        return f"https://{self.host}" + ("" if self.port == _HTTPS else f":{self.port}")


def place_of(address: str) -> Place:
    """Where this address leads. Raises Refused."""
    if len(address) > MAX_ADDRESS_LENGTH or not address.isascii() or not address.isprintable() or " " in address:
        raise Refused
    try:
        parts = urlsplit(address)
        port = parts.port or _HTTPS
    except ValueError:
        raise Refused from None
    host = (parts.hostname or "").rstrip(".")
    bare = parts.username is None and parts.password is None and not parts.fragment
    if parts.scheme != "https" or not _HOST.fullmatch(host) or not bare:
        raise Refused
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    maker = next((each for each in MAKERS if host == each or host.endswith(f".{each}")), None)
    if maker is not None and port == _HTTPS:
        return Place(host, port, path, maker)
    if (host, port) in named():
        return Place(host, port, path, host, anywhere=True)
    raise Refused


def named() -> frozenset[tuple[str, int]]:
    """The hosts and ports that the operator names; what cannot be read names nothing."""
    found = set()
    for one in os.environ.get(SETTING, "").split(","):
        try:
            parts = urlsplit(f"//{one.strip()}")
            if parts.hostname:
                found.add((parts.hostname, parts.port or _HTTPS))
        except ValueError:
            continue
    return frozenset(found)
