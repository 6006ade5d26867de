"""Where a caller is whom the system itself answered, as the other rooms see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.commands import LiveCall, LiveStop
from svara.people.office import Conference, Member, Menu, Queue, Sound

DAY = Menu(
    "m",
    "Day",
    prompt="welcome",
    keys={"1": "person:bob", "2": "queue:Support", "3": "person:cecilie"},
    extension="700",
    direct_dial=False,
)
SUPPORT = Queue("q", "Support", members=(Member("p-acme-bob"),), ring_seconds=15, extension="800")
TEAM = Conference("c", "Team", extension="850")


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    acme = {"sounds": (Sound("welcome", "acme/welcome.wav"),), "menus": (DAY,), "queues": (SUPPORT,), "conferences": (TEAM,)}
    office = Office(tmp_path, offices.office(bob=offices.goes_to("voicemail:bob", 15), acme=acme))
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    office.close()


def now(office: Office) -> LiveCall:
    [call] = office.calls
    return call.live()


def told(office: Office) -> LiveCall:
    """What the other rooms were told of it last."""
    office.wait(0.1)
    return [msgspec.msgpack.decode(body, type=LiveCall) for topic, body in office.news if topic.startswith("call.")][-1]


@pytest.mark.parametrize(
    ("dialled", "kind", "name", "state"),
    [
        ("700", "menu", "Day", "started"),
        ("800", "queue", "Support", "started"),
        ("102", "message", "Bob Lind", "started"),
        ("850", "conference", "Team", "answered"),
        ("conference", "conference", "", "answered"),
        ("*96", "test", "*96", "answered"),
        ("*97", "mailbox", "*97", "answered"),
        ("*78", "code", "*78", "answered"),
    ],
)
def test_it_is_told_with_the_time_of_the_answer(
    at_work: Office, anna: Phone, dialled: str, kind: str, name: str, state: str
) -> None:
    began = at_work.clock.now()
    anna.call(dialled)
    assert anna.statuses[-1] == 200
    call = now(at_work)
    assert call.at == LiveStop(kind, name, began)  # type: ignore[arg-type]
    assert call.state == state
    assert call.answered_at == (began if state == "answered" else None)
    assert told(at_work) == call
    anna.hang_up()


def test_it_follows_the_caller_from_stop_to_stop(at_work: Office, anna: Phone, bob: Phone) -> None:
    began = at_work.clock.now()
    anna.call("700")
    at_work.wait(3)
    at_work.news.clear()
    at_work.voice.press("2")
    at_work.settle()
    assert told(at_work).at == LiveStop("queue", "Support", began)
    bob.ring()
    assert (now(at_work).state, now(at_work).at) == ("ringing", LiveStop("queue", "Support", began))
    bob.answer()
    assert (now(at_work).state, now(at_work).at) == ("answered", None)
    assert (now(at_work).answered_at or 0) > began
    anna.hang_up()


def test_phones_that_ring_are_no_such_place(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    assert now(at_work).at is None
    anna.cancel()


def test_a_restart_forgets_neither_the_place_nor_the_time(at_work: Office, anna: Phone) -> None:
    began = at_work.clock.now()
    anna.call("700")
    at_work.kill()
    at_work.clock.advance(2)
    at_work.start()
    at_work.settle()
    assert now(at_work).at == LiveStop("menu", "Day", began)
    anna.hang_up()


def test_who_comes_from_a_menu_to_a_mailbox(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1")
    at_work.settle()
    assert now(at_work).at is None
    bob.decline()
    at_work.settle()
    at = told(at_work).at
    assert (at and at.kind) == "message"  # Bob's mailbox
    anna.hang_up()


def test_who_hears_a_busy_tone_hears_an_announcement(at_work: Office, anna: Phone, cecilie: Phone) -> None:
    anna.call("700")
    at_work.voice.press("3")
    at_work.settle()
    cecilie.decline()
    at_work.settle()
    at = told(at_work).at
    assert (at and at.kind) == "told"
    anna.hang_up()
