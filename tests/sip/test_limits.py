"""Who is heard: phones that authenticated always, strangers a little, floods not at all."""

from __future__ import annotations

import pytest

from svara.clock import VirtualClock
from svara.sip.transport.limits import Limits, Sources, source_key

LIMITS = Limits(
    messages_per_second=10,
    messages_burst=20,
    excess_before_ban=50,
    ban_seconds=60,
    sources=100,
    connections=30,
    connections_per_source=10,
)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def sources(clock: VirtualClock) -> Sources:
    return Sources(clock, LIMITS)


def heard(sources: Sources, ip: str, count: int) -> int:
    return sum(sources.allow(ip) for _ in range(count))


def test_a_stranger_may_send_a_burst_and_then_a_few_a_second(clock: VirtualClock, sources: Sources) -> None:
    assert heard(sources, "192.0.2.1", 30) == 20
    clock.advance(1)
    assert heard(sources, "192.0.2.1", 30) == 10
    assert heard(sources, "192.0.2.2", 30) == 20, "others are not affected"


@pytest.mark.claim("PHO-10")
def test_who_goes_on_is_not_heard_for_a_minute(clock: VirtualClock, sources: Sources) -> None:
    heard(sources, "192.0.2.1", 100)
    assert sources.banned("192.0.2.1")
    clock.advance(59)
    assert heard(sources, "192.0.2.1", 5) == 0
    clock.advance(2)
    assert heard(sources, "192.0.2.1", 5) == 5


def test_a_little_too_much_now_and_then_bans_nobody(clock: VirtualClock, sources: Sources) -> None:
    for _ in range(30):
        heard(sources, "192.0.2.1", 25)
        clock.advance(5)
    assert not sources.banned("192.0.2.1")


def test_a_phone_that_authenticated_may_send_a_thousand_a_second_and_is_never_banned(
    clock: VirtualClock, sources: Sources
) -> None:
    sources.trust("192.0.2.1")
    for _ in range(60):
        assert heard(sources, "192.0.2.1", 1000) == 1000
        clock.advance(1)
    heard(sources, "192.0.2.1", 100_000)
    assert not sources.banned("192.0.2.1")
    clock.advance(1)
    assert heard(sources, "192.0.2.1", 1000) == 1000


def test_who_was_banned_and_then_authenticates_is_heard(sources: Sources) -> None:
    heard(sources, "192.0.2.1", 100)
    sources.trust("192.0.2.1")
    assert heard(sources, "192.0.2.1", 100) == 100


def test_trust_ends_some_time_after_the_last_authentication(clock: VirtualClock, sources: Sources) -> None:
    sources.trust("192.0.2.1")
    clock.advance(LIMITS.trusted_seconds - 1)
    sources.trust("192.0.2.1")
    clock.advance(LIMITS.trusted_seconds - 1)
    assert sources.trusted("192.0.2.1")
    clock.advance(2)
    assert heard(sources, "192.0.2.1", 100) == 20


def test_a_ban_by_the_guard_holds_for_trusted_ones_too(clock: VirtualClock, sources: Sources) -> None:
    sources.trust("192.0.2.1")
    sources.ban("192.0.2.1", 10)
    assert heard(sources, "192.0.2.1", 5) == 0
    assert not sources.connect("192.0.2.1")
    clock.advance(11)
    assert heard(sources, "192.0.2.1", 5) == 5


def test_a_flood_from_forged_addresses_neither_fills_the_memory_nor_silences_known_phones(clock: VirtualClock) -> None:
    sources = Sources(clock, Limits(strangers_messages_per_second=500, sources=1000))
    sources.trust("203.0.113.1")
    taken = 0
    for second in range(5):
        for number in range(5_000):
            taken += sources.allow(f"10.{second}.{number // 250}.{number % 250}")
        assert heard(sources, "203.0.113.1", 1000) == 1000
        clock.advance(1)
    assert len(sources) <= 1000
    assert taken <= 500 * 6
    assert sources.trusted("203.0.113.1")


def test_one_network_of_ipv6_is_one_source(sources: Sources) -> None:
    assert source_key("2001:db8:1:2:3:4:5:6") == source_key("2001:db8:1:2::1")
    assert source_key("2001:db8:1:3::1") != source_key("2001:db8:1:2::1")
    assert sum(heard(sources, f"2001:db8::{number:x}", 1) for number in range(1, 100)) == 20
    sources.trust("2001:db8::1")
    assert sources.trusted("2001:db8::ffff")


def test_connections_are_counted_by_source_and_in_all(sources: Sources) -> None:
    assert sum(sources.connect("192.0.2.1") for _ in range(50)) == 10
    assert sum(sources.connect(f"192.0.2.{number}") for number in range(2, 200)) == 20
    sources.disconnect("192.0.2.1")
    assert sources.connect("192.0.2.1")
    assert not sources.connect("192.0.2.1")
    for _ in range(10):
        sources.disconnect("192.0.2.1")
    assert "192.0.2.1" not in sources._connections
