"""Anna speaks to the warehouse by phone: who hears it, who is left alone, and that nothing of it is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallStarted, LegAnswered, LegEnded, LegOffered
from svara.calls.main import relay_lost
from svara.calls.stops import paging
from svara.people.codes import OFF
from svara.people.office import Member, Queue, Window

ALWAYS = Window(tuple(range(7)), 0, 1440)
LISTENS = {"intercom": True, "pickup": ("warehouse",)}
WAREHOUSE = Queue("q1", "warehouse", "600", members=tuple(Member(f"p-acme-{one}") for one in ("anna", "bob", "cecilie")))


def company(**changes: dict[str, Any]) -> Any:
    people = {"anna": LISTENS, "bob": LISTENS, "cecilie": LISTENS, "acme": {"queues": (WAREHOUSE,)}}
    return offices.office(**{name: people[name] | changes.get(name, {}) for name in people})


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, company())
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert office.relay.sessions == set()
    assert not any(office.switch.news.talks(f"p-acme-{one}") for one in ("anna", "bob", "cecilie"))
    assert len(office.told(CallStarted)) == len(office.told(CallEnded))
    assert len(office.told(LegOffered)) == len(office.told(LegEnded))
    office.close()


def hears(office: Office) -> dict[str, tuple[str, ...]]:
    """Which voice legs hear which others, without the call's id."""
    return {name.rpartition(".")[2]: tuple(one.rpartition(".")[2] for one in leg.hears) for name, leg in legs(office)}


def legs(office: Office) -> list[tuple[str, Any]]:
    return sorted(office.voice.legs.items())


def page(office: Office, anna: Phone, *phones: Phone, dialled: str = "*81600") -> None:
    anna.call(dialled)
    for phone in phones:
        phone.answer()


def test_all_free_phones_of_the_group_hear_the_speaker_and_the_speaker_hears_nobody(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    anna.call("*81600")
    assert anna.statuses == [200], "the system answers the speaker"
    for phone in (bob, cecilie):
        assert phone.invite is not None
        assert phone.invite.first("answer-mode") == "Auto"
        assert "info=alert-autoanswer" in (phone.invite.first("alert-info") or "")
        assert b"m=audio" in phone.invite.body
    bob.answer()
    assert hears(at_work) == {"v": (), "mb1": ("v",), "mb2": ()}
    assert [leg.sounds for _, leg in legs(at_work)] == [[], [], []], "the others may come still"
    cecilie.answer()
    assert hears(at_work) == {"v": (), "mb1": ("v",), "mb2": ("v",)}, "nobody hears those who listen"
    assert [leg.sounds for _, leg in legs(at_work)] == [["beep"]] * 3
    assert at_work.switch.news.availability("p-acme-bob") == "in-call"
    anna.hang_up()
    assert len(bob.heard("BYE")) == len(cecilie.heard("BYE")) == 1
    answered = [one.to.person for one in at_work.told(LegAnswered)]
    assert answered == [None, "p-acme-bob", "p-acme-cecilie"]
    [started], [ended] = at_work.told(CallStarted), at_work.told(CallEnded)
    assert (started.dialled, ended.outcome, ended.by) == ("*81600", "answered", "caller")


@pytest.mark.parametrize("dialled", ["*81", "*81102", "*81600"])
def test_the_own_group_that_of_a_colleague_and_a_queue(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, dialled: str
) -> None:
    page(at_work, anna, bob, cecilie, dialled=dialled)
    assert anna.invite is None
    assert hears(at_work)["mb1"] == hears(at_work)["mb2"] == ("v",)
    anna.hang_up()


@pytest.mark.parametrize(
    "cecilie_is", [{"intercom": False}, {"choice": "dnd"}, {"quiet": (ALWAYS,)}, {"phones": ()}, {"pickup": ("office",)}]
)
def test_who_does_not_want_it_or_is_of_another_group_is_left_alone(tmp_path: Path, cecilie_is: dict[str, Any]) -> None:
    office = Office(tmp_path, company(cecilie=cecilie_is))
    anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
    page(office, anna, bob, dialled="*81")
    assert cecilie.received[1:] == [] or not cecilie.rings
    assert hears(office) == {"v": (), "mb1": ("v",)}
    anna.hang_up()
    office.close()


@pytest.mark.parametrize(
    ("dialled", "office_is", "status"),
    [
        ("*81600", {"bob": {"intercom": False}, "cecilie": {"choice": "dnd"}}, 480),
        ("*81", {"anna": {"pickup": ()}}, 404),
        ("*81999", {}, 404),
        ("*81104", {}, 404),
        ("*81600", {"acme": {"codes": {"page": OFF}}}, 404),
    ],
)
def test_where_there_is_nobody_to_speak_to(
    tmp_path: Path, dialled: str, office_is: dict[str, dict[str, Any]], status: int
) -> None:
    """Nobody who wants it, no group of one's own, no such extension, somebody of another company, not in this company."""
    office = Office(tmp_path, company(**office_is))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call(dialled)
    assert anna.statuses == [status]
    assert not bob.rings
    assert not office.calls
    office.close()


def test_nobody_is_spoken_to_in_a_talk(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    cecilie.call("102")
    bob.answer()
    bob.invite = None
    anna.call("*81600")
    assert anna.statuses == [480]
    assert not bob.rings
    bob.hang_up()


def test_of_a_person_s_phones_the_first_answers_and_the_others_missed_nothing(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    soft = Phone(at_work, "acme-bob-soft").register()
    anna.call("*81600")
    soft.ring()
    bob.answer()
    [cancel] = soft.heard("CANCEL")
    assert "cause=200" in (cancel.first("reason") or "")
    assert hears(at_work) == {"v": (), "mb1": ("v",)}
    anna.hang_up()


def test_a_phone_that_does_not_answer_by_itself_is_left_alone_and_late_ones_hear_the_rest(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    dect = Phone(at_work, "acme-bob-dect").register()
    page(at_work, anna, cecilie)
    bob.ring()
    assert legs(at_work)[0][1].sounds == []
    at_work.wait(paging.GATHER_SECONDS)
    assert legs(at_work)[-1][1].all_sounds == ["beep"], "the speaker does not wait for ever"
    dect.answer()
    assert bob.heard("CANCEL")
    assert [leg.all_sounds for _, leg in legs(at_work)] == [["beep"]] * 3
    anna.hang_up()


def test_nobody_answers(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("*81600")
    bob.ring()
    cecilie.decline(486)
    at_work.wait(paging.ANSWER_SECONDS)
    assert bob.heard("CANCEL")
    [(_, leg)] = legs(at_work)
    assert leg.sounds[0].endswith("nobody-available.wav")
    at_work.wait(3)
    assert anna.heard("BYE")


def test_a_listener_hangs_up_and_the_last_one_ends_it(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    page(at_work, anna, bob, cecilie)
    bob.hang_up()
    assert hears(at_work) == {"v": (), "mb2": ("v",)}
    assert not at_work.switch.news.talks("p-acme-bob")
    cecilie.hang_up()
    assert anna.heard("BYE")


def test_what_listeners_ask_for(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    """They cannot change anything, send it on, or be heard."""
    page(at_work, anna, bob, cecilie)
    for method, body, status in (
        ("INVITE", bob.description("sendonly", version=2), 488),
        ("UPDATE", b"", 200),
        ("OPTIONS", b"", 200),
        ("INFO", b"Signal=1", 200),
        ("MESSAGE", b"hello", 405),
    ):
        bob.request(method, body=body)
        assert bob.received[-1].status == status, method  # type: ignore[union-attr]
    bob.request("REFER", [("Refer-To", "<sip:103@192.0.2.1>")])
    assert bob.received[-1].status == 603  # type: ignore[union-attr]
    assert hears(at_work) == {"v": (), "mb1": ("v",), "mb2": ("v",)}
    anna.hang_up()


def test_a_forgotten_page_ends(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    page(at_work, anna, bob, cecilie)
    at_work.wait(paging.MAX_SECONDS + 1)
    assert anna.heard("BYE")
    assert bob.heard("BYE")


def test_after_kill_9_every_phone_is_hung_up(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("*81600")
    bob.answer()
    at_work.kill()
    at_work.clock.advance(1.5)
    at_work.start()
    at_work.settle()
    assert bob.heard("BYE")
    assert anna.heard("BYE")
    assert {one.reason for one in at_work.told(LegEnded)} >= {"server restarted"}
    assert not cecilie.rings
    assert cecilie.heard("CANCEL")
    assert hears(at_work) == {}


@pytest.mark.parametrize("lost", ["voice", "relay"])
def test_lost_sound_ends_it(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, lost: str) -> None:
    page(at_work, anna, bob, cecilie)
    if lost == "voice":
        at_work.voice.crash()
        at_work.voice.come_back()
    else:
        relay_lost(at_work.switch)
    at_work.settle()
    assert all(phone.heard("BYE") for phone in (anna, bob, cecilie))


@pytest.mark.parametrize("fails", ["voice", "relay"])
def test_without_sound_for_the_phones_the_speaker_is_told(at_work: Office, anna: Phone, bob: Phone, fails: str) -> None:
    at_work.relay.slow = True
    anna.call("*81600")
    (at_work.voice if fails == "voice" else at_work.relay).fails = "no ports"
    at_work.relay.slow = False
    at_work.relay.catch_up()
    at_work.settle()
    at_work.wait(10)
    assert not bob.rings
    assert not at_work.calls
    at_work.voice.fails = at_work.relay.fails = None
