"""Whose trunk it is, among many: by address and network, and by the called number where several share an address."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.calls import offices

from svara.calls.trunks import identify
from svara.calls.trunks.identify import Inbound, Lines
from svara.people.office import Office, PublicNumber, Tenant, Trunk
from svara.sip.message import new_request

NETWORKS = (
    "203.0.113.0/24", "203.0.113.128/25", "203.0.113.7", "0.0.0.0/0", "2001:db8::/64", "2001:db8::/32", "2001:db8::7"
)  # fmt: skip
ADDRESSES = ("203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::7", "2001:db8:1::7", "2001:db9::1", "fe80::1%eth0")


def company(name: str, *match: str, number: str = "+4722000000") -> Tenant:
    trunk = Trunk(f"tr-{name}", "main", address="sip:203.0.113.7", match=match)
    return offices.tenant(name, trunks=(trunk,), numbers=(PublicNumber(number, "main", "hangup"),))


@given(st.lists(st.lists(st.sampled_from((*NETWORKS, "nonsense")), max_size=3, unique=True), max_size=6))
def test_a_source_address_is_that_of_every_trunk_whose_networks_hold_it(matches: list[list[str]]) -> None:
    tenants = [company(f"c{number}", *match) for number, match in enumerate(matches)]
    lines = Lines(Office(version=1, tenants=tuple(tenants)))
    for address in ADDRESSES:
        ip = ip_address(address.partition("%")[0])
        wanted = [
            tenant.id
            for tenant, match in zip(tenants, matches, strict=True)
            for text in match
            if text != "nonsense" and ip in ip_network(text)
        ]
        assert sorted(tenant.id for tenant, _ in lines.at(address)) == sorted(wanted)


def test_a_thousand_companies_of_one_provider_cost_one_look_at_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    tenants = tuple(company(f"c{n}", "203.0.113.0/24", number=f"+4722{n:06}") for n in range(1000))
    lines = Lines(Office(version=1, tenants=tenants))
    read: list[str] = []
    heard = identify.heard
    monkeypatch.setattr(identify, "heard", lambda *what: read.append(what[0]) or heard(*what))
    headers = [("From", "<sip:+4790000000@carrier>;tag=1"), ("To", "<sip:x@svara>"), ("Call-ID", "1"), ("CSeq", "1 INVITE")]
    request = new_request("INVITE", "sip:+4722000777@svara", headers)
    found = lines.identify(request, lines.at("203.0.113.99"))
    assert isinstance(found, Inbound)
    assert found.tenant is tenants[777]
    assert read.count("+4722000777") == 1
