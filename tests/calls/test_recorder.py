"""Recording of talks: who is told, who agrees, what is written, and what the record says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.commands import Done, PauseRecording, Refused
from svara.calls.events import CallEnded, CallGreeted, CallRecorded, RecordingAnswered
from svara.calls.main import relay_lost
from svara.calls.service import Service
from svara.people.office import Menu


def company(folder: Path, **more: Any) -> Office:
    menu = Menu("m", "front", "", keys={"1": "person:bob"}, extension="700", direct_dial=False)
    return Office(folder, offices.office(bob={"record": True}, acme={"menus": (menu,)} | more))


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = company(tmp_path)
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    assert office.switch.guests == office.voice.legs == {}
    assert office.relay.sessions == set()
    office.close()


def talk(office: Office, anna: Phone, bob: Phone) -> str:
    """Anna calls Bob, hears that she is recorded, and they talk; gives the voice leg that is recorded."""
    anna.call("102")
    [leg] = office.voice.legs.values()
    assert leg.sounds == ["builtin/nb/recorded.wav"]
    assert not bob.rings
    office.wait(2.5)
    assert bob.rings
    bob.answer()
    office.wait(1)
    [call] = office.calls
    return f"{call.id}.ra"


@pytest.mark.claim("TB-7")
def test_the_caller_is_told_then_both_sides_are_recorded_into_one_file(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = talk(at_work, anna, bob)
    recording = at_work.voice.legs[leg].recording
    assert recording is not None
    assert recording.with_leg == leg.replace("ra", "rb")
    assert [one[1:] for one in at_work.relay.asked if one[0] == "copy"] == [
        (leg.split(".")[0], "a", "ra"),
        (leg.split(".")[0], "b1", "rb"),
    ]
    at_work.voice.say(60, leg)
    bob.hang_up()
    [recorded] = at_work.told(CallRecorded)
    assert (recorded.file, recorded.seconds, recorded.why) == (recording.file, 60, "person:p-acme-bob")
    kinds = [type(event) for event in at_work.events]
    assert kinds.index(CallRecorded) < kinds.index(CallEnded)
    assert len(at_work.told(CallEnded)) == len(at_work.told(CallGreeted)) == 1


def test_somebody_whose_calls_are_not_recorded_is_called_as_ever(at_work: Office, bob: Phone, cecilie: Phone) -> None:
    bob.call("103")
    cecilie.answer()
    at_work.wait(1)
    cecilie.hang_up()
    assert at_work.told(CallGreeted) == at_work.told(CallRecorded) == []


@pytest.mark.claim("TB-7")
@pytest.mark.parametrize(
    ("key", "recorded", "answer"), [("1", True, "agreed"), ("2", False, "declined"), ("", False, "silent")]
)
def test_where_the_rule_asks_for_consent_only_a_yes_is_recorded(
    tmp_path: Path, key: str, recorded: bool, answer: str
) -> None:
    office = company(tmp_path, recording_rule="consent")
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call("102")
    [leg] = office.voice.legs.values()
    assert leg.sounds == ["builtin/nb/recorded-consent.wav"]
    office.voice.press(key) if key else office.wait(9)
    office.wait(3)
    said = "agreed" if recorded else "declined"
    assert leg.all_sounds == ["builtin/nb/recorded-consent.wav", f"builtin/nb/recording-{said}.wav"]
    [told] = office.told(RecordingAnswered)
    assert (told.answer, told.language) == (answer, "nb")
    bob.answer()
    office.wait(1)
    assert sum(leg.endswith((".ra", ".rb")) for leg in office.voice.legs) == (2 if recorded else 0)
    bob.hang_up()
    office.close()


def test_who_came_through_a_menu_is_told_once(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1")
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["builtin/nb/recorded.wav"]
    at_work.wait(2.5)
    bob.answer()
    at_work.wait(1)
    at_work.voice.say(5, f"{at_work.calls[0].id}.ra")
    anna.hang_up()
    assert len(at_work.told(CallRecorded)) == 1
    assert [told.answer for told in at_work.told(RecordingAnswered)] == ["told"]


def test_the_caller_hangs_up_while_being_told(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    anna.hang_up()
    assert not bob.rings
    assert at_work.told(CallEnded)[0].outcome == "abandoned"


def test_without_a_voice_process_nobody_is_told_and_nothing_recorded(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.voice.up = False
    anna.call("102")
    assert bob.rings
    bob.answer()
    at_work.voice.up = True
    at_work.wait(10)
    assert at_work.voice.legs == {}
    bob.hang_up()
    assert at_work.told(CallEnded)[0].outcome == "answered"


def test_keys_and_a_wish_keep_silence_in_the_recording(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = talk(at_work, anna, bob)
    at_work.voice.press("4", leg)
    assert at_work.voice.legs[leg].paused
    at_work.wait(3)
    at_work.voice.press("2", leg)
    at_work.wait(3)
    assert at_work.voice.legs[leg].paused
    at_work.wait(2)
    assert not at_work.voice.legs[leg].paused
    service, [call] = Service(at_work.switch, at_work.folder), at_work.calls
    assert service.answer(PauseRecording("t-acme", call.id)) == Done()
    assert at_work.voice.legs[leg].paused
    assert service.answer(PauseRecording("t-acme", call.id, paused=False)) == Done()
    assert not at_work.voice.legs[leg].paused
    assert isinstance(service.answer(PauseRecording("t-beta", call.id)), Refused)
    anna.hang_up()


def test_what_is_said_in_the_room_of_who_holds_is_not_recorded(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = talk(at_work, anna, bob)
    bob.hold()
    assert at_work.voice.legs[leg].paused
    at_work.voice.press("4", leg)
    at_work.wait(10)
    assert at_work.voice.legs[leg].paused, "he holds still, though the key is over"
    anna.hold()
    bob.resume()
    assert at_work.voice.legs[leg].paused
    anna.resume()
    assert not at_work.voice.legs[leg].paused
    anna.hang_up()


def test_the_recording_goes_on_when_the_calls_process_is_killed(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = talk(at_work, anna, bob)
    at_work.voice.say(5, leg)
    at_work.kill()
    at_work.start()
    at_work.wait(10)
    at_work.voice.say(6, leg)
    anna.hang_up()
    [recorded] = at_work.told(CallRecorded)
    assert recorded.seconds == 11


def test_what_was_paused_by_hand_stays_paused_when_the_calls_process_is_killed(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    leg = talk(at_work, anna, bob)
    Service(at_work.switch, at_work.folder).answer(PauseRecording("t-acme", at_work.calls[0].id))
    at_work.kill()
    at_work.start()
    at_work.wait(10)
    at_work.voice.press("4", leg)
    at_work.wait(10)
    assert at_work.voice.legs[leg].paused, "the key's own pause is over, the wish is not"
    service = Service(at_work.switch, at_work.folder)
    assert service.answer(PauseRecording("t-acme", at_work.calls[0].id, paused=False)) == Done()
    assert not at_work.voice.legs[leg].paused
    anna.hang_up()


def test_a_pause_for_keys_ends_although_the_calls_process_is_killed_in_it(at_work: Office, anna: Phone, bob: Phone) -> None:
    leg = talk(at_work, anna, bob)
    at_work.voice.press("4", leg)
    at_work.kill()
    at_work.start()
    at_work.wait(1)
    assert at_work.voice.legs[leg].paused
    at_work.wait(10)
    assert not at_work.voice.legs[leg].paused
    anna.hang_up()


@pytest.mark.parametrize("lost", ["voice", "relay"])
def test_after_a_loss_a_second_file_begins_and_the_record_knows_both(
    at_work: Office, anna: Phone, bob: Phone, lost: str
) -> None:
    leg = talk(at_work, anna, bob)
    at_work.wait(10)
    if lost == "voice":
        at_work.voice.crash()
        at_work.voice.come_back()
    else:
        relay_lost(at_work.switch)
    at_work.wait(6)
    at_work.voice.say(20, leg)
    anna.hang_up()
    first, second = at_work.told(CallRecorded)
    assert first.file != second.file
    assert first.seconds == pytest.approx(10.5, abs=1)
    assert second.seconds == 20


def test_a_relay_that_cannot_copy_costs_the_recording_and_not_the_talk(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    at_work.wait(2.5)
    bob.answer()
    at_work.relay.fails = "no"
    at_work.wait(5)
    assert at_work.calls[0].live().state == "answered"
    at_work.relay.fails = None
    anna.hang_up()
    assert at_work.told(CallRecorded) == []
