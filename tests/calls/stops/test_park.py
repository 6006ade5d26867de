"""Callers are parked, taken, and go back to who parked them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.moves.referring import notified, refer
from tests.calls.phones import Office, Phone

from svara.calls.commands import AskParked, ParkedCalls
from svara.calls.events import CallEnded, CallStarted, CallTransferred, LegAnswered
from svara.calls.service import Service
from svara.people.office import Parking

PLACES = Parking(("801", "802"), 60.0)


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    """Nothing may be left over when the test ends, and every record is whole."""
    office = Office(tmp_path, offices.office(acme={"parking": PLACES}, anna={"language": "en"}, bob={"language": "en"}))
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert office.relay.sessions == set()
    assert len(office.told(CallStarted)) == len(office.told(CallEnded))
    assert office.switch.calls_of_phone == office.switch.calls_of_tenant == {}
    office.close()


@pytest.fixture
def talk(anna: Phone, bob: Phone) -> None:
    """Anna called Bob."""
    anna.call("102")
    bob.answer()
    bob.invite = None
    for phone in (anna, bob):
        phone.received.clear()


def parked(office: Office) -> list[tuple[str, str, str]]:
    return [(one.extension, one.caller.name, one.by.name) for one in office.switch.lot.of("t-acme")]


def said(office: Office, leg: str) -> list[str]:
    return [sound.removeprefix("builtin/en/").removesuffix(".wav") for sound in office.voice.legs[leg].sounds]


def park(office: Office, bob: Phone, place: str = "801") -> None:
    """Bob transfers Anna to the place, and hangs up when his phone is told that she is there."""
    refer(bob, place)
    assert notified(bob)[-1] == "200 OK"
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_transfer_to_the_code_parks_at_a_free_place_until_there_is_none(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    park(at_work, bob, "*85")
    assert parked(at_work) == [("801", "Anna Berg", "Bob Lind")]
    cecilie.call("102")
    bob.answer()
    bob.invite = None
    bob.received.clear()
    park(at_work, bob, "*85")
    assert [one[:2] for one in parked(at_work)] == [("801", "Anna Berg"), ("802", "Cecilie Dahl")]
    assert [one.to for one in at_work.told(CallTransferred)] == ["park:801", "park:802"]
    soft = Phone(at_work, "acme-bob-soft").register()
    dect = Phone(at_work, "acme-bob-dect").register()
    soft.call("102")
    dect.answer()
    dect.received.clear()
    refer(dect, "*85")
    assert len(dect.heard(486)) == 1
    assert dect.heard("BYE") == soft.heard("BYE") == []
    for phone in (anna, cecilie, soft):
        phone.hang_up()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize("code", ["*97", "*78", "*8", "*80103", "*37"])
def test_other_codes_are_nobody_to_be_sent_to(at_work: Office, anna: Phone, bob: Phone, code: str) -> None:
    refer(bob, code)
    assert len(bob.heard(603)) == 1
    assert anna.received == []
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_anna_is_parked_hears_music_and_is_taken_by_cecilie(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    park(at_work, bob)
    assert parked(at_work) == [("801", "Anna Berg", "Bob Lind")]
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["builtin/music.wav"]
    at_work.wait(30)
    cecilie.call("801")
    assert cecilie.statuses == [200]
    at_work.wait(2)
    assert parked(at_work) == []
    [talk] = at_work.calls
    assert (talk.state, talk.caller.name, talk.callee.name) == ("talking", "Anna Berg", "Cecilie Dahl")
    anna.hang_up()
    assert len(cecilie.heard("BYE")) == 1
    assert [one.to.person for one in at_work.told(LegAnswered)] == ["p-acme-bob", "p-acme-cecilie"]
    assert [(one.by.name, one.to, one.how) for one in at_work.told(CallTransferred)] == [
        ("Bob Lind", "park:801", "blind"),
        ("Cecilie Dahl", "park:801", "park"),
    ]
    ends = {one.call: (one.outcome, one.end_reason) for one in at_work.told(CallEnded)}
    assert sorted(ends.values()) == [("answered", "hung up"), ("answered", "taken from park")]


@pytest.mark.usefixtures("talk")
def test_bob_parks_by_the_code_and_hears_where(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    bob.hold()
    second = Phone(at_work, "acme-bob").connect()
    second.call("*85")
    at_work.wait(1)
    leg = next(leg for leg in at_work.voice.legs if said(at_work, leg)[0] == "parked-at")
    assert said(at_work, leg) == ["parked-at", "key-8", "key-0", "key-1"]
    assert len(bob.heard("BYE")) == 1, "his first line is free"
    assert parked(at_work) == [("801", "Anna Berg", "Bob Lind")]
    at_work.wait(10)
    assert len(second.heard("BYE")) == 1
    cecilie.call("**801")
    at_work.wait(2)
    assert parked(at_work) == []
    cecilie.hang_up()
    assert len(anna.heard("BYE")) == 1


def test_nothing_to_park_and_nobody_to_take(at_work: Office, anna: Phone) -> None:
    anna.call("*85")
    [leg] = at_work.voice.legs
    assert said(at_work, leg) == ["cannot-be-completed"]
    at_work.wait(5)
    anna.call("801")
    assert anna.statuses[-1] == 404
    anna.call("803")
    assert anna.statuses[-1] == 404


@pytest.mark.usefixtures("talk")
def test_a_place_has_one_caller(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    park(at_work, bob)
    cecilie.call("102")
    bob.answer()
    bob.received.clear()
    refer(bob, "801")
    assert notified(bob) == []
    assert [one.status for one in bob.received if not hasattr(one, "method")] == [486]
    refer(bob, "802")
    at_work.settle()
    assert [one[:2] for one in parked(at_work)] == [("801", "Anna Berg"), ("802", "Cecilie Dahl")]
    anna.hang_up()
    cecilie.hang_up()
    assert parked(at_work) == []


@pytest.mark.usefixtures("talk")
def test_whom_nobody_takes_goes_back_to_who_parked_and_then_to_the_place_again(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    park(at_work, bob)
    at_work.wait(61)
    [leg] = at_work.voice.legs
    at_work.wait(2)
    assert bob.rings
    assert bob.invite is not None
    assert "801" in (bob.invite.first("from") or ""), "the phone shows where from"
    assert parked(at_work) == []
    bob.ring()
    at_work.wait(31)
    assert parked(at_work) == [("801", "Anna Berg", "Bob Lind")], "Bob is not there: she is parked again"
    bob.invite = None
    at_work.wait(63)
    bob.answer()
    at_work.settle()
    [talk] = at_work.calls
    assert (talk.state, talk.callee.name) == ("talking", "Bob Lind")
    assert leg
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1


@pytest.mark.usefixtures("talk")
def test_it_ends_some_time(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.register(7200)
    park(at_work, bob)
    for _ in range(8):
        at_work.wait(60)
    assert at_work.calls == []
    assert len(anna.heard("BYE")) == 1
    assert at_work.told(CallEnded)[-1].end_reason == "nobody took the parked call"


@pytest.mark.usefixtures("talk")
def test_a_killed_server_finds_the_parked_caller_where_they_were(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    park(at_work, bob)
    at_work.wait(30)
    at_work.kill()
    at_work.start()
    at_work.settle()
    assert parked(at_work) == [("801", "Anna Berg", "Bob Lind")]
    assert next(iter(at_work.voice.legs.values())).sounds == ["builtin/music.wav"]
    at_work.wait(20)
    assert not bob.rings
    at_work.wait(13)
    assert bob.rings, "the time went on"
    bob.decline(486)
    at_work.settle()
    cecilie.call("801")
    at_work.wait(2)
    cecilie.hang_up()
    assert len(anna.heard("BYE")) == 1


@pytest.mark.usefixtures("talk")
def test_another_company_s_phone_takes_nobody(at_work: Office, anna: Phone, bob: Phone, tmp_path: Path) -> None:
    park(at_work, bob)
    stranger = Phone(at_work, "beta-dora").register()
    for dialled in ("801", "**801", "*8"):
        stranger.call(dialled)
        assert stranger.statuses[-1] == 404
    assert len(parked(at_work)) == 1
    service = Service(at_work.switch, tmp_path)
    assert service.answer(AskParked("t-beta")) == ParkedCalls()
    shown = service.answer(AskParked("t-acme"))
    assert isinstance(shown, ParkedCalls)
    assert [one.caller.name for one in shown.parked] == ["Anna Berg"]
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_who_takes_and_who_is_parked_may_hang_up_at_that_moment(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    park(at_work, bob)
    cecilie.acks = False
    cecilie.call("801")
    cecilie.request("BYE")
    at_work.wait(12)
    assert [one[0] for one in parked(at_work)] == ["801"], "she is parked as before"
    cecilie.acks = True
    cecilie.received.clear()
    cecilie.call("801")
    anna.hang_up()
    at_work.wait(12)
    assert parked(at_work) == []
    assert at_work.calls == []
    assert len(cecilie.heard("BYE")) == 1


def test_lamps_show_whether_somebody_is_there(at_work: Office, anna: Phone, bob: Phone) -> None:
    tenant = at_work.switch.office.by_tenant_id["t-acme"]
    watcher = tenant.by_username["cecilie"]
    assert at_work.switch.lamps.state_of(tenant, "801", watcher) == ()
    anna.call("102")
    bob.answer()
    park(at_work, bob)
    [lamp] = at_work.switch.lamps.state_of(tenant, "801", watcher)
    assert lamp.state == "confirmed"
    anna.hang_up()
    assert at_work.switch.lamps.state_of(tenant, "801", watcher) == ()
