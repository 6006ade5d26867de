"""Callers in a menu or a mailbox after kill -9: they go on where they were, and records stay whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallStarted, LegEnded, LegOffered, MessageLeft
from svara.calls.main import relay_lost
from svara.people.office import Menu, Sound

FRONT = Menu("m", "front", prompt="welcome", keys={"1": "person:bob"}, extension="700", direct_dial=False)


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    acme = {"menus": (FRONT,), "sounds": (Sound("welcome", "acme/welcome.wav"),)}
    office = Office(tmp_path, offices.office(bob=offices.goes_to("voicemail:bob", 15), acme=acme))
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert len(office.told(CallStarted)) == len(office.told(CallEnded))
    assert len(office.told(LegOffered)) == len(office.told(LegEnded))
    office.close()


def restarted(office: Office) -> None:
    office.kill()
    office.clock.advance(1.5)
    office.start()
    office.settle()


def test_the_menu_begins_again(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    restarted(at_work)
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["acme/welcome.wav"]
    assert anna.heard("INVITE") == []
    at_work.voice.press("1")
    at_work.settle()
    assert bob.rings
    bob.answer()
    anna.hang_up()
    assert at_work.told(CallEnded)[0].outcome == "answered"


def test_a_key_pressed_meanwhile_counts(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.kill()
    at_work.voice.press("1")
    at_work.start()
    at_work.settle()
    assert bob.rings
    anna.hang_up()


def test_whoever_rang_rings_on(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1")
    at_work.settle()
    bob.ring()
    restarted(at_work)
    assert at_work.told(LegEnded) == []
    first, again = bob.heard("INVITE")
    assert first.to_bytes() == again.to_bytes()
    bob.answer()
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1


def test_a_message_goes_on_being_recorded(at_work: Office, anna: Phone) -> None:
    anna.call("102")  # all phones of Bob are offline
    at_work.wait(5)
    [leg] = at_work.voice.legs.values()
    assert leg.recording is not None
    at_work.voice.say(3)
    restarted(at_work)
    at_work.voice.say(4)
    anna.hang_up()
    [message] = at_work.told(MessageLeft)
    assert message.seconds == 7.0
    assert at_work.told(CallEnded)[0].outcome == "voicemail"


def test_a_message_that_was_complete_meanwhile_is_in_the_record(at_work: Office, anna: Phone) -> None:
    anna.call("102")
    at_work.wait(5)
    at_work.voice.say(3)
    at_work.kill()
    at_work.voice.falls_silent()
    at_work.start()
    at_work.settle()
    [message] = at_work.told(MessageLeft)
    assert message.seconds == 3.0
    at_work.wait(2.5)
    assert len(anna.heard("BYE")) == 1


def test_the_caller_hung_up_meanwhile(at_work: Office, anna: Phone) -> None:
    anna.call("700")
    at_work.kill()
    at_work.start()
    anna.hang_up()
    assert at_work.told(CallEnded)[0].outcome == "abandoned"


def test_the_voice_process_was_lost_as_well(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.kill()
    at_work.voice.crash()
    at_work.voice.up = True
    at_work.start()
    at_work.settle()
    assert len(anna.heard("INVITE")) == 1  # its sound is built anew
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["acme/welcome.wav"]
    anna.hang_up()


@pytest.mark.parametrize("lost", ["voice", "relay"])
def test_what_was_heard_is_heard_again_when_sound_was_lost(at_work: Office, anna: Phone, bob: Phone, lost: str) -> None:
    anna.call("700")
    if lost == "voice":
        at_work.voice.crash()
        at_work.wait(2)
        at_work.voice.come_back()
    else:
        relay_lost(at_work.switch)
    at_work.settle()
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["acme/welcome.wav"]
    assert len(anna.heard("INVITE")) == 1
    at_work.voice.press("1")
    at_work.settle()
    bob.answer()
    anna.hang_up()
    assert at_work.told(CallEnded)[0].outcome == "answered"


def test_without_a_voice_process_a_guest_can_still_be_put_through(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1")
    at_work.settle()
    at_work.voice.crash()
    bob.answer()
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()


def test_a_message_is_recorded_anew_when_the_voice_process_was_lost(at_work: Office, anna: Phone) -> None:
    anna.call("102")
    at_work.wait(5)
    at_work.voice.say(3)
    at_work.voice.crash()
    at_work.voice.come_back()
    at_work.wait(3)
    leg: Any = next(iter(at_work.voice.legs.values()))
    assert leg.recording is not None
    at_work.voice.say(5)
    anna.hang_up()
    [message] = at_work.told(MessageLeft)
    assert message.seconds == 5.0


def test_who_had_left_a_message_is_only_hung_up(at_work: Office, anna: Phone) -> None:
    anna.call("102")
    at_work.wait(5)
    at_work.voice.say(3)
    at_work.voice.press("#")
    restarted(at_work)
    assert len(anna.heard("BYE")) == len(at_work.told(MessageLeft)) == 1
    assert at_work.told(CallEnded)[0].outcome == "voicemail"
