"""One message to a real push service on this machine, which behaves, or does not."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.peers.pushservice import PushService, Subscribed

from svara.push import sending
from svara.push.encryption import browser_keys, encrypt
from svara.push.sending import Answered, Message, Unreachable
from svara.push.services import Place, place_of
from svara.push.work import hand_over


def hand(browser: Subscribed, ttl_seconds: int = 20) -> Answered:
    keys = browser_keys(browser.given["p256dh"], browser.given["auth"])
    message = Message(encrypt(b'{"kind":"ring"}', keys), ttl_seconds, "topic-1", urgent=True)
    return asyncio.run(hand_over(place_of(browser.address), message))


def why(browser: Subscribed) -> str:
    with pytest.raises(Unreachable) as refused:
        hand(browser)
    return refused.value.why


def test_it_arrives_with_all_that_the_service_has_to_know(service: PushService) -> None:
    browser = service.subscribe()
    assert hand(browser) == Answered(201)
    (taken,) = service.of(browser)
    assert browser.decrypt(taken.body) == b'{"kind":"ring"}'
    known = {name: taken.headers[name] for name in ("ttl", "urgency", "topic", "content-encoding", "host")}
    assert known == {
        "ttl": "20",
        "urgency": "high",
        "topic": "topic-1",
        "content-encoding": "aes128gcm",
        "host": service.host,
    }
    assert taken.claims["aud"] == service.url


@pytest.mark.parametrize(("status", "taken", "gone"), [(201, True, False), (404, False, True), (410, False, True)])
def test_what_the_service_says(service: PushService, status: int, taken: bool, gone: bool) -> None:
    service.answer = status
    answered = hand(service.subscribe())
    assert (answered.status, answered.taken, answered.gone) == (status, taken, gone)


def test_a_service_that_is_busy_says_until_when(service: PushService) -> None:
    service.answer, service.headers = 429, {"Retry-After": "7"}
    assert hand(service.subscribe()) == Answered(429, 7.0)


def test_a_redirect_leads_nowhere(service: PushService) -> None:
    other = service.subscribe()
    service.answer, service.headers = 307, {"Location": other.address}
    browser = service.subscribe()
    assert hand(browser) == Answered(307)
    assert service.of(other) == []


def test_a_browser_that_the_service_does_not_know_is_gone(service: PushService) -> None:
    assert hand(Subscribed(f"{service.url}/push/nobody")).gone


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_service_that_does_not_come_to_an_end(service: PushService, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MAX_SECONDS", 1.0)
    service.answer, began = how, time.monotonic()
    assert why(service.subscribe()) == "slow"
    assert time.monotonic() - began < 4


def test_what_is_no_push_service(service: PushService) -> None:
    service.answer = "nonsense"
    assert why(service.subscribe()) == "answer"


def test_nobody_is_there(service: PushService) -> None:
    browser = service.subscribe()
    service.close()
    assert why(browser) == "unreachable"


def test_a_certificate_of_nobody_is_not_believed(service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    browser = service.subscribe()
    assert why(browser) == "unreachable"
    assert service.messages == []


def test_a_makers_name_that_leads_into_the_network_is_not_asked(service: PushService) -> None:
    """Somebody has put it into the names of the network (DNS): the address is looked at, not the name alone."""
    port = int(service.host.rpartition(":")[2])
    with pytest.raises(Unreachable) as refused:
        asyncio.run(sending.reach(Place("localhost", port, "/", "fcm.googleapis.com")))
    assert refused.value.why == "address"
