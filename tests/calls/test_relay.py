"""When the media relay fails, restarts or hears nothing."""

from __future__ import annotations

import pytest
from tests.calls.phones import RELAY, Office, Phone

from svara.calls.events import CallEnded, CallQuality, LegEnded
from svara.calls.main import relay_lost
from svara.calls.silence import relay_silent
from svara.sip.message import new_response


def end_reason(office: Office) -> tuple[str, str]:
    [ended] = office.told(CallEnded)
    assert office.calls == []
    return ended.outcome, ended.end_reason


def test_without_a_relay_there_is_no_call_but_a_record(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.relay.fails = "the media relay does not answer"
    anna.call("102")
    assert anna.statuses == [503]
    assert not bob.rings
    assert end_reason(at_work) == ("failed", "media relay failed")
    assert len(at_work.told(LegEnded)) == 1


def test_the_relay_fails_when_bob_picks_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    at_work.relay.fails = "the media relay does not answer"
    bob.answer()
    assert anna.statuses == [180, 503]
    assert len(bob.heard("ACK")) == len(bob.heard("BYE")) == 1
    assert end_reason(at_work) == ("failed", "media relay failed")


def test_a_slow_relay_only_delays(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.relay.slow = True
    anna.call("102")
    assert not bob.rings
    at_work.relay.catch_up()
    at_work.settle()
    assert bob.rings
    bob.answer()
    assert anna.statuses == []
    at_work.relay.catch_up()
    at_work.settle()
    assert anna.statuses == [200]
    bob.hang_up()
    assert at_work.told(CallEnded) == []
    at_work.relay.catch_up()
    assert [type(event) for event in at_work.events][-3:] == [CallQuality, CallQuality, CallEnded]


def test_the_caller_gives_up_while_the_relay_thinks(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.relay.slow = True
    anna.call("102")
    anna.cancel()
    at_work.relay.catch_up()
    at_work.settle()
    assert not bob.rings
    assert anna.statuses == [487]
    assert end_reason(at_work)[0] == "abandoned"


def test_the_caller_gives_up_just_when_bob_has_picked_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    at_work.relay.slow = True
    bob.answer()
    anna.cancel()
    at_work.relay.catch_up()
    at_work.settle()
    assert anna.statuses == [180, 487]
    assert len(bob.heard("BYE")) == 1
    assert end_reason(at_work)[0] == "abandoned"
    assert at_work.switch.dialogs == {}


def test_bob_picks_up_and_hangs_up_while_the_relay_thinks(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    at_work.relay.slow = True
    bob.answer()
    bob.hang_up()
    at_work.relay.catch_up()
    at_work.settle()
    assert anna.statuses == [480]
    assert len(at_work.told(LegEnded)) == 1
    assert end_reason(at_work) == ("failed", "hung up")


def test_after_a_crash_of_the_relay_the_talks_get_new_sound(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    at_work.relay.legs.clear()
    anna.received.clear()
    bob.received.clear()
    relay_lost(at_work.switch)
    at_work.settle()
    [asked], [told] = anna.heard("INVITE"), bob.heard("INVITE")
    assert asked.body == b""
    assert RELAY.encode() in told.body
    assert RELAY.encode() in anna.heard("ACK")[0].body
    assert len(bob.heard("ACK")) == 1
    assert len(at_work.calls) == 1
    assert at_work.relay.sessions == {at_work.calls[0].id}
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1


def test_a_phone_that_is_just_changing_something_is_asked_again(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    change = anna.change
    anna.change = lambda request: anna.transmit(new_response(request, 491))  # type: ignore[method-assign]
    relay_lost(at_work.switch)
    at_work.settle()
    assert len(anna.heard("INVITE")) == 1
    anna.change = change  # type: ignore[method-assign]
    at_work.wait(3)
    assert len(anna.heard("INVITE")) == 2
    assert len(at_work.calls) == 1
    assert bob.heard("INVITE")[-1].to.tag is not None


@pytest.mark.parametrize("who", ["anna", "bob"])
def test_a_phone_that_cannot_do_it_ends_the_call_with_the_reason(at_work: Office, anna: Phone, bob: Phone, who: str) -> None:
    anna.call("102")
    bob.answer()
    phone = anna if who == "anna" else bob
    phone.change = lambda request: phone.transmit(new_response(request, 500))  # type: ignore[method-assign]
    relay_lost(at_work.switch)
    at_work.settle()
    assert len(anna.heard("BYE")) == len(bob.heard("BYE")) == 1
    assert end_reason(at_work)[0] == "answered"
    assert at_work.switch.dialogs == {}


def test_silence_ends_the_call(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    relay_silent(at_work.switch, at_work.calls[0].id)
    relay_silent(at_work.switch, "unknown")
    at_work.settle()
    assert len(anna.heard("BYE")) == len(bob.heard("BYE")) == 1
    assert end_reason(at_work) == ("answered", "no sound for 30 seconds")
