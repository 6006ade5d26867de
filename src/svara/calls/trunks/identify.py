"""Whose call it is that a trunk brings: the trunk by its address, the tenant and the target by the called number.

Pure rules over the snapshot. Guarantees: a request from an address that no trunk has is nobody's, so the desk challenges it
as ever and tells nothing; several tenants may name the same provider's addresses, and then only the called number decides;
a number belongs to the trunk that the office names with it, and to no other.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

import msgspec

from svara.calls.events import Party
from svara.calls.routing.route import Refusal
from svara.calls.trunks.numbers import heard
from svara.people.office import NumberFormat, Office, PublicNumber, Tenant, Trunk
from svara.sip.headers import NameAddr, parse_name_addr, parse_privacy
from svara.sip.message import Request, SipError
from svara.sip.syntax import printable
from svara.sip.uri import Uri

MAX_SHOWN = 64
UNKNOWN_NUMBER = Refusal(404, "failed", "nobody has that number")
ANONYMOUS = Party(number="anonymous", name="Anonymous")
_NOBODY = frozenset({"", "anonymous", "restricted", "unavailable", "unknown", "private", "withheld"})
_HIDING = frozenset({"id", "user", "header"})

Known = list[tuple[Tenant, Trunk]]


class Inbound(msgspec.Struct, frozen=True, gc=False):
    """A call from the public network: to which number of whom, by which trunk, and who calls."""

    tenant: Tenant
    trunk: Trunk
    number: PublicNumber
    caller: Party


Identified = Inbound | Refusal | None
"""None: no trunk's call, so it is to be challenged like any stranger's."""


class Lines:
    """The trunks of one snapshot, ready to be asked."""

    def __init__(self, office: Office) -> None:
        self.addresses: dict[str, Known] = {}
        """Exact addresses of providers, in their standard form."""
        self.logins: dict[str, Known] = {}
        """Trunks that are known by their login alone."""
        self._networks: dict[tuple[int, int], dict[int, Known]] = {}
        """By IP version and length of the prefix, then by the prefix: a handful of looks, however many trunks there are."""
        self._by_id: dict[str, Known] = {}
        for tenant in office.tenants:
            for trunk in tenant.trunks:
                self._by_id[trunk.id] = [(tenant, trunk)]
                if not trunk.match and trunk.login and trunk.secret:
                    self.logins.setdefault(trunk.login, []).append((tenant, trunk))
                self._matches(tenant, trunk)

    def _matches(self, tenant: Tenant, trunk: Trunk) -> None:
        for text in trunk.match:
            network = _network(text)
            if network is None:
                continue
            if network.num_addresses == 1:
                self.addresses.setdefault(str(network.network_address), []).append((tenant, trunk))
            else:
                same_length = self._networks.setdefault((network.version, network.prefixlen), {})
                prefix = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
                same_length.setdefault(prefix, []).append((tenant, trunk))

    def at(self, address: str) -> Known:
        """The trunks that a source address may be."""
        address = address.partition("%")[0]
        found = self.addresses.get(address, [])
        if self._networks:
            try:
                ip = ipaddress.ip_address(address)
            except ValueError:
                return found
            bits = int(ip)
            for (version, length), networks in self._networks.items():
                if version == ip.version:
                    found = [*found, *networks.get(bits >> (ip.max_prefixlen - length), ())]
        return found

    def of(self, trunk_id: str) -> Known:
        return self._by_id.get(trunk_id, [])

    def identify(self, request: Request, known: Known) -> Identified:
        """The call that `request` (an INVITE) brings by one of the `known` trunks. None where what is called is no public
        number at all: it may be a phone of ours at the same address."""
        public = False
        for text in called_texts(request):
            read: dict[tuple[NumberFormat, str], str] = {}
            for tenant, trunk in known:
                manner = (trunk.format, tenant.country)
                number = read.get(manner)
                if number is None:
                    number = read[manner] = heard(text, *manner)
                    public = public or bool(number)
                found = tenant.number_by_e164.get(number) if number else None
                if found is not None and found.trunk == trunk.name:
                    return Inbound(tenant, trunk, found, caller_of(request, trunk, tenant))
        return UNKNOWN_NUMBER if public else None


@lru_cache(16_384)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Of an office's trunk; each change of the office asks again."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def called_texts(request: Request) -> Iterator[str]:
    """Where the called number may stand, the most telling first: the Request-URI; where that is our registered address,
    P-Called-Party-ID (RFC 7315 section 4.2) or To."""
    yield request.request_uri.user or ""
    value = request.first("p-called-party-id")
    if value:
        with suppress(SipError):
            yield parse_name_addr(value).uri.user or ""
    yield request.to.uri.user or ""


def caller_of(request: Request, trunk: Trunk, tenant: Tenant) -> Party:
    """Who calls, as the provider says (RFC 3325): E.164 where it is a number, else what was sent. Somebody who wants to stay
    unknown (RFC 3323) is unknown from here on, in every record."""
    told = _asserted(request)
    if _hides(request):
        return ANONYMOUS
    from_ = request.from_
    address = told or from_
    user = _user(address.uri)
    if user.lower() in _NOBODY:
        return ANONYMOUS
    number = heard(user, trunk.format, tenant.country) or printable(user, MAX_SHOWN)
    name = printable(address.display or from_.display, MAX_SHOWN).strip()
    same = "".join(sign for sign in name if sign.isalnum())
    return Party(number=number, name="" if same and same in (user, number.lstrip("+")) else name)


def _asserted(request: Request) -> NameAddr | None:
    for header in ("p-asserted-identity", "remote-party-id"):
        try:
            for address in request.addresses(header)[:4]:
                if _user(address.uri):
                    return address
        except SipError:
            continue
    return None


def _hides(request: Request) -> bool:
    try:
        asked = parse_privacy(request.first("privacy") or "none")
        if asked & _HIDING and "none" not in asked:
            return True
        party = request.addresses("remote-party-id")
        if party and party[0].params.get("privacy") in ("full", "uri", "name"):
            return True
    except SipError:
        return True  # somebody wanted something of the kind
    uri = request.from_.uri
    return uri.host == "anonymous.invalid" or (uri.user or "").lower() == "anonymous"


def _user(uri: Uri) -> str:
    return (uri.user or "").partition(";")[0]
