"""Registering with a provider, on virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from svara.clock import VirtualClock
from svara.sip.message import Request, Response, new_response
from svara.sip.registration import Registration

CONTACT = "sip:acme@192.0.2.1:5060;line=42"


class Registrar:
    """The provider's side: keeps what was asked and answers when the test says so."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.asked: list[Request] = []
        self.waiting: list[tuple[Request, Callable[[Response | None, Request], object]]] = []
        self.changes: list[tuple[str, str]] = []
        self.client = Registration(
            self.clock,
            random.Random(7),
            self.send,
            registrar="sip:itsp.example",
            address="sip:acme@itsp.example",
            contact=lambda: CONTACT,
            changed=lambda: self.changes.append((self.client.state, self.client.reason)),
        )

    def send(self, request: Request, answered: Callable[[Response | None, Request], object]) -> None:
        self.asked.append(request)
        self.waiting.append((request, answered))

    def say(self, status: int, *headers: tuple[str, str]) -> None:
        request, answered = self.waiting.pop(0)
        request.set("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1")
        answered(new_response(request, status, headers=headers, to_tag="r"), request)

    def keep_silent(self) -> None:
        request, answered = self.waiting.pop(0)
        answered(None, request)

    def quiet_for(self) -> float:
        """How long until it asks again."""
        began, before = self.clock.monotonic(), len(self.asked)
        while len(self.asked) == before:
            self.clock.advance(0.5)
            assert self.clock.monotonic() - began < 100_000
        return self.clock.monotonic() - began


@pytest.fixture
def registrar() -> Registrar:
    registrar = Registrar()
    registrar.client.start()
    return registrar


def test_it_registers_and_refreshes_in_good_time(registrar: Registrar) -> None:
    first = registrar.asked[0]
    assert (first.uri, str(first.to.uri)) == ("sip:itsp.example", "sip:acme@itsp.example")
    assert first.contacts[0].expires == first.expires == 600
    registrar.say(200, ("Contact", f"<{CONTACT}>;expires=300"), ("Contact", "<sip:acme@198.51.100.9>;expires=50"))
    assert registrar.client.state == "registered"
    assert registrar.client.expires_at == registrar.clock.now() + 300
    assert registrar.quiet_for() == 240
    second = registrar.asked[1]
    assert second.call_id == first.call_id
    assert second.from_.tag == first.from_.tag
    assert second.cseq.number > first.cseq.number
    assert registrar.changes == [("registered", "")]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], 540),
        ([("Expires", "120")], 80),
        ([("Expires", "60")], 40),
        ([("Contact", f"<{CONTACT}>;expires=30")], 20),
        ([("Expires", "0")], 7),
        ([("Expires", "nonsense")], 540),
        ([("Contact", f"<{CONTACT}>;expires=4294967295")], 86_340),
    ],
)
def test_the_registrar_says_for_how_long(registrar: Registrar, headers: list[tuple[str, str]], seconds: float) -> None:
    registrar.say(200, *headers)
    assert registrar.quiet_for() == pytest.approx(seconds, abs=1)


def test_it_asks_for_longer_when_it_has_to(registrar: Registrar) -> None:
    registrar.say(423, ("Min-Expires", "1800"))
    assert registrar.asked[1].expires == 1800
    registrar.say(423, ("Min-Expires", "1800"))  # that was granted already: an error, not a circle
    assert registrar.client.state == "failed"


def test_a_refused_login_is_tried_seldom(registrar: Registrar) -> None:
    waits = []
    for _ in range(8):
        registrar.say(401)
        waits.append(registrar.quiet_for())
    assert registrar.client.reason == "the registrar does not accept our login"
    assert 30 <= waits[0] <= 60.5
    assert all(450 <= wait <= 900.5 for wait in waits[5:])


def test_a_silent_registrar_is_tried_again_later_and_later(registrar: Registrar) -> None:
    waits = []
    for _ in range(7):
        registrar.keep_silent()
        waits.append(registrar.quiet_for())
    assert 10 <= waits[0] <= 20.5
    assert waits[-1] > 400
    registrar.say(200)
    assert registrar.client.state == "registered"
    assert registrar.changes == [("failed", "the registrar does not answer"), ("registered", "")]


def test_a_lost_refresh_is_repeated_before_the_binding_ends(registrar: Registrar) -> None:
    registrar.say(200, ("Expires", "180"))
    assert registrar.quiet_for() == 120
    for _ in range(3):
        registrar.keep_silent()
        assert registrar.quiet_for() <= 20.5
    assert registrar.client.state == "failed"


def test_retry_after_is_honoured(registrar: Registrar) -> None:
    registrar.say(503, ("Retry-After", "120 (maintenance);duration=60"))
    assert 60 <= registrar.quiet_for() <= 120.5
    registrar.say(500)
    assert registrar.client.reason == "the registrar reports an error (500)"


def test_it_takes_the_binding_away_when_it_stops(registrar: Registrar) -> None:
    registrar.say(200)
    registrar.client.stop()
    last = registrar.asked[-1]
    assert last.contacts[0].expires == last.expires == 0
    registrar.say(200)
    registrar.clock.advance(100_000)
    assert len(registrar.asked) == 2
    assert registrar.clock.pending == 0


def test_stopped_before_an_answer_came_nothing_is_left(registrar: Registrar) -> None:
    registrar.client.stop()
    registrar.say(200)
    assert len(registrar.asked) == 1
    assert registrar.clock.pending == 0


def test_a_lost_way_is_registered_anew_at_once(registrar: Registrar) -> None:
    registrar.say(200)
    registrar.client.again()
    assert len(registrar.asked) == 2
    registrar.keep_silent()
    registrar.client.again()  # that has just failed: later
    assert len(registrar.asked) == 2


def test_the_registrars_proxies_are_kept(registrar: Registrar) -> None:
    registrar.say(200, ("Service-Route", "<sip:proxy.itsp.example;lr>"))
    assert registrar.client.service_routes == ("<sip:proxy.itsp.example;lr>",)
