"""Locating SIP servers (RFC 3263): from a URI to addresses and transports, in the order in which to try them.

What to ask and how to order the answers are functions without I/O of their own; the answers come from a `Resolver`, kept
in a bounded cache for as long as they may be. Nothing here blocks: an address literal is answered at once, a name later.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

from svara import log
from svara.clock import Clock
from svara.sip.transport.flow import Target
from svara.sip.uri import Uri

_LOG = log.get("sip.locate")

_LIFETIME_SECONDS: Final = 3.0
_TOTAL_SECONDS: Final = 6.0
_NONE_SECONDS: Final = 30.0  # how long "there is no such record" is believed
_MAX_SECONDS: Final = 3_600.0
_CACHED: Final = 2_000
_AT_ONCE: Final = 256
_MAX_TARGETS: Final = 16

_SERVICES: Final = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}
_PREFIXES: Final = {"UDP": "_sip._udp.", "TCP": "_sip._tcp.", "TLS": "_sips._tcp."}


class LocateError(Exception):
    """No server was found; the message is a static sentence."""


@dataclass(frozen=True, slots=True)
class Naptr:
    """A NAPTR record, as far as SIP uses it: it names an SRV record for a service (RFC 3263 section 4.1)."""

    order: int
    preference: int
    service: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """An SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str


class Resolver(Protocol):
    """Asks the DNS. Each gives an empty list where there is no record, and raises LocateError where nobody answers."""

    async def naptr(self, name: str) -> list[Naptr]: ...

    async def srv(self, name: str) -> list[Srv]: ...

    async def addresses(self, name: str) -> list[str]: ...


# --- decisions


def literal(uri: Uri) -> Target | None:
    """The only target of a URI whose host is an address (section 4.1), None for a name."""
    try:
        host = str(ipaddress.ip_address(uri.host))
    except ValueError:
        return None
    transport = stated_transport(uri) or default_transport(uri)
    return Target(transport, host, uri.port or default_port(transport))


def stated_transport(uri: Uri) -> str | None:
    """The transport that the URI names: `UDP`, `TCP` or `TLS`. Raises LocateError for one that no client of ours speaks."""
    named = uri.transport
    if named is None:
        return None
    transport = named.upper()
    if uri.scheme == "sips" and transport == "TCP":
        return "TLS"
    if transport not in _PREFIXES:
        raise LocateError("no connection can be opened for that transport")
    return transport


def default_transport(uri: Uri) -> str:
    return "TLS" if uri.scheme == "sips" else "UDP"


def default_port(transport: str) -> int:
    return 5061 if transport == "TLS" else 5060


def order_naptr(records: Sequence[Naptr], *, secure: bool) -> list[tuple[str, str]]:
    """(transport, SRV name) of the services that we speak, in order; `secure`: for a sips URI, TLS alone."""
    usable = [one for one in records if one.service.upper() in _SERVICES]
    ordered = sorted(usable, key=lambda one: (one.order, one.preference))
    found = [(_SERVICES[one.service.upper()], one.replacement) for one in ordered]
    return [(transport, name) for transport, name in found if transport == "TLS" or not secure]


def order_srv(records: Sequence[Srv], randomness: random.Random) -> list[Srv]:
    """By priority, and within one priority drawn by weight (RFC 2782); a lone "." target means that there is no service."""
    ordered: list[Srv] = []
    for priority in sorted({one.priority for one in records}):
        # Those of weight 0 stand first, so that they are drawn seldom but sometimes.
        group = sorted((one for one in records if one.priority == priority), key=lambda one: one.weight > 0)
        while group:
            drawn = randomness.randint(0, sum(one.weight for one in group))
            for one in group:
                drawn -= one.weight
                if drawn <= 0:
                    break
            ordered.append(one)
            group.remove(one)
    return [one for one in ordered if one.target not in ("", ".")]


# --- asking


async def find(uri: Uri, resolver: Resolver, randomness: random.Random, *, ipv6: bool = True) -> list[Target]:
    """The targets of a URI, in the order in which to try them. Raises LocateError when there is none."""
    if not uri.is_sip or not uri.host:
        raise LocateError("not a SIP address")
    one = literal(uri)
    if one is not None:
        return [one]
    stated = stated_transport(uri)
    found: list[Target] = []
    for transport, host, port in await _servers(uri, stated, resolver, randomness):
        addresses = [one for one in await resolver.addresses(host) if ipv6 or ":" not in one]
        found += [Target(transport, one, port, uri.host if transport == "TLS" else None) for one in addresses]
        if len(found) >= _MAX_TARGETS:
            break
    if not found:
        raise LocateError("the name has no address")
    return list(dict.fromkeys(found))[:_MAX_TARGETS]


async def _servers(
    uri: Uri, stated: str | None, resolver: Resolver, randomness: random.Random
) -> list[tuple[str, str, int]]:
    """(transport, host name, port) in order (sections 4.1 and 4.2)."""
    fallback = stated or default_transport(uri)
    if uri.port is not None:
        return [(fallback, uri.host, uri.port)]
    secure = uri.scheme == "sips"
    services: list[tuple[str, str]] = []
    if stated is None:
        services = order_naptr(await resolver.naptr(uri.host), secure=secure)
    if not services:
        usable = (stated,) if stated is not None else ("TLS",) if secure else ("UDP", "TCP", "TLS")
        services = [(transport, _PREFIXES[transport] + uri.host) for transport in usable]
    servers = []
    for transport, name in services:
        servers += [(transport, one.target, one.port) for one in order_srv(await resolver.srv(name), randomness)]
    return servers or [(fallback, uri.host, default_port(fallback))]


Done = Callable[[list[Target] | LocateError], None]


class Locator:
    """Finds servers and calls back; at most some hundred questions at a time."""

    def __init__(
        self, clock: Clock, resolver: Resolver | None = None, randomness: random.Random | None = None, *, ipv6: bool = True
    ) -> None:
        self._resolver = resolver or CachedDns(clock)
        self._random = randomness or random.SystemRandom()
        self._ipv6 = ipv6
        self._tasks: set[asyncio.Task[None]] = set()

    def locate(self, uri: Uri, done: Done) -> None:
        """Call `done` with targets to try in order, or LocateError: at once for an address, else later."""
        try:
            one = literal(uri) if uri.is_sip else None
        except LocateError as error:
            done(error)
            return
        if one is not None:
            done([one])
        elif len(self._tasks) >= _AT_ONCE:
            done(LocateError("too many names are being looked up"))
        else:
            task = asyncio.get_running_loop().create_task(self._locate(uri, done))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _locate(self, uri: Uri, done: Done) -> None:
        result: list[Target] | LocateError
        try:
            async with asyncio.timeout(_TOTAL_SECONDS):
                result = await find(uri, self._resolver, self._random, ipv6=self._ipv6)
        except LocateError as error:
            result = error
        except TimeoutError:
            result = LocateError("the name servers do not answer")
        except Exception:
            _LOG.error("looking up a name failed", exc_info=True)
            result = LocateError("the name could not be looked up")
        try:
            done(result)
        except Exception:
            _LOG.error("a callback for a located server failed", exc_info=True)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()


class CachedDns:
    """The DNS through dnspython, with a bounded cache that honours the records' time to live."""

    def __init__(self, clock: Clock, resolver: dns.asyncresolver.Resolver | None = None) -> None:
        self._clock = clock
        self._dns = resolver
        self._cache: dict[tuple[str, str], tuple[float, list[Any]]] = {}

    async def naptr(self, name: str) -> list[Naptr]:
        def read(one: Any) -> Naptr:
            return Naptr(one.order, one.preference, one.service.decode("ascii", "replace"), _name(one.replacement))

        try:
            return await self._ask(name, "NAPTR", read)
        except LocateError:
            return []  # some name servers answer nothing they do not know: SRV may still work

    async def srv(self, name: str) -> list[Srv]:
        return await self._ask(name, "SRV", lambda one: Srv(one.priority, one.weight, one.port, _name(one.target)))

    async def addresses(self, name: str) -> list[str]:
        """IPv4 first. Names that only this machine knows (its hosts file) are found as well."""
        try:
            ipaddress.ip_address(name)
        except ValueError:
            pass
        else:
            return [name]
        found: list[str] = []
        failed: LocateError | None = None
        for kind in ("A", "AAAA"):
            try:
                found += await self._ask(name, kind, lambda one: str(one.address))
            except LocateError as error:
                failed = error
        if found:
            return found
        local = await self._own_names(name)
        if not local and failed is not None:
            raise failed
        return local

    async def _own_names(self, name: str) -> list[str]:
        key = (name, "hosts")
        kept = self._cache.get(key)
        if kept is not None and self._clock.monotonic() < kept[0]:
            return list(kept[1])
        try:
            infos = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except OSError:
            infos = []
        found = list(dict.fromkeys(str(info[4][0]) for info in infos))
        self._keep(key, _NONE_SECONDS, found)
        return found

    async def _ask(self, name: str, kind: str, read: Callable[[Any], Any]) -> list[Any]:
        key = (name.lower(), kind)
        kept = self._cache.get(key)
        if kept is not None and self._clock.monotonic() < kept[0]:
            return list(kept[1])
        if self._dns is None:
            self._dns = dns.asyncresolver.Resolver()
        seconds = _NONE_SECONDS
        found: list[Any] = []
        try:
            answer = await self._dns.resolve(name, kind, lifetime=_LIFETIME_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            pass
        except (dns.exception.DNSException, OSError, ValueError):
            raise LocateError("the name servers do not answer") from None
        else:
            found = [read(one) for one in answer][:64]
            seconds = min(float(answer.rrset.ttl if answer.rrset is not None else 0), _MAX_SECONDS)
        self._keep(key, seconds, found)
        return found

    def _keep(self, key: tuple[str, str], seconds: float, found: list[Any]) -> None:
        if len(self._cache) >= _CACHED:
            self._cache.pop(next(iter(self._cache)))
        self._cache.pop(key, None)
        self._cache[key] = (self._clock.monotonic() + seconds, list(found))


def _name(name: Any) -> str:
    return str(name).rstrip(".").lower() or "."
