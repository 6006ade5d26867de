"""Fetches a calendar from an address that a person gave, and nothing else that the address may lead to.

Guarantees against an address that was chosen to make us ask where we should not (SSRF): https alone, on its own port or one
above 1023; every name is resolved here, each of its addresses must be a public one, and the connection goes to the very
address that was looked at; a redirect is looked at like a new address. Size, time and redirects are bounded. Networks that
the administrator allows (`SVARA_CALENDAR_NETWORKS`, separated by commas) may be asked too, without TLS as well.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from svara.people.publicnet import is_public

NETWORKS: Final = "SVARA_CALENDAR_NETWORKS"
MAX_URL_LENGTH: Final = 2_000
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_SECONDS: Final = 20.0
STEP_SECONDS: Final = 5.0
MAX_REDIRECTS: Final = 3
_READ_BYTES: Final = 65_536
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Refused(Exception):  # noqa: N818 - the address is
    """The calendar cannot be had. `why` is a stable key: "address" (not one that may be asked), "unreachable", "answer"
    (refused, or no calendar), "large"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came. `content` None: nothing changed since the `etag` that was given."""

    content: bytes | None
    etag: str


def checked(url: str) -> str:
    """The address as it is kept: https, or http into an allowed network; `webcal:` means https. Raises Refused."""
    text = url.strip()
    if text.lower().startswith(("webcal://", "webcals://")):
        text = "https://" + text.partition("://")[2]
    parts = _parts(text)
    if parts.scheme == "http" and not allowed_networks():
        raise Refused("address")
    try:  # a literal address is known already now; a name is looked at each time
        literal = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return text
    if not _may_ask(literal, parts.scheme):
        raise Refused("address")
    return text


def allowed_networks() -> tuple[Network, ...]:
    """What the administrator allows beside the public network; what cannot be read allows nothing."""
    found: list[Network] = []
    for one in os.environ.get(NETWORKS, "").split(","):
        try:
            found.append(ipaddress.ip_network(one.strip()))
        except ValueError:
            continue
    return tuple(found)


def fetch(url: str, etag: str = "") -> Fetched:
    """The calendar at an address. Blocks for `MAX_SECONDS` at most. Raises Refused."""
    ends = time.monotonic() + MAX_SECONDS
    for _ in range(MAX_REDIRECTS + 1):
        parts = _parts(url)
        connection = _connect(parts, ends)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Accept": "text/calendar", "Accept-Encoding": "identity", "User-Agent": "Svara"}
            if etag:
                headers["If-None-Match"] = etag
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            if response.status in _REDIRECTS:
                url = urljoin(url, response.getheader("Location") or "")
                continue
            if response.status == 304 and etag:
                return Fetched(None, etag)
            if response.status != 200 or response.getheader("Content-Encoding", "identity") not in ("", "identity"):
                raise Refused("answer")
            new_tag = response.getheader("ETag") or ""
            return Fetched(_read(response, ends), new_tag if len(new_tag) <= 200 and new_tag.isascii() else "")
        except (OSError, http.client.HTTPException, ValueError):
            raise Refused("unreachable") from None
        finally:
            connection.close()
    raise Refused("answer")


def _parts(url: str) -> SplitResult:
    """Raises Refused("address") for what cannot be asked at all."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("address") from None
    fits = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.username is None and parts.password is None
    usual = port in (None, 80, 443) or (port or 0) > 1023
    if not fits or not usual or len(url) > MAX_URL_LENGTH or not url.isprintable() or not url.isascii() or " " in url:
        raise Refused("address")
    return parts


def _may_ask(address: ipaddress.IPv4Address | ipaddress.IPv6Address, scheme: str) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    seen = mapped or address
    if any(seen in network for network in allowed_networks()):
        return True
    return scheme == "https" and is_public(address)


def _connect(parts: SplitResult, ends: float) -> http.client.HTTPConnection:
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused("unreachable") from None
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not addresses or not all(_may_ask(ipaddress.ip_address(one), parts.scheme) for one in addresses):
        raise Refused("address")
    try:
        plain = socket.create_connection((addresses[0], port), _left(ends))
        plain.settimeout(_left(ends))
        connected = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
    except OSError:
        raise Refused("unreachable") from None
    connection = http.client.HTTPConnection(host, port)
    connection.sock = connected
    return connection


def _read(response: http.client.HTTPResponse, ends: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.read1(_READ_BYTES):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise Refused("large")
        _left(ends)
    return b"".join(parts)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise Refused("unreachable")
    return min(left, STEP_SECONDS)
