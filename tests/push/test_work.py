"""From the news of a call to the notification in a browser: a real push service, and what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.utils import timezone
from tests.peers.pushservice import PushService, Subscribed
from tests.push.conftest import TurnOn

from svara.bus.port import BusError, Event
from svara.calls.boxes import TOPIC_CHANGED, BoxChanged
from svara.calls.commands import Recorded
from svara.calls.events import Party
from svara.data import DataFolder
from svara.history.models import Call, Participant
from svara.people.models import Account, PushDevice
from svara.people.office import TOPIC_OFFICE
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import CALL_PUSH
from svara.push import words
from svara.push.trial import Try, attempt
from svara.push.work import RECORDED, Waker, hand_over, who_missed

pytestmark = pytest.mark.django_db(transaction=True)
KARI = Party(number="+4722000001", name="Kari Nordmann")


class NoBus:
    """The calls process is away."""

    async def request(self, service: str, *_: Any) -> bytes:
        raise BusError("unavailable", service)


@pytest.fixture
def happens(data_folder: DataFolder) -> Callable[..., None]:
    """These events come over the bus, and all that follows from them is done."""

    def happen(*events: Event) -> None:
        async def all_of_it() -> None:
            waker = Waker(data_folder, NoBus())  # type: ignore[arg-type]
            await waker.ask()
            for event in events:
                await waker.take(event)
                while waker.post.waiting:
                    await asyncio.sleep(0.005)

        asyncio.run(all_of_it())

    return happen


def call(who: Account, state: str = "ringing", **more: Any) -> Event:
    live = {
        "id": "c1",
        "tenant": who.tenant_id,
        "state": state,
        "caller": KARI,
        "people": [who.id],
        "rings": {who.id: timezone.now().timestamp() + 20} if state == "ringing" else {},
    }
    return Event(f"call.{state}", msgspec.msgpack.encode(live | more))


def test_a_call_wakes_annas_browser_and_its_end_closes_the_notification(
    anna: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]
) -> None:
    device, browser = turn_on(anna)
    happens(call(anna), call(anna, "answered"))
    ring, over = service.told(browser, 2)
    assert (ring["kind"], ring["title"], ring["url"]) == ("ring", "Incoming call", "/")
    assert "Kari" not in str(ring), "she did not choose to see names here"
    assert "4722" not in str(ring)
    assert (over["kind"], over["tag"]) == ("over", ring["tag"])
    first, second = service.of(browser)
    assert first.headers["urgency"] == "high"
    assert 15 <= int(first.headers["ttl"]) <= 20
    assert first.headers["topic"] == second.headers["topic"] == ring["tag"]
    assert len(first.body) == len(second.body)
    assert PushDevice.all_tenants.get(pk=device.pk).last_at is not None


def test_who_calls_is_told_where_it_was_chosen_and_only_there(
    anna: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]
) -> None:
    (_, named), (_, plain) = turn_on(anna, names=True), turn_on(anna)
    happens(call(anna))
    assert service.told(named)[0]["title"] == "Kari Nordmann · +4722000001"
    assert service.told(plain)[0]["title"] == "Incoming call"
    topics = {one.headers["topic"] for one in service.messages}
    assert len(topics) == 2, "two browsers have nothing in common for those who carry the messages"


def test_somebody_unknown_calls(anna: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]) -> None:
    _, browser = turn_on(anna, names=True)
    happens(call(anna, caller=Party(number="anonymous", name="Anonymous")))
    assert service.told(browser)[0]["title"] == "Unknown number"


def test_in_annas_own_language(anna: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]) -> None:
    anna.language = "nb"
    anna.save()
    _, browser = turn_on(anna)
    happens(call(anna))
    assert service.told(browser)[0]["title"] == "Innkommende samtale"


def test_nobody_else_is_woken(
    anna: Account, bob: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]
) -> None:
    turn_on(anna)
    _, bobs = turn_on(bob)
    do_switch(bob, CALL_PUSH, False)
    happens(call(bob), call(anna))
    assert len(service.messages) == 1
    assert service.of(bobs) == []


def test_a_browser_that_is_gone_is_forgotten(
    anna: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]
) -> None:
    for status in (404, 410, 403):
        turn_on(anna)
        service.answer = status
        happens(call(anna))
        assert PushDevice.all_tenants.filter(account=anna).count() == 0
    turn_on(anna)
    service.answer = 500
    happens(call(anna, rings={anna.id: timezone.now().timestamp() + 1.5}))
    assert PushDevice.all_tenants.filter(account=anna).count() == 1, "the service is ill, the browser is not gone"


def test_a_missed_call_is_told_to_who_chose_that(
    anna: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]
) -> None:
    (_, wants), (_, does_not) = turn_on(anna, missed=True, names=True), turn_on(anna)
    recorded_call(anna, "abandoned")
    recorded = Event(RECORDED, msgspec.msgpack.encode(Recorded("c1", anna.tenant_id, (anna.id,))))
    happens(call(anna), call(anna, "ended"), recorded)
    assert [one["kind"] for one in service.told(wants, 3)] == ["ring", "over", "missed"]
    missed = service.told(wants, 3)[2]
    assert (missed["title"], missed["body"], missed["url"]) == ("Missed call", "Kari Nordmann · +4722000001", "/history/")
    assert [one["kind"] for one in service.told(does_not, 2)] == ["ring", "over"]


def test_a_missed_call_is_the_last_word_though_its_record_comes_before_its_end(
    anna: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]
) -> None:
    """The record and the news of the call come from two processes; "over" in the place of "missed" took it away."""
    _, browser = turn_on(anna, missed=True)
    recorded_call(anna, "abandoned")
    recorded = Event(RECORDED, msgspec.msgpack.encode(Recorded("c1", anna.tenant_id, (anna.id,))))
    happens(call(anna), recorded, call(anna, "ended"))
    told = [one["kind"] for one in service.told(browser, 4, seconds=0.5)]
    assert (told[0], told[-1], len(told) - told.count("over")) == ("ring", "missed", 2)


@pytest.mark.parametrize(
    ("outcome", "part", "missed"),
    [
        ("abandoned", "called", True),
        ("missed", "called", True),
        ("voicemail", "called", True),
        ("busy", "called", True),
        ("answered", "called", False),
        ("answered", "answered", False),
        ("rejected", "called", False),
        ("abandoned", "caller", False),
    ],
)
def test_what_is_a_missed_call(anna: Account, outcome: str, part: str, missed: bool) -> None:
    recorded_call(anna, outcome, part)
    assert (anna.id in who_missed("c1", frozenset({anna.id}))) is missed


def test_a_voice_message_is_told_to_who_chose_that(
    anna: Account, turn_on: TurnOn, service: PushService, happens: Callable[..., None]
) -> None:
    (_, wants), (_, does_not) = turn_on(anna, messages=True), turn_on(anna)
    box = BoxChanged(anna.tenant_id, f"person:{anna.id}", 1, 0, (anna.id,))
    happens(Event(TOPIC_CHANGED, msgspec.msgpack.encode(box)), Event(TOPIC_CHANGED, msgspec.msgpack.encode(box)))
    (told,) = service.told(wants)
    assert (told["title"], told["url"]) == ("New voice message", "/voicemail/")
    assert service.of(does_not) == []
    assert service.of(wants)[0].headers["urgency"] == "normal"


def test_who_turns_it_on_meanwhile_is_woken_by_the_next_call(
    anna: Account, turn_on: TurnOn, service: PushService, data_folder: DataFolder
) -> None:
    async def story() -> Subscribed:
        waker = Waker(data_folder, NoBus())  # type: ignore[arg-type]
        await waker.ask()
        await waker.take(call(anna))
        _, browser = await asyncio.to_thread(turn_on, anna)
        await waker.take(Event(TOPIC_OFFICE))
        await waker.take(call(anna, id="c2"))
        while waker.post.waiting:
            await asyncio.sleep(0.005)
        return browser

    assert len(service.told(asyncio.run(story()))) == 1


def test_news_of_nonsense_do_no_harm(anna: Account, turn_on: TurnOn, happens: Callable[..., None]) -> None:
    turn_on(anna)
    happens(Event("call.ringing", b"\xc1"), Event(RECORDED, b"nonsense"), Event(TOPIC_CHANGED, b""))


def test_a_trial_shows_and_says_what_the_service_said(
    anna: Account, bob: Account, turn_on: TurnOn, service: PushService
) -> None:
    device, browser = turn_on(anna)

    def tries(who: Account = anna) -> str:
        return asyncio.run(attempt(Try(who.id, device.id), hand_over))

    assert tries() == "taken"
    assert service.told(browser)[0]["title"] == "It works"
    assert tries(bob) == "not-found"
    service.answer = 413
    assert tries() == "refused"
    service.answer = 410
    assert tries() == "gone"
    service.close()
    assert tries() == "unreached"


def test_a_reference_tells_nothing_of_the_call(anna: Account, turn_on: TurnOn) -> None:
    (one, _), (two, _) = turn_on(anna), turn_on(anna)
    topics = {words.topic_of(device, "ring", about) for device in (one, two) for about in ("c1", "c2")}
    assert len(topics) == 4
    assert all(len(topic) <= 32 and topic.replace("-", "a").replace("_", "a").isalnum() for topic in topics)
    assert words.topic_of(one, "ring", "c1") == words.topic_of(one, "missed", "c1") != words.topic_of(one, "message", "c1")


def recorded_call(who: Account, outcome: str, part: str = "called") -> None:
    """A record of a call, as history has written it by the time that it tells of it."""
    at = timezone.now()
    Call(
        id="c1", tenant_id=who.tenant_id, outcome=outcome, started_at=at, ended_at=at, wait_seconds=9, talk_seconds=0
    ).save()
    Participant.objects.create(call_id="c1", person=who.id, part=part, started_at=at)
