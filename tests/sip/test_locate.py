"""Where do we send a request? (RFC 3263, RFC 2782)"""

from __future__ import annotations

import asyncio
import collections
import random
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.clock import VirtualClock
from svara.sip.locate import CachedDns, LocateError, Locator, Naptr, Srv, find, order_srv
from svara.sip.transport import Target
from svara.sip.uri import parse_uri


class Names:
    """The DNS of a small world; remembers what was asked."""

    def __init__(self, **records: list[Any]) -> None:
        self.records = records
        self.asked: list[str] = []

    def _get(self, kind: str, name: str) -> list[Any]:
        self.asked.append(f"{kind} {name}")
        return self.records.get(f"{kind} {name}", [])

    async def naptr(self, name: str) -> list[Naptr]:
        return self._get("NAPTR", name)

    async def srv(self, name: str) -> list[Srv]:
        return self._get("SRV", name)

    async def addresses(self, name: str) -> list[str]:
        return self._get("A", name)


def ask(uri: str, names: Names, **options: bool) -> list[Target]:
    return asyncio.run(find(parse_uri(uri), names, random.Random(1), **options))


PROVIDER = {
    "NAPTR itsp.test": [
        Naptr(50, 20, "SIP+D2U", "_sip._udp.itsp.test"),
        Naptr(50, 10, "SIPS+D2T", "_sips._tcp.itsp.test"),
        Naptr(40, 10, "E2U+web", "web.itsp.test"),
    ],
    "SRV _sip._udp.itsp.test": [Srv(10, 0, 5060, "a.itsp.test"), Srv(20, 0, 5070, "b.itsp.test")],
    "SRV _sips._tcp.itsp.test": [Srv(10, 0, 5061, "a.itsp.test")],
    "A a.itsp.test": ["192.0.2.1", "2001:db8::1"],
    "A b.itsp.test": ["192.0.2.2"],
    "A itsp.test": ["192.0.2.9"],
}


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("sip:192.0.2.7", Target("UDP", "192.0.2.7", 5060)),
        ("sip:anna@192.0.2.7:5090;transport=tcp", Target("TCP", "192.0.2.7", 5090)),
        ("sips:192.0.2.7", Target("TLS", "192.0.2.7", 5061)),
        ("sips:192.0.2.7;transport=tcp", Target("TLS", "192.0.2.7", 5061)),
        ("sip:192.0.2.7;transport=tls", Target("TLS", "192.0.2.7", 5061)),
        ("sip:[2001:db8::7]:5080", Target("UDP", "2001:db8::7", 5080)),
    ],
)
def test_an_address_needs_no_dns(uri: str, target: Target) -> None:
    names = Names()
    assert ask(uri, names) == [target]
    assert names.asked == []


def test_naptr_says_tls_first_then_udp_with_all_their_servers() -> None:
    assert ask("sip:itsp.test", Names(**PROVIDER)) == [
        Target("TLS", "192.0.2.1", 5061, "itsp.test"),
        Target("TLS", "2001:db8::1", 5061, "itsp.test"),
        Target("UDP", "192.0.2.1", 5060),
        Target("UDP", "2001:db8::1", 5060),
        Target("UDP", "192.0.2.2", 5070),
    ]


def test_a_sips_address_never_leads_to_udp() -> None:
    assert {one.transport for one in ask("sips:itsp.test", Names(**PROVIDER))} == {"TLS"}


def test_without_ipv6_here_those_addresses_are_left_out() -> None:
    assert all(":" not in one.host for one in ask("sip:itsp.test", Names(**PROVIDER), ipv6=False))


def test_a_port_means_no_srv() -> None:
    names = Names(**PROVIDER)
    assert ask("sip:itsp.test:5080", names) == [Target("UDP", "192.0.2.9", 5080)]
    assert names.asked == ["A itsp.test"]


def test_a_transport_means_no_naptr() -> None:
    names = Names(**PROVIDER)
    assert [one.port for one in ask("sip:itsp.test;transport=udp", names)] == [5060, 5060, 5070]
    assert not any(asked.startswith("NAPTR") for asked in names.asked)


def test_without_naptr_the_usual_srv_names_are_tried() -> None:
    names = Names(**{"SRV _sip._tcp.x.test": [Srv(1, 1, 5064, "h.test")], "A h.test": ["192.0.2.3"]})
    assert ask("sip:x.test", names) == [Target("TCP", "192.0.2.3", 5064)]


def test_without_any_of_it_the_name_itself() -> None:
    assert ask("sip:plain.test", Names(**{"A plain.test": ["192.0.2.4"]})) == [Target("UDP", "192.0.2.4", 5060)]
    assert ask("sips:plain.test", Names(**{"A plain.test": ["192.0.2.4"]})) == [
        Target("TLS", "192.0.2.4", 5061, "plain.test")
    ]


@pytest.mark.parametrize(
    "uri", ["sip:nowhere.test", "tel:+4721000000", "sip:x.test;transport=ws", "sip:x.test;transport=sctp"]
)
def test_what_cannot_be_reached(uri: str) -> None:
    with pytest.raises(LocateError):
        ask(uri, Names())


def test_weights_share_the_load() -> None:
    records = [Srv(1, 60, 1, "a"), Srv(1, 30, 2, "b"), Srv(1, 10, 3, "c"), Srv(0, 0, 4, "first")]
    rng = random.Random(4)
    counts = collections.Counter(order_srv(records, rng)[1].target for _ in range(3000))
    assert order_srv(records, rng)[0].target == "first"
    assert 1600 < counts["a"] < 2000
    assert 750 < counts["b"] < 1050
    assert 200 < counts["c"] < 400


SRV = st.builds(Srv, st.integers(0, 3), st.integers(0, 65535), st.integers(1, 65535), st.sampled_from(["a", "b", "c"]))


@given(st.lists(SRV, max_size=12), st.integers())
def test_no_server_is_lost_and_priorities_hold(records: list[Srv], seed: int) -> None:
    ordered = order_srv(records, random.Random(seed))
    assert collections.Counter(ordered) == collections.Counter(records)
    assert [one.priority for one in ordered] == sorted(one.priority for one in ordered)


def test_no_service_is_said_with_a_dot() -> None:
    assert order_srv([Srv(0, 0, 0, ".")], random.Random(1)) == []


class TestLocator:
    def test_at_once_for_an_address_and_later_for_a_name(self) -> None:
        async def story() -> None:
            locator = Locator(VirtualClock(), Names(**PROVIDER), random.Random(1))
            heard: list[Any] = []
            locator.locate(parse_uri("sip:192.0.2.1"), heard.append)
            assert heard == [[Target("UDP", "192.0.2.1", 5060)]]
            locator.locate(parse_uri("sip:nowhere.test"), heard.append)
            locator.locate(parse_uri("sip:itsp.test:5080"), heard.append)
            locator.locate(parse_uri("sip:192.0.2.1;transport=ws"), heard.append)
            assert len(heard) == 2
            await asyncio.sleep(0.01)
            assert len(heard) == 4
            assert isinstance(heard[2], LocateError)
            assert heard[3] == [Target("UDP", "192.0.2.9", 5080)]

        asyncio.run(story())

    def test_thousands_of_questions_at_once_are_refused(self) -> None:
        class Mute(Names):
            async def addresses(self, name: str) -> list[str]:
                await asyncio.sleep(60)
                return []

        async def story() -> None:
            locator = Locator(VirtualClock(), Mute(), random.Random(1))
            heard: list[Any] = []
            for number in range(1000):
                locator.locate(parse_uri(f"sip:n{number}.test:5060"), heard.append)
            await asyncio.sleep(0)
            assert len(heard) == 1000 - 256
            locator.close()

        asyncio.run(story())


class FakeDns:
    """What dnspython's resolver would say."""

    def __init__(self) -> None:
        self.questions = 0

    async def resolve(self, name: str, kind: str, **_: object) -> Any:
        self.questions += 1
        if name == "dead.test":
            raise dns.resolver.LifetimeTimeout(timeout=3, errors=[])
        if kind != "A" or name == "no.test":
            raise dns.resolver.NoAnswer(response=SimpleNamespace(question=[]))
        answer = [SimpleNamespace(address="192.0.2.1")]
        return type("Answer", (list,), {"rrset": SimpleNamespace(ttl=120)})(answer)


class TestCache:
    @pytest.fixture
    def world(self) -> tuple[VirtualClock, FakeDns, CachedDns]:
        clock, source = VirtualClock(), FakeDns()
        return clock, source, CachedDns(clock, source)  # type: ignore[arg-type]

    def run(self, question: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(question)

    def test_an_answer_is_kept_for_its_time(self, world: tuple[VirtualClock, FakeDns, CachedDns]) -> None:
        clock, source, cache = world
        assert self.run(cache.addresses("a.test")) == ["192.0.2.1"]
        assert self.run(cache.addresses("A.TEST")) == ["192.0.2.1"]
        assert source.questions == 2  # A and AAAA
        clock.advance(31)
        self.run(cache.addresses("a.test"))
        assert source.questions == 3  # that there is no AAAA is believed for 30 s
        clock.advance(90)
        self.run(cache.addresses("a.test"))
        assert source.questions == 5

    def test_names_of_this_machine_are_found(self, world: tuple[VirtualClock, FakeDns, CachedDns]) -> None:
        _, source, cache = world
        source.resolve = lambda *_, **__: (_ for _ in ()).throw(dns.resolver.NoAnswer(response=SimpleNamespace(question=[])))  # type: ignore[method-assign]
        assert "127.0.0.1" in self.run(cache.addresses("localhost"))

    def test_name_servers_that_do_not_answer(self, world: tuple[VirtualClock, FakeDns, CachedDns]) -> None:
        _, _, cache = world
        assert self.run(cache.naptr("dead.test")) == []
        with pytest.raises(LocateError):
            self.run(cache.srv("dead.test"))

    def test_the_cache_is_bounded(self, world: tuple[VirtualClock, FakeDns, CachedDns]) -> None:
        _, _, cache = world

        async def many() -> None:
            for number in range(3000):
                await cache.srv(f"n{number}.test")

        self.run(many())
        assert len(cache._cache) <= 2000
