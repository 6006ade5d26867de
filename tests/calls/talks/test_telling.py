"""Both sides know that they are recorded: the colleague by a tone, whoever is called outside by words or by their yes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone
from tests.calls.trunks.carriers import MAIN, OSLO, Carrier, open_lines

from svara.calls.commands import Done, PauseRecording
from svara.calls.events import CallRecorded, RecordingAnswered
from svara.calls.service import Service
from svara.people.office import Menu

RECORDED, CONSENT = "builtin/nb/recorded.wav", "builtin/nb/recorded-consent.wav"


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    menu = Menu("m", "front", "", keys={"1": "person:bob"}, extension="700", direct_dial=False)
    office = Office(tmp_path, offices.office(bob={"record": True}, acme={"menus": (menu,)}))
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.switch.guests == office.voice.legs == {}
    assert office.relay.sessions == set()
    office.close()


@pytest.fixture
def carrier(at_work: Office) -> Carrier:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk())
    return carrier


def anna_is(office: Office, **more: Any) -> None:
    """Anna, or (`rule`) what the company asks for, is different from now on."""
    acme = office.switch.office.tenants[0]
    rule = more.pop("rule", acme.recording_rule)
    people = tuple(msgspec.structs.replace(one, **more) if one.username == "anna" else one for one in acme.people)
    acme = msgspec.structs.replace(acme, people=people, recording_rule=rule)
    office.switch.office = msgspec.structs.replace(office.switch.office, tenants=(acme,))


def calls_bob(office: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    office.wait(2.5)
    bob.answer()
    office.wait(0.4)


def heard(office: Office, side: str) -> list[str]:
    """What was played to a phone in the room of the only talk; `side` is the voice leg's name."""
    [call] = office.calls
    legs = office.voice.legs | office.voice.closed
    return legs[f"{call.id}.{side}"].all_sounds if f"{call.id}.{side}" in legs else []


def recorded_now(office: Office) -> bool:
    [call] = office.calls
    leg = office.voice.legs.get(f"{call.id}.ra")
    return leg is not None and leg.recording is not None


def test_the_colleague_hears_words_once_a_day_and_a_tone_each_time(at_work: Office, anna: Phone, bob: Phone) -> None:
    for said in (["beep", RECORDED], ["beep"]):
        calls_bob(at_work, anna, bob)
        assert recorded_now(at_work), "what the caller says first is not lost"
        assert heard(at_work, "mb1") == said
        assert heard(at_work, "ma") == [], "the caller has heard it before"
        at_work.wait(3)
        assert at_work.calls[0].room is None
        assert recorded_now(at_work)
        anna.hang_up()
        at_work.wait(1)
    at_work.wait(24 * 3600)
    for phone in (anna, bob):
        phone.register()
    calls_bob(at_work, anna, bob)
    assert heard(at_work, "mb1") == ["beep", RECORDED]
    bob.hang_up()


def test_a_colleague_who_cannot_be_told_is_recorded_all_the_same(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    at_work.wait(2.5)
    bob.answer()
    bob.hold()
    at_work.wait(1)
    assert recorded_now(at_work)
    assert heard(at_work, "mb1") == []
    bob.hang_up()


def test_whoever_is_called_outside_is_told_before_the_recording_begins(
    at_work: Office, anna: Phone, carrier: Carrier
) -> None:
    anna_is(at_work, record=True)
    anna.call(OSLO)
    carrier.answer()
    at_work.wait(1)
    assert heard(at_work, "mb1") == heard(at_work, "ma") == [RECORDED]
    assert not recorded_now(at_work)
    at_work.wait(1.5)
    assert recorded_now(at_work)
    assert at_work.calls[0].room is None
    [call] = at_work.calls
    assert call.live().recording == "on"
    service = Service(at_work.switch, at_work.folder)
    assert service.answer(PauseRecording("t-acme", call.id)) == Done()
    assert call.live().recording == "paused"
    at_work.voice.say(30, f"{call.id}.ra")
    carrier.hang_up()
    at_work.wait(1)
    [recorded] = at_work.told(CallRecorded)
    assert recorded.why == "person:p-acme-anna"


@pytest.mark.parametrize(("key", "agreed"), [("1", True), ("2", False), ("", False)])
def test_where_the_rule_asks_whoever_is_called_outside_has_to_agree(
    at_work: Office, anna: Phone, carrier: Carrier, key: str, agreed: bool
) -> None:
    anna_is(at_work, record=True, rule="consent")
    anna.call(OSLO)
    carrier.answer()
    at_work.wait(1)
    [call] = at_work.calls
    assert heard(at_work, "mb1") == [CONSENT]
    at_work.voice.press(key, f"{call.id}.mb1") if key else at_work.wait(8)
    assert at_work.voice.legs[f"{call.id}.ma"].keys == "", "the answer is no key for Anna"
    assert heard(at_work, "mb1")[-1] == f"builtin/nb/recording-{'agreed' if agreed else 'declined'}.wav"
    assert not recorded_now(at_work)
    at_work.wait(3)
    assert recorded_now(at_work) == agreed
    assert call.room is None
    [answered] = at_work.told(RecordingAnswered)
    said = "agreed" if agreed else "declined" if key else "silent"
    assert (answered.answer, answered.by, answered.language) == (said, "callee", "nb")
    anna.hang_up()


def test_a_number_that_is_recorded_counts_for_who_shows_it(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    acme = at_work.switch.office.tenants[0]
    numbers = tuple(msgspec.structs.replace(one, record=True) if one.number == MAIN else one for one in acme.numbers)
    at_work.switch.office = msgspec.structs.replace(
        at_work.switch.office, tenants=(msgspec.structs.replace(acme, numbers=numbers),)
    )
    anna_is(at_work, shows=MAIN)
    anna.call(OSLO)
    carrier.answer()
    at_work.wait(3)
    assert recorded_now(at_work)
    assert at_work.calls[0].tape == f"number:{MAIN}"
    anna.hang_up()


def test_calls_for_help_and_of_others_are_not_recorded(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO)
    carrier.answer()
    at_work.wait(5)
    assert at_work.voice.legs == {}
    anna.hang_up()
    anna_is(at_work, record=True)
    anna.call("113")
    carrier.answer()
    at_work.wait(5)
    assert at_work.voice.legs == {}
    anna.hang_up()


@pytest.mark.parametrize("trouble", ["no voice", "no words", "voice dies", "hangs up", "holds"])
def test_who_was_not_told_is_not_recorded(at_work: Office, anna: Phone, carrier: Carrier, trouble: str) -> None:
    anna_is(at_work, record=True)
    at_work.voice.up = trouble != "no voice"
    if trouble == "no words":
        at_work.switch.has_sound = lambda _file: False
    anna.call(OSLO)
    carrier.answer()
    if trouble == "holds":
        anna.hold()
    at_work.wait(1)
    if trouble == "voice dies":
        at_work.voice.crash()
    elif trouble == "hangs up":
        carrier.hang_up()
    at_work.wait(10)
    assert at_work.told(CallRecorded) == []
    if trouble != "hangs up":
        assert not recorded_now(at_work)
        assert at_work.calls[0].room is None
        anna.hang_up()


def test_without_a_voice_installed_who_calls_in_is_not_recorded(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.switch.has_sound = lambda _file: False
    anna.call("102")
    at_work.wait(1)
    bob.answer()
    at_work.wait(5)
    assert at_work.voice.legs == {}
    anna.hang_up()


def test_after_kill_9_while_being_told_nothing_is_recorded(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna_is(at_work, record=True)
    anna.call(OSLO)
    carrier.answer()
    at_work.wait(1)
    at_work.snapshot = at_work.switch.office
    at_work.kill()
    at_work.start()
    at_work.wait(10)
    assert at_work.voice.legs == {}
    assert len(at_work.calls) == 1
    anna.hang_up()
