"""Recording an announcement by phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone
from tests.calls.voice import VoiceLeg

from svara.calls.events import CallEnded
from svara.people import wish


class Jobs:
    """Answers what call control asks of the people's room."""

    def __init__(self) -> None:
        self.asked: list[wish.AddSound] = []
        self.answer: wish.Answer | None = wish.Done()

    def ask(self, service: str, payload: bytes, done: Callable[[bytes | None], object]) -> None:
        assert service == wish.SERVICE
        wanted = msgspec.msgpack.decode(payload, type=wish.Wish)
        assert isinstance(wanted, wish.AddSound)
        self.asked.append(wanted)
        done(None if self.answer is None else msgspec.msgpack.encode(self.answer))


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def at_work(tmp_path: Path, jobs: Jobs) -> Iterator[Office]:
    office = Office(tmp_path, offices.office(anna={"language": "en", "admin": True}, bob={"language": "en"}))
    office.switch.ask = jobs.ask
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    office.close()


def heard(office: Office) -> list[str]:
    [leg] = office.voice.legs.values()
    return [word.removeprefix("builtin/en/").removesuffix(".wav") for word in leg.sounds]


def records(office: Office, seconds: float = 5.0) -> VoiceLeg:
    """The announcement is asked for, said and ended with the hash key."""
    assert "record-announcement" in heard(office)
    office.wait(5)
    [leg] = office.voice.legs.values()
    assert leg.recording is not None
    leg.said_seconds = seconds
    office.voice.press("#")
    return leg


def test_anna_records_hears_and_keeps_an_announcement(at_work: Office, anna: Phone, jobs: Jobs) -> None:
    anna.call("*95")
    records(at_work)
    (file,) = at_work.voice.files
    assert heard(at_work) == [f"recording:{file}".removesuffix(".wav"), "announcement-menu"]
    at_work.wait(6)
    at_work.voice.press("1")
    assert jobs.asked == [wish.AddSound("t-acme", "p-acme-anna", file)]
    assert heard(at_work) == ["announcement-saved"]
    at_work.wait(3)
    assert anna.heard("BYE")
    (ended,) = at_work.told(CallEnded)
    assert (ended.outcome, ended.by) == ("answered", "system")


def test_she_records_again_until_she_likes_it(at_work: Office, anna: Phone, jobs: Jobs) -> None:
    anna.call("*95")
    records(at_work)
    at_work.voice.press("2")
    records(at_work)
    at_work.voice.press("1")
    assert [one.recording for one in jobs.asked] == [list(at_work.voice.files)[1]]


@pytest.mark.parametrize("how", ["star", "silence", "hang-up"])
def test_what_she_does_not_confirm_is_not_kept(at_work: Office, anna: Phone, jobs: Jobs, how: str) -> None:
    anna.call("*95")
    records(at_work)
    if how == "star":
        at_work.voice.press("*")
        assert heard(at_work) == ["goodbye"]
        at_work.wait(3)
    elif how == "silence":
        at_work.wait(60)
    else:
        anna.hang_up()
    assert jobs.asked == []
    assert at_work.calls == []


def test_nothing_was_said(at_work: Office, anna: Phone, jobs: Jobs) -> None:
    anna.call("*95")
    for _ in range(3):
        records(at_work, seconds=0)
    assert heard(at_work) == ["nothing-recorded"]
    at_work.wait(3)
    assert at_work.calls == []


def test_bob_is_no_administrator(at_work: Office, bob: Phone, jobs: Jobs) -> None:
    bob.call("*95")
    assert heard(at_work) == ["administrators-only"]
    at_work.wait(3)
    assert at_work.calls == []
    assert jobs.asked == []


@pytest.mark.parametrize("answer", [None, wish.Refused("forbidden")])
def test_it_could_not_be_kept(at_work: Office, anna: Phone, jobs: Jobs, answer: wish.Answer | None) -> None:
    jobs.answer = answer
    anna.call("*95")
    records(at_work)
    at_work.voice.press("1")
    assert heard(at_work) == ["cannot-be-completed"]
