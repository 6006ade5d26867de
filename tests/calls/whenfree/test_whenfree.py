"""Anna is called back when Bob is free."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.commands import AskCallbacks, Callbacks, CancelCallback, Done, Refused
from svara.calls.events import CallEnded, LegAnswered
from svara.calls.service import Service
from svara.calls.whenfree.book import LASTS_SECONDS, RETRY_SECONDS, FreeWish


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    """Bob has one phone on, and wants no second call."""
    office = Office(tmp_path, offices.office(anna={"language": "en"}, bob={"call_waiting": "busy"}))
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    office.close()


def said(office: Office) -> list[str]:
    [leg] = office.voice.legs.values()
    return [sound.removeprefix("builtin/en/").removesuffix(".wav") for sound in leg.sounds]


def wishes(office: Office) -> tuple[FreeWish, ...]:
    assert office.switch.when_free is not None
    return office.switch.when_free.of("t-acme", "p-acme-anna")


def bob_talks(bob: Phone, cecilie: Phone) -> None:
    cecilie.call("102")
    bob.answer()
    bob.invite = None


def anna_asks(office: Office, anna: Phone, code: str = "*37") -> list[str]:
    anna.call(code)
    heard = said(office)
    office.wait(3)
    anna.invite = None
    return heard


def test_anna_finds_bob_busy_dials_the_code_and_is_connected_when_he_has_hung_up(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    bob_talks(bob, cecilie)
    anna.call("102")
    assert anna.statuses == [486]
    assert anna_asks(at_work, anna) == ["call-back-set"]
    at_work.wait(60)
    assert not anna.rings, "he still talks"
    cecilie.hang_up()
    assert not anna.rings, "he may want to make another call first"
    at_work.wait(10)
    assert anna.rings
    assert anna.invite is not None
    assert "Bob Lind" in (anna.invite.first("from") or ""), "her phone shows whom it is about"
    assert not bob.rings, "first her phone"
    anna.answer()
    assert said(at_work) == ["call-back-to", "key-1", "key-0", "key-2"]
    at_work.wait(10)
    assert bob.rings
    assert wishes(at_work) == ()
    bob.answer()
    at_work.settle()
    assert [event.to.person for event in at_work.told(LegAnswered)][-2:] == ["p-acme-anna", "p-acme-bob"]
    anna.hang_up()
    assert at_work.told(CallEnded)[-1].outcome == "answered"
    at_work.wait(60)
    assert not at_work.calls


def test_who_did_not_answer_is_called_once_they_have_used_a_phone(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    anna.call("102")
    bob.ring()
    at_work.wait(61)
    assert anna.statuses[-1] == 480
    anna_asks(at_work, anna)
    at_work.wait(120)
    assert not anna.rings, "Bob is not at his desk"
    bob.invite = None
    bob_talks(bob, cecilie)
    at_work.wait(5)
    bob.hang_up()
    at_work.wait(10)
    assert anna.rings


def test_a_colleague_who_is_free_is_called_at_once_and_one_who_wants_to_be_left_alone_is_not(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    anna_asks(at_work, anna, "*37102")
    at_work.wait(10)
    assert anna.rings
    anna.decline()
    at_work.switch.office = offices.office(bob={"choice": "dnd"})
    at_work.wait(RETRY_SECONDS + 10)
    assert not anna.rings
    assert len(wishes(at_work)) == 1


def test_anna_does_not_pick_up_and_is_tried_three_times(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna_asks(at_work, anna, "*37102")
    for _ in range(3):
        at_work.wait(RETRY_SECONDS + 10)
        assert anna.rings
        anna.decline()
    assert wishes(at_work) == ()
    at_work.wait(RETRY_SECONDS * 3)
    assert not anna.rings
    assert not bob.rings, "nobody disturbs Bob for somebody who is not there"


def test_it_is_over_after_an_hour(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    bob_talks(bob, cecilie)
    anna_asks(at_work, anna, "*37102")
    [wish] = wishes(at_work)
    at_work.wait(wish.until - at_work.clock.now() + 3)
    assert wishes(at_work) == ()
    assert LASTS_SECONDS == 3600


@pytest.mark.parametrize("code", ["*38", "*38102"])
def test_anna_thinks_better_of_it(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, code: str) -> None:
    bob_talks(bob, cecilie)
    anna_asks(at_work, anna, "*37102")
    assert anna_asks(at_work, anna, "*38103") == ["cannot-be-completed"]
    assert anna_asks(at_work, anna, code) == ["call-back-gone"]
    cecilie.hang_up()
    at_work.wait(30)
    assert not anna.rings
    assert anna_asks(at_work, anna, "*38") == ["cannot-be-completed"]


@pytest.mark.parametrize("code", ["*37", "*37101", "*37999", "*37104"])
def test_nobody_to_wait_for(at_work: Office, anna: Phone, code: str) -> None:
    """Nobody called in vain yet, herself, nobody, and somebody of the other company."""
    assert anna_asks(at_work, anna, code) == ["cannot-be-completed"]
    assert wishes(at_work) == ()


def test_who_hides_whether_they_can_be_reached_is_not_waited_for(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.switch.office = offices.office(anna={"language": "en"}, bob={"presence_to": "nobody"})
    assert anna_asks(at_work, anna, "*37102") == ["cannot-be-completed"]
    assert wishes(at_work) == ()


def test_it_outlives_a_killed_process(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    bob_talks(bob, cecilie)
    anna_asks(at_work, anna, "*37102")
    at_work.kill()
    at_work.start()
    cecilie.hang_up()
    at_work.wait(15)
    assert anna.rings


def test_people_who_are_gone_are_waited_for_no_more(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    bob_talks(bob, cecilie)
    anna_asks(at_work, anna, "*37102")
    beta = offices.office().tenants[1]
    at_work.switch.office = offices.Office(version=2, tenants=(offices.tenant("acme"), beta))
    assert at_work.switch.when_free is not None
    at_work.switch.when_free.office()
    assert wishes(at_work) == ()


def test_of_two_who_wait_the_first_comes_first(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("102")
    bob.answer()
    bob.invite = None
    cecilie.call("*37102")
    at_work.wait(3)
    anna.hang_up()
    anna_asks(at_work, anna, "*37102")
    at_work.wait(10)
    assert (anna.rings, cecilie.rings) == (False, True)


def test_the_page_shows_and_cancels_one_s_own(at_work: Office, anna: Phone, bob: Phone, tmp_path: Path) -> None:
    service = Service(at_work.switch, tmp_path)
    anna_asks(at_work, anna, "*37102")
    asked = service.answer(AskCallbacks("t-acme", "p-acme-anna"))
    assert isinstance(asked, Callbacks)
    assert [one.wanted for one in asked.callbacks] == ["p-acme-bob"]
    assert service.answer(AskCallbacks("t-acme", "p-acme-bob")) == Callbacks()
    assert service.answer(AskCallbacks("t-beta", "p-acme-anna")) == Callbacks()
    for tenant, person in (("t-beta", "p-acme-anna"), ("t-acme", "p-acme-cecilie"), ("nobody", "")):
        assert isinstance(service.answer(CancelCallback(tenant, person, "p-acme-bob")), Refused)
    assert isinstance(service.answer(CancelCallback("t-acme", "p-acme-anna", "")), Refused)
    assert service.answer(CancelCallback("t-acme", "p-acme-anna", "p-acme-bob")) == Done()
    assert wishes(at_work) == ()


def test_who_hears_the_words_presses_a_key(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    """Anna was called back, so she hears us; Bob took another call meanwhile."""
    anna_asks(at_work, anna, "*37102")
    at_work.wait(10)
    anna.answer()
    bob_talks(bob, cecilie)
    at_work.wait(9)
    assert said(at_work) == ["person-busy", "call-back-offer"]
    at_work.voice.press("5")
    assert said(at_work) == ["call-back-set"]
    at_work.wait(3)
    assert len(anna.heard("BYE")) == 2, "that of the code, and this one"
    assert [one.wanted for one in wishes(at_work)] == ["p-acme-bob"]
