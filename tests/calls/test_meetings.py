"""Presence by the calendar: a meeting shows when it begins, and what people choose and do goes before it."""

from __future__ import annotations

import pytest
from tests.calls import offices
from tests.calls.lamps.watch import Watch
from tests.calls.phones import Office, Phone

from svara.people.presence import availability

BOB = "p-acme-bob"


def seen(office: Office) -> str:
    return {one.person: one.availability for one in office.switch.news.presence("t-acme")}[BOB]


@pytest.mark.claim("PHO-6")
def test_bob_s_meeting_begins_and_ends(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    watch = Watch(cecilie, "102", event="presence")
    now = at_work.clock.now()
    at_work.switch.news.meetings({BOB: ((now + 60, now + 120), (now + 180, now + 240)), "nobody": ((now, now + 9),)})
    at_work.wait(59)
    assert (seen(at_work), watch.presence) == ("available", "open")
    at_work.wait(2)
    assert (seen(at_work), watch.presence) == ("meeting", "open meeting")
    anna.call("102")
    bob.answer()
    at_work.wait(0.1)
    assert watch.presence == "open on-the-phone", "a call goes before a meeting"
    bob.hang_up()
    at_work.wait(0.1)
    assert watch.presence == "open meeting"
    at_work.wait(60)
    assert watch.presence == "open"
    at_work.wait(60)
    assert watch.presence == "open meeting", "the next one"
    at_work.switch.news.meetings({})
    at_work.wait(0.1)
    assert watch.presence == "open", "a calendar that was taken back"


def test_a_new_snapshot_forgets_no_meeting(at_work: Office, bob: Phone) -> None:
    now = at_work.clock.now()
    at_work.switch.news.meetings({BOB: ((now - 60, now + 60),)})
    at_work.switch.news.office(offices.office(cecilie={"choice": "away"}), lambda login: login == "acme-bob")
    at_work.wait(0.1)
    assert seen(at_work) == "meeting"
    at_work.wait(61)
    assert seen(at_work) == "available"


@pytest.mark.claim("PHO-6")
@pytest.mark.parametrize(
    ("choice", "phones", "ringing", "talking", "expected"),
    [
        ("available", 1, 0, 0, "meeting"),
        ("away", 1, 0, 0, "away"),
        ("dnd", 1, 0, 0, "dnd"),
        ("available", 1, 1, 0, "ringing"),
        ("away", 1, 0, 1, "in-call"),
        ("available", 0, 0, 0, "offline"),
    ],
)
def test_choice_goes_before_the_calendar_and_calls_before_both(
    choice: str, phones: int, ringing: int, talking: int, expected: str
) -> None:
    assert availability(choice, phones, ringing, talking, meeting=True) == expected  # type: ignore[arg-type]
