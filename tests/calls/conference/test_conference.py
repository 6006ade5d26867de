"""Anna moderates the Monday meeting, Bob and Cecilie come: who gets in, who hears what, and what the record tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.calls import offices
from tests.calls.moves.referring import refer
from tests.calls.phones import Office, Phone

from svara.calls import commands
from svara.calls.commands import (
    AskConferences,
    ConferenceChanged,
    Conferences,
    ConferenceState,
    ControlConference,
    Done,
    Refused,
)
from svara.calls.events import (
    CallEnded,
    CallRecorded,
    CallRouted,
    CallStarted,
    ConferenceJoined,
    ConferenceLeft,
    ConferenceMet,
    LegEnded,
    LegOffered,
    RecordingAnswered,
)
from svara.calls.routing.route import Caller, Moment, Onto
from svara.calls.routing.targets import GONE, Confer, resolve
from svara.calls.talks.objecting import silence
from svara.people.office import Conference, PublicNumber
from svara.people.pin import hash_pin

MUSIC = "builtin/music.wav"
PIN, MODERATOR = hash_pin("4711"), hash_pin("2580")
MONDAY = Conference("c1", "monday", "800", pin=PIN, moderator_pin=MODERATOR)
OPEN = Conference("c2", "coffee", "801", max_members=2)
LECTURE = Conference("c3", "lecture", "802", moderator_pin=MODERATOR, wait_for_moderator=True, announce=False)
TAPED = Conference("c4", "board", "803", record=True)


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, offices.office(acme={"conferences": (MONDAY, OPEN, LECTURE, TAPED)}))
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert office.switch.conferences._rooms == {}
    assert len(office.told(CallStarted)) == len(office.told(CallEnded))
    assert len(office.told(LegOffered)) == len(office.told(LegEnded))
    office.close()


def said(office: Office, phone: Phone) -> str:
    """What this phone hears first, without language and ending."""
    words = (leg_of(office, phone).sounds or [""])[0]
    return words.rpartition("/")[2].removesuffix(".wav") if words != MUSIC else "music"


def leg_of(office: Office, phone: Phone) -> Any:
    return office.voice.legs[voice_leg(office, phone)]


def voice_leg(office: Office, phone: Phone) -> str:
    [call] = [call for call in office.calls if call.caller.login == phone.login]
    return f"{call.id}.v"


def press(office: Office, phone: Phone, keys: str) -> None:
    office.voice.press(keys, voice_leg(office, phone))
    office.settle()


def joins(office: Office, phone: Phone, extension: str = "800", pin: str = "4711#") -> None:
    phone.call(extension)
    if pin:
        press(office, phone, pin)


def state(office: Office, name: str = "monday") -> ConferenceState:
    answer = office.switch.conferences.answer(AskConferences("t-acme", name))
    assert isinstance(answer, Conferences)
    [found] = answer.conferences
    return found


def who(office: Office, name: str = "monday") -> list[str]:
    return [one.who.name for one in state(office, name).members]


def control(office: Office, do: Any, call: str = "", name: str = "monday") -> Any:
    answer = office.switch.conferences.answer(ControlConference("t-acme", name, do, call))
    office.settle()
    return answer


def member(office: Office, phone: Phone, name: str = "monday") -> Any:
    return next(one for one in state(office, name).members if f"{one.call}.v" == voice_leg(office, phone))


# --- the door


def test_a_pin_opens_and_who_is_alone_hears_music_until_somebody_comes(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("800")
    assert said(at_work, anna) == "enter-pin"
    press(at_work, anna, "4711#")
    assert said(at_work, anna) == "conference-alone"
    at_work.wait(3)
    assert said(at_work, anna) == "music"
    joins(at_work, bob)
    assert at_work.voice.chimes == [("t-acme/c1", "join"), ("t-acme/c1", "join")]
    seats = [leg_of(at_work, phone).seat for phone in (anna, bob)]
    assert [(seat.conference, seat.muted, seat.taped) for seat in seats] == [("t-acme/c1", False, False)] * 2
    assert leg_of(at_work, anna).playing is None, "the music is over"
    assert who(at_work) == ["Anna Berg", "Bob Lind"]
    assert {call.live().state for call in at_work.calls} == {"answered"}
    bob.hang_up()
    assert at_work.voice.chimes[-1] == ("t-acme/c1", "leave")
    assert said(at_work, anna) == "music"
    anna.hang_up()
    assert [event.outcome for event in at_work.told(CallEnded)] == ["answered", "answered"]
    assert [event.to for event in at_work.told(CallRouted)] == ["conference:monday"] * 2


def test_three_wrong_pins_end_the_call_and_ten_close_the_door_for_who_entered_them(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    for call in range(1, 4):
        anna.call("800")
        for words in ("enter-pin", "wrong-pin", "wrong-pin"):
            assert said(at_work, anna) == words
            press(at_work, anna, "9999#")
        assert said(at_work, anna) == "pin-blocked"
        at_work.wait(3)
        assert len(anna.heard("BYE")) == call
    joins(at_work, anna, pin="9999#")
    assert said(at_work, anna) == "pin-blocked"
    at_work.wait(3)
    anna.call("800")
    assert said(at_work, anna) == "pin-blocked"
    anna.hang_up()
    assert at_work.told(ConferenceJoined) == []
    assert at_work.switch.pins.refused == 10
    joins(at_work, bob)
    assert who(at_work) == ["Bob Lind"], "others come in as before"
    bob.hang_up()
    at_work.wait(360)
    joins(at_work, anna)
    assert who(at_work) == ["Anna Berg"], "every six minutes one more try is free"
    anna.hang_up()


def test_a_full_conference_says_so(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    for phone in (anna, bob):
        joins(at_work, phone, "801", pin="")
    cecilie.call("801")
    assert said(at_work, cecilie) == "conference-full"
    at_work.wait(3)
    assert len(cecilie.heard("BYE")) == 1
    assert who(at_work, "coffee") == ["Anna Berg", "Bob Lind"]
    anna.hang_up()
    bob.hang_up()


def test_a_locked_conference_says_so_and_its_moderator_comes_in(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    joins(at_work, anna, pin="2580#")
    press(at_work, anna, "2")
    assert said(at_work, anna) == "conference-locked-now"
    joins(at_work, bob)
    assert said(at_work, bob) == "conference-locked"
    at_work.wait(3)
    joins(at_work, cecilie, pin="2580#")
    assert who(at_work) == ["Anna Berg", "Cecilie Dahl"]
    press(at_work, anna, "2")
    assert not state(at_work).locked
    joins(at_work, bob)
    assert len(state(at_work).members) == 3
    for phone in (anna, bob, cecilie):
        phone.hang_up()


def test_music_until_the_moderator_comes(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    for phone in (anna, bob):
        joins(at_work, phone, "802", pin="#")
    assert said(at_work, bob) == "conference-waiting"
    at_work.wait(3)
    assert [said(at_work, phone) for phone in (anna, bob)] == ["music", "music"]
    assert leg_of(at_work, bob).seat is None, "those who wait hear nothing of each other"
    assert [one.waiting for one in state(at_work, "lecture").members] == [True, True]
    joins(at_work, cecilie, "802", pin="2580#")
    assert all(
        leg_of(at_work, phone).seat is not None and not leg_of(at_work, phone).sounds for phone in (anna, bob, cecilie)
    )
    assert at_work.voice.chimes == [], "this one wants no tones"
    cecilie.hang_up()
    assert leg_of(at_work, anna).sounds == [], "it goes on without her"
    at_work.wait(7)
    anna.hang_up()
    bob.hang_up()
    together = {round(event.at - event.since) for event in at_work.told(ConferenceMet)}
    assert together == {0, 7}, "who waits side by side has not met yet"


def test_who_gives_up_before_the_pin_was_in_no_conference(at_work: Office, anna: Phone) -> None:
    anna.call("800")
    anna.hang_up()
    assert at_work.told(ConferenceJoined) == at_work.told(ConferenceLeft) == []


# --- what is done in it


def test_keys_mute_oneself_and_the_moderator_everybody(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    joins(at_work, anna, pin="2580#")
    joins(at_work, bob)
    joins(at_work, cecilie)
    press(at_work, bob, "1")
    assert said(at_work, bob) == "conference-muted"
    assert leg_of(at_work, bob).seat.muted
    press(at_work, bob, "1")
    assert said(at_work, bob) == "conference-unmuted"
    assert not leg_of(at_work, bob).seat.muted
    press(at_work, bob, "3")
    assert not leg_of(at_work, cecilie).seat.muted, "Bob is no moderator"
    press(at_work, anna, "3")
    assert [leg_of(at_work, phone).seat.muted for phone in (anna, bob, cecilie)] == [False, True, True]
    press(at_work, anna, "3")
    assert [leg_of(at_work, phone).seat.muted for phone in (anna, bob, cecilie)] == [False, False, False]
    press(at_work, bob, "*")
    assert leg_of(at_work, bob).sounds == ["builtin/nb/conference-menu.wav"]
    press(at_work, anna, "*")
    assert leg_of(at_work, anna).sounds[-1] == "builtin/nb/conference-moderator-menu.wav"
    for phone in (anna, bob, cecilie):
        phone.hang_up()


def test_the_moderator_ends_it_for_all_by_a_key_pressed_twice(at_work: Office, anna: Phone, bob: Phone) -> None:
    joins(at_work, anna, pin="2580#")
    joins(at_work, bob)
    press(at_work, anna, "9")
    assert said(at_work, anna) == "conference-end-again"
    assert len(state(at_work).members) == 2
    press(at_work, anna, "9")
    assert [said(at_work, phone) for phone in (anna, bob)] == ["conference-ended"] * 2
    at_work.wait(3)
    assert len(anna.heard("BYE")) == len(bob.heard("BYE")) == 1
    assert [event.why for event in at_work.told(ConferenceLeft)] == ["ended", "ended"]
    assert {event.end_reason for event in at_work.told(CallEnded)} == {"the conference was ended"}


def test_from_outside_one_is_muted_removed_and_the_rest_ended(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    for phone in (anna, bob, cecilie):
        joins(at_work, phone)
    assert control(at_work, "mute", member(at_work, bob).call) == Done()
    assert leg_of(at_work, bob).seat.muted
    assert member(at_work, bob).muted
    assert control(at_work, "lock") == Done()
    assert state(at_work).locked
    assert control(at_work, "remove", member(at_work, bob).call) == Done()
    assert said(at_work, bob) == "conference-removed"
    assert leg_of(at_work, bob).seat is None, "he hears and says nothing there any more"
    at_work.wait(3)
    assert who(at_work) == ["Anna Berg", "Cecilie Dahl"]
    assert isinstance(control(at_work, "remove"), Refused)
    assert isinstance(control(at_work, "mute", "nobody"), Refused)
    assert isinstance(control(at_work, "lock", name="coffee"), Refused), "nobody is there"
    assert control(at_work, "end") == Done()
    at_work.wait(3)
    assert isinstance(control(at_work, "end"), Refused)


def test_who_was_removed_is_asked_for_the_pin_again_and_a_restart_does_not_bring_them_back(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    for phone in (anna, bob):
        joins(at_work, phone)
    control(at_work, "remove", member(at_work, bob).call)
    assert said(at_work, bob) == "conference-removed"
    restarted(at_work)
    assert bob.heard("BYE"), "removed while the words were being said"
    assert who(at_work) == ["Anna Berg"]
    bob.call("800")
    assert said(at_work, bob) == "enter-pin"
    bob.hang_up()
    anna.hang_up()


def test_figures_tell_how_many_are_in_it_and_nothing_about_them(at_work: Office, anna: Phone, bob: Phone) -> None:
    assert at_work.switch.conferences.figures == {"conferences_open": 0, "conference_members": 0}
    for phone in (anna, bob):
        joins(at_work, phone)
    assert at_work.switch.conferences.figures == {"conferences_open": 1, "conference_members": 2}
    for phone in (anna, bob):
        phone.hang_up()


def test_whoever_looks_is_told_of_every_change(at_work: Office, anna: Phone) -> None:
    at_work.news.clear()
    joins(at_work, anna)
    at_work.wait(0.2)
    anna.hang_up()
    at_work.wait(0.2)
    decode = msgspec.msgpack.Decoder(ConferenceChanged).decode
    told = [decode(payload) for topic, payload in at_work.news if topic == commands.TOPIC_CONFERENCE]
    assert [(one.name, one.members) for one in told] == [("monday", 1), ("monday", 0)]


# --- the record


def test_the_record_tells_who_was_there_when(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    joins(at_work, anna, pin="2580#")
    at_work.wait(10)
    joins(at_work, bob)
    at_work.wait(10)
    bob.hang_up()
    joins(at_work, cecilie)
    at_work.wait(5)
    anna.hang_up()
    cecilie.hang_up()
    started = {event.call: event.caller.name for event in at_work.told(CallStarted)}
    met = {(started[event.call], event.who.name, round(event.at - event.since)) for event in at_work.told(ConferenceMet)}
    assert met == {
        ("Anna Berg", "Bob Lind", 10),
        ("Bob Lind", "Anna Berg", 10),
        ("Anna Berg", "Cecilie Dahl", 5),
        ("Cecilie Dahl", "Anna Berg", 5),
    }
    assert [(started[one.call], one.moderator) for one in at_work.told(ConferenceJoined)] == [
        ("Anna Berg", True),
        ("Bob Lind", False),
        ("Cecilie Dahl", False),
    ]


# --- recording


def test_everybody_is_told_and_has_a_recording_of_what_they_heard(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("803")
    assert said(at_work, anna) == "recorded"
    at_work.wait(2.1)
    assert leg_of(at_work, anna).recording is None, "nobody is there to be recorded"
    bob.call("803")
    at_work.wait(2.1)
    for phone in (anna, bob):
        recording = leg_of(at_work, phone).recording
        assert recording.others
        assert leg_of(at_work, phone).seat.taped
    for phone in (anna, bob):
        at_work.voice.say(30, voice_leg(at_work, phone))
    files = {leg_of(at_work, phone).recording.file for phone in (anna, bob)}
    anna.hang_up()
    bob.hang_up()
    recorded = at_work.told(CallRecorded)
    assert {event.file for event in recorded} == files
    assert {event.why for event in recorded} == {"conference:c4"}
    assert [event.answer for event in at_work.told(RecordingAnswered)] == ["told", "told"]
    for event in recorded:
        events = [type(one) for one in at_work.events if one.call == event.call]
        assert events.index(CallRecorded) < events.index(CallEnded)
    assert all(event.taped for event in at_work.told(ConferenceMet))


def test_who_does_not_agree_takes_part_and_is_in_no_recording(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(acme={"conferences": (TAPED,), "recording_rule": "consent"}))
    anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
    for phone, key in ((anna, "1"), (bob, "2"), (cecilie, "1")):
        phone.call("803")
        assert said(office, phone) == "recorded-consent"
        press(office, phone, key)
        office.wait(2.1)
    assert [leg_of(office, phone).seat.taped for phone in (anna, bob, cecilie)] == [True, False, True]
    assert [leg_of(office, phone).recording is not None for phone in (anna, bob, cecilie)] == [True, False, True]
    for phone in (anna, bob, cecilie):
        phone.hang_up()
    taped = {event.who.name for event in office.told(ConferenceMet) if event.taped}
    assert taped == {"Anna Berg", "Cecilie Dahl"}
    office.close()


def test_who_objects_is_left_out_from_the_beginning_and_from_the_moment_they_do(tmp_path: Path) -> None:
    no = {"unrecorded": True}
    office = Office(tmp_path, offices.office(acme={"conferences": (TAPED,)}, bob=no))
    anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
    bob.call("803")
    assert said(office, bob) == "conference-alone", "he is not told in vain"
    for phone in (anna, cecilie):
        phone.call("803")
        office.wait(2.1)
    assert [leg_of(office, phone).seat.taped for phone in (anna, bob, cecilie)] == [True, False, True]
    for phone in (anna, cecilie):
        office.voice.say(9, voice_leg(office, phone))
    office.switch.office = offices.office(acme={"conferences": (TAPED,)}, bob=no, anna=no)
    silence(office.switch)
    assert [leg_of(office, phone).seat.taped for phone in (anna, bob, cecilie)] == [False, False, True]
    assert [leg_of(office, phone).recording is not None for phone in (anna, bob, cecilie)] == [False, False, True]
    office.wait(10)
    assert leg_of(office, anna).recording is None
    for phone in (anna, bob, cecilie):
        phone.hang_up()
    assert {event.why for event in office.told(CallRecorded)} == {"conference:c4"}
    assert len(office.told(CallRecorded)) == 2
    office.close()


# --- from a talk, and by a lamp


def test_bob_sends_anna_on_into_the_conference(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    joins(at_work, cecilie, "801", pin="")
    anna.call("102")
    bob.ring()
    bob.answer()
    refer(bob, "801")
    bob.hang_up()
    assert who(at_work, "coffee") == ["Cecilie Dahl", "Anna Berg"]
    assert leg_of(at_work, anna).seat.conference == "t-acme/c2"
    anna.hang_up()
    cecilie.hang_up()
    assert [event.to for event in at_work.told(CallRouted)][-1] == "conference:coffee"


def test_the_lamp_is_lit_while_somebody_is_in_it(at_work: Office, anna: Phone) -> None:
    tenant = at_work.switch.office.by_tenant_id["t-acme"]
    watcher = tenant.by_username["bob"]
    lamps = at_work.switch.lamps
    assert lamps.state_of(tenant, "801", watcher) == ()
    joins(at_work, anna, "801", pin="")
    [lamp] = lamps.state_of(tenant, "801", watcher)
    assert (lamp.state, lamp.remote) == ("confirmed", None), "who it is, a lamp does not tell"
    anna.hang_up()
    assert lamps.state_of(tenant, "801", watcher) == ()


# --- what fails


def restarted(office: Office) -> None:
    office.kill()
    office.clock.advance(1.5)
    office.start()
    office.settle()


def test_after_a_restart_all_are_where_they_were_and_heard_nothing_of_it(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    joins(at_work, anna, pin="2580#")
    joins(at_work, bob)
    press(at_work, bob, "1")
    press(at_work, anna, "2")
    at_work.wait(3)
    before = {leg: len(one.heard) for leg, one in at_work.voice.legs.items()}
    restarted(at_work)
    at_work.wait(5)
    assert {leg: len(one.heard) for leg, one in at_work.voice.legs.items()} == before
    assert [leg_of(at_work, phone).seat.muted for phone in (anna, bob)] == [False, True]
    assert anna.heard("INVITE") == bob.heard("INVITE") == []
    assert state(at_work).locked
    assert [(one.who.name, one.moderator, one.muted) for one in state(at_work).members] == [
        ("Anna Berg", True, False),
        ("Bob Lind", False, True),
    ]
    assert len(at_work.told(ConferenceJoined)) == 2, "nobody came a second time"
    press(at_work, anna, "2")
    joins(at_work, cecilie)
    assert len(state(at_work).members) == 3
    for phone in (anna, bob, cecilie):
        phone.hang_up()


def test_who_hung_up_while_we_were_away_is_out_of_it(at_work: Office, anna: Phone, bob: Phone) -> None:
    joins(at_work, anna)
    joins(at_work, bob)
    restarted(at_work)
    bob.hang_up()
    at_work.wait(3)
    assert who(at_work) == ["Anna Berg"]
    assert said(at_work, anna) == "music"
    anna.hang_up()


def test_a_lost_voice_process_brings_all_together_again(at_work: Office, anna: Phone, bob: Phone) -> None:
    joins(at_work, anna)
    joins(at_work, bob)
    press(at_work, bob, "1")
    at_work.voice.crash()
    at_work.wait(1)
    at_work.voice.come_back()
    at_work.settle()
    assert len(anna.heard("INVITE")) == len(bob.heard("INVITE")) == 1
    at_work.wait(1)
    seats = [leg_of(at_work, phone).seat for phone in (anna, bob)]
    assert [(seat.conference, seat.muted) for seat in seats] == [("t-acme/c1", False), ("t-acme/c1", True)]
    anna.hang_up()
    bob.hang_up()


def test_a_recording_goes_on_over_a_restart(at_work: Office, anna: Phone, bob: Phone) -> None:
    for phone in (anna, bob):
        phone.call("803")
        at_work.wait(2.1)
    file = leg_of(at_work, anna).recording.file
    restarted(at_work)
    assert leg_of(at_work, anna).recording.file == file
    for phone in (anna, bob):
        at_work.voice.say(12, voice_leg(at_work, phone))
        phone.hang_up()
    assert len(at_work.told(CallRecorded)) == 2


def test_what_was_recorded_before_the_voice_process_was_lost_stays_and_a_new_file_begins(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    for phone in (anna, bob):
        phone.call("803")
        at_work.wait(2.1)
    before = {leg_of(at_work, phone).recording.file for phone in (anna, bob)}
    at_work.wait(20)
    at_work.voice.crash()
    at_work.voice.come_back()
    at_work.wait(6)
    after = {leg_of(at_work, phone).recording.file for phone in (anna, bob)}
    assert not before & after
    for phone in (anna, bob):
        at_work.voice.say(5, voice_leg(at_work, phone))
        phone.hang_up()
    recorded = at_work.told(CallRecorded)
    assert {event.file for event in recorded} == before | after
    assert all(event.seconds >= 5 for event in recorded)


def test_a_public_number_leads_into_it() -> None:
    number = PublicNumber("+4721000000", "itsp", "conference:coffee")
    office = offices.office(acme={"conferences": (OPEN,), "numbers": (number,)})
    at = Moment(0.0, lambda _login: True, lambda _trunk: True)
    onto = resolve(office, "t-acme", "number:+4721000000", Caller("", ""), at)
    assert onto == Onto("conference:coffee", "number")
    assert resolve(office, "t-acme", onto.to, Caller("", ""), at) == Confer(OPEN)
    assert resolve(office, "t-beta", onto.to, Caller("", ""), at) == GONE, "another company has none of that name"
