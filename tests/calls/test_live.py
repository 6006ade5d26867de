"""What others see of a person while phones register and calls come and go."""

from __future__ import annotations

import msgspec
import pytest
from tests.calls.offices import office

from svara.calls.commands import LiveCall, PersonPresence
from svara.calls.events import Party
from svara.calls.live import GATHER_SECONDS, News
from svara.clock import VirtualClock

BOB = "p-acme-bob"


class Screen:
    """Somebody who watches the bus."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.heard: list[tuple[str, bytes]] = []
        self.news = News(self.clock, lambda topic, payload: self.heard.append((topic, payload)))
        self.news.office(office(), lambda _: False)
        self.new()

    def new(self) -> list[PersonPresence]:
        self.clock.advance(GATHER_SECONDS)
        heard, self.heard = self.heard, []
        return [
            msgspec.msgpack.decode(payload, type=PersonPresence) for topic, payload in heard if topic == "presence.changed"
        ]

    def of_bob(self) -> list[tuple[str, int]]:
        return [(one.availability, one.phones_online) for one in self.new() if one.person == BOB]


@pytest.mark.claim("PHO-6")
def test_bob_comes_to_work_is_called_talks_and_goes_home() -> None:
    screen = Screen()
    screen.news.phone("acme-bob", True)
    assert screen.of_bob() == [("available", 1)]
    screen.news.phone("acme-bob-soft", True)
    assert screen.of_bob() == [("available", 2)]
    screen.news.count(BOB, ringing=1)
    assert screen.of_bob() == [("ringing", 2)]
    screen.news.count(BOB, ringing=-1, talking=1)
    assert screen.of_bob() == [("in-call", 2)]
    screen.news.count(BOB, talking=-1)
    assert screen.of_bob() == [("available", 2)]
    screen.news.phone("acme-bob", False)
    screen.news.phone("acme-bob-soft", False)
    assert screen.of_bob() == [("offline", 0)]


def test_only_the_newest_of_a_burst_is_told() -> None:
    screen = Screen()
    screen.news.phone("acme-bob", True)
    for _ in range(100):
        screen.news.count(BOB, ringing=1)
        screen.news.count(BOB, ringing=-1)
    assert screen.of_bob() == [("available", 1)]


def test_what_did_not_change_is_not_told_and_what_changed_is_told_though_somebody_asked() -> None:
    screen = Screen()
    screen.news.count(BOB, ringing=1)
    screen.news.count(BOB, ringing=-1)
    assert screen.new() == []
    screen.news.phone("acme-bob", True)
    assert [one.availability for one in screen.news.presence("t-acme") if one.person == BOB] == ["available"]
    assert screen.of_bob() == [("available", 1)]


def test_a_choice_takes_effect_with_the_new_office_and_calls_are_still_counted() -> None:
    screen = Screen()
    screen.news.phone("acme-bob", True)
    screen.news.count(BOB, talking=1)
    screen.new()
    screen.news.office(office(bob={"choice": "dnd"}), lambda login: login == "acme-bob")
    assert screen.of_bob() == []
    screen.news.count(BOB, talking=-1)
    assert screen.of_bob() == [("dnd", 1)]


def test_since_tells_when_it_began() -> None:
    screen = Screen()
    screen.clock.advance(100)
    screen.news.phone("acme-bob", True)
    began = screen.clock.now()
    screen.clock.advance(50)
    screen.news.phone("acme-bob-soft", True)
    [one] = [one for one in screen.news.presence() if one.person == BOB]
    assert one.since == began


def test_each_company_is_asked_for_alone() -> None:
    screen = Screen()
    assert {one.tenant for one in screen.news.presence("t-beta")} == {"t-beta"}
    assert len(screen.news.presence()) == 5


def test_the_news_of_a_call_show_its_newest_state() -> None:
    screen = Screen()
    state = LiveCall("c1", "t-acme", "internal", "ringing", Party("101"), Party("102"), 1.0)
    screen.news.call("started", "c1", lambda: state)
    screen.news.call("ringing", "c1", lambda: state)
    screen.news.call("ringing", "c2", lambda: state)
    screen.clock.advance(GATHER_SECONDS)
    assert [topic for topic, _ in screen.heard] == ["call.ringing", "call.ringing"]
    assert msgspec.msgpack.decode(screen.heard[0][1], type=LiveCall) == state
    screen.news.call("ended", "c1", lambda: state)
    screen.news.flush()
    assert screen.heard[-1][0] == "call.ended"
    assert screen.clock.pending == 0


def test_an_unknown_phone_or_person_changes_nothing() -> None:
    screen = Screen()
    screen.news.phone("nobody", True)
    screen.news.count("nobody", talking=1)
    screen.news.count(None, talking=1)
    assert screen.new() == []
