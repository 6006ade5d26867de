"""kill -9 while phones ring: they ring on, once, for the same caller; or fall silent, where nobody is there any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallStarted, LegAnswered, LegEnded, LegOffered
from svara.people.office import Member, Menu, Queue, Sound
from svara.sip.message import Request

FRONT = Menu("m", "front", prompt="welcome", keys={"1": "person:bob"}, extension="700", direct_dial=False)


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    queues = (Queue("q", "support", members=(Member("p-acme-bob"),), ring_seconds=15, extension="800"),)
    acme = {"menus": (FRONT,), "sounds": (Sound("welcome", "acme/welcome.wav"),), "queues": queues}
    office = Office(tmp_path, offices.office(bob=offices.goes_to("voicemail:bob", 15), acme=acme))
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.dialogs == {}
    assert len(office.told(CallStarted)) == len(office.told(CallEnded))
    assert len(office.told(LegOffered)) == len(office.told(LegEnded))
    office.close()


def restarted(office: Office, away_seconds: float = 1.5) -> None:
    office.kill()
    office.clock.advance(away_seconds)
    office.start()
    office.settle()


def calls_of(phone: Phone) -> set[str]:
    """What the phone takes for calls that came in: what is repeated by the same Via is one."""
    return {one.via.branch or "" for one in phone.heard("INVITE") if one.to.tag is None}


def rings_on(phone: Phone) -> None:
    """As a phone does that gets the INVITE again: it says once more that it rings."""
    again = phone.heard("INVITE")
    assert [one.to_bytes() for one in again[1:]] == [again[0].to_bytes()]
    phone.ring()


def test_the_callee_picks_up_after_it_and_they_talk(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    restarted(at_work)
    assert len(calls_of(bob)) == 1
    rings_on(bob)
    assert anna.statuses == [180, 180]
    assert at_work.calls[0].live().state == "ringing"
    bob.answer()
    assert anna.statuses[-1] == 200
    assert at_work.calls[0].live().state == "answered"
    at_work.wait(5)
    assert len(calls_of(bob)) == 1
    assert bob.heard("CANCEL") == bob.heard("BYE") == []
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1
    [answered] = at_work.told(LegAnswered)
    [offered] = at_work.told(LegOffered)
    assert (answered.leg, answered.to.person) == (offered.leg, "p-acme-bob")
    assert at_work.told(CallEnded)[0].outcome == "answered"


def test_the_callee_had_picked_up_while_nobody_was_there(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    at_work.kill()
    bob.answer()
    at_work.start()
    at_work.settle()
    assert bob.invite is not None
    bob.respond(200, bob.sdp)  # a phone repeats it until it is acknowledged
    assert anna.statuses[-1] == 200
    assert len(bob.heard("ACK")) == 1
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1


def test_the_caller_gives_up_after_it_and_the_phone_falls_silent(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    restarted(at_work)
    rings_on(bob)
    anna.cancel()
    assert anna.statuses[-1] == 487
    [cancel] = bob.heard("CANCEL")
    invite = bob.heard("INVITE")[0]
    assert isinstance(cancel, Request)
    same = [(one.uri, one.first("via"), one.call_id, one.first("from"), one.first("to"), one.cseq.number)
            for one in (cancel, invite)]  # fmt: skip
    assert same[0] == same[1]  # RFC 3261 section 9.1
    assert not bob.rings
    assert at_work.told(CallEnded)[0].outcome == "abandoned"


def test_nobody_picks_up_after_it_and_the_caller_comes_to_the_mailbox(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    restarted(at_work)
    rings_on(bob)
    at_work.wait(16)
    assert len(bob.heard("CANCEL")) == 1
    assert anna.statuses[-1] == 200
    at_work.wait(5)
    at_work.voice.say(3)
    anna.hang_up()
    assert at_work.told(CallEnded)[0].outcome == "voicemail"


def test_the_callee_says_no_after_it(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    restarted(at_work)
    bob.decline()
    at_work.wait(2)
    assert anna.statuses[-1] == 200  # the mailbox
    anna.hang_up()


def test_restarts_upon_restarts(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    for _ in range(3):
        restarted(at_work)
        at_work.wait(2)
        bob.ring()
    assert len(calls_of(bob)) == 1
    bob.answer()
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1


def test_a_caller_out_of_a_menu_rings_on(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1")
    at_work.settle()
    bob.ring()
    restarted(at_work)
    rings_on(bob)
    at_work.wait(2)
    bob.answer()
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1
    assert [one.reason for one in at_work.told(LegEnded) if one.leg != "v"] == ["hung up"]


def test_a_queue_goes_on_ringing_the_agent(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("800")
    at_work.wait(1)
    bob.ring()
    restarted(at_work)
    at_work.wait(2)
    assert len(calls_of(bob)) == 1
    assert bob.rings
    bob.answer()
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1


def test_a_phone_that_is_not_wanted_any_more_falls_silent(at_work: Office, anna: Phone, bob: Phone) -> None:
    """Bob's calls go elsewhere since: nobody takes the old INVITE over."""
    anna.call("102")
    bob.ring()
    at_work.kill()
    at_work.snapshot = offices.office(bob={"choice": "dnd"})
    at_work.start()
    at_work.wait(2)
    assert not bob.rings
    assert len(bob.heard("CANCEL")) == 1


def called_over_a_connection_that_is_gone(at_work: Office, bob: Phone) -> None:
    """Bob rings for Anna, whose connection ends with the process."""
    anna = Phone(at_work, "acme-anna", transport="TCP").register()
    anna.call("102")
    bob.ring()
    at_work.kill()
    anna.wire.close()


def test_the_caller_came_by_a_connection_which_is_gone(at_work: Office, bob: Phone) -> None:
    called_over_a_connection_that_is_gone(at_work, bob)
    at_work.start()
    at_work.settle()
    assert not bob.rings
    assert len(bob.heard("CANCEL")) == 1
    assert at_work.told(CallEnded)[0].end_reason == "server restarted"


def test_who_picks_up_in_the_moment_of_the_cancel_is_hung_up(at_work: Office, bob: Phone) -> None:
    called_over_a_connection_that_is_gone(at_work, bob)
    invite = bob.invite
    bob.deaf = True
    at_work.start()
    at_work.settle()
    bob.deaf = False
    bob.respond(200, bob.sdp, request=invite)
    assert len(bob.heard("ACK")) == len(bob.heard("BYE")) == 1


def test_a_phone_by_a_connection_rings_once_when_it_is_back(at_work: Office, anna: Phone) -> None:
    bob = Phone(at_work, "acme-bob", transport="TCP").register()
    anna.call("102")
    bob.ring()
    at_work.kill()
    bob.wire.close()
    bob.wire.office.transports.wires.pop(bob.wire.id)
    at_work.start()
    at_work.wait(2)
    assert anna.statuses[-1] == 180
    bob.connect().register()
    at_work.wait(0.1)
    told = [one.method for one in bob.received if isinstance(one, Request)]
    assert told == ["INVITE", "CANCEL", "ACK", "INVITE"]
    bob.ring()
    bob.answer()
    assert anna.statuses[-1] == 200
    anna.hang_up()


def test_nothing_is_kept_of_calls_that_are_over(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    bob.answer()
    anna.hang_up()
    anna.call("102")
    bob.ring()
    anna.cancel()
    restarted(at_work)
    at_work.wait(2)
    assert len(calls_of(bob)) == 2
    assert len(bob.heard("CANCEL")) == 1
