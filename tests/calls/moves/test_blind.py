"""Blind transfer: Anna or Bob sends the other on, and the call comes back when nobody takes it."""

from __future__ import annotations

import pytest
from tests.calls.moves.referring import notified, notifies, refer
from tests.calls.phones import RELAY, SERVER, Office, Phone

from svara.calls.events import CallEnded, CallTransferred, LegAnswered, MessageLeft


def calls_to(phone: Phone) -> set[str]:
    return {one.call_id for one in phone.heard("INVITE")}


@pytest.mark.usefixtures("talk")
def test_the_caller_sends_bob_on_to_cecilie(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103")
    assert len(anna.heard(202)) == 1
    assert cecilie.rings
    assert cecilie.invite is not None
    assert "Bob Lind" in (cecilie.invite.first("from") or "")
    assert cecilie.invite.first("referred-by") == f"<sip:101@{SERVER[0]}>"
    cecilie.ring()
    assert notified(anna) == ["100 Trying", "180 Ringing"]
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["ringback"]
    assert bob.heard("INVITE") == []  # its phone is told nothing as long as the sound fits
    cecilie.answer()
    assert notified(anna) == ["100 Trying", "180 Ringing", "200 OK"]
    assert [one.first("subscription-state") for one in notifies(anna)][-1] == "terminated;reason=noresource"
    assert {one.first("event") for one in notifies(anna)} == {"refer"}
    anna.hang_up()
    assert bob.heard("BYE") == cecilie.heard("BYE") == []
    [call] = at_work.calls
    assert call.live().state == "answered"
    assert (call.live().caller.name, call.live().callee.name) == ("Bob Lind", "Cecilie Dahl")
    bob.hang_up()
    assert len(cecilie.heard("BYE")) == 1
    [moved] = at_work.told(CallTransferred)
    assert (moved.by.name, moved.to, moved.how, moved.leg) == ("Anna Berg", "person:cecilie", "blind", "a")
    assert [one.to.name for one in at_work.told(LegAnswered)] == ["Bob Lind", "Cecilie Dahl"]
    assert at_work.told(CallEnded)[0].outcome == "answered"


@pytest.mark.usefixtures("talk")
def test_the_called_one_sends_anna_on(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(bob, "103")
    assert cecilie.invite is not None
    assert "Anna Berg" in (cecilie.invite.first("from") or "")
    cecilie.answer()
    assert notified(bob)[-1] == "200 OK"
    at_work.wait(5)
    assert len(bob.heard("BYE")) == 1  # it did not hang up by itself
    anna.hang_up()
    assert len(cecilie.heard("BYE")) == 1


@pytest.mark.usefixtures("talk")
def test_who_was_on_hold_is_asked_for_sound_and_hears_music(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    anna.hold()
    bob.received.clear()
    refer(anna, "103")
    [invite] = bob.heard("INVITE")
    assert b"a=sendonly" not in invite.body
    assert RELAY.encode() in invite.body
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["builtin/music.wav"]
    cecilie.answer()
    assert at_work.calls[0].held_by == ()
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_the_call_comes_back_at_once_to_a_phone_that_waits(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103")
    cecilie.decline(486)
    assert notified(anna) == ["100 Trying", "486 Busy Here"]
    [call] = at_work.calls
    assert call.live().state == "answered"
    assert (call.live().caller.name, call.live().callee.name) == ("Bob Lind", "Anna Berg")
    assert [one.how for one in at_work.told(CallTransferred)] == ["blind", "taken-back"]
    assert len(anna.heard("INVITE")) == 1  # it gets sound again
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1


@pytest.mark.usefixtures("talk")
def test_the_phones_of_who_hung_up_ring_again(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103")
    cecilie.ring()
    anna.hang_up()
    at_work.wait(16)
    assert len(cecilie.heard("CANCEL")) == 1
    assert anna.invite is not None
    assert "Bob Lind" in (anna.invite.first("from") or "")
    assert "Cecilie Dahl" in anna.invite.from_.name
    anna.answer()
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1
    assert at_work.told(MessageLeft) == []


@pytest.mark.usefixtures("talk")
def test_nobody_takes_it_back_either_so_a_message_can_be_left(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    refer(anna, "103")
    anna.hang_up()
    at_work.wait(16)
    assert anna.rings
    at_work.wait(40)
    [leg] = at_work.voice.legs.values()
    assert leg.recording is not None
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_transfer_to_who_is_not_there_goes_by_their_rules(at_work: Office, anna: Phone, bob: Phone) -> None:
    refer(anna, "103")  # no phone of Cecilie's is online
    assert notified(anna)[-1] == "480 Temporarily Unavailable"
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("999", 404),
        ("*72103", 603),
        ("sip:103@elsewhere.example", 404),
        ("mailto:anna@acme.test", 416),
        (f"sip:103@{SERVER[0]};method=BYE", 603),
        (f"sip:{'1' * 2000}@{SERVER[0]}", 400),
        (f"sip:103@{SERVER[0]}?Replaces=a%0d%0aVia:%20x%3Bto-tag%3D1%3Bfrom-tag%3D2", 400),
        (f"sip:103@{SERVER[0]}?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2", 481),
    ],
)
def test_what_cannot_be_is_refused_and_the_talk_goes_on(
    at_work: Office, anna: Phone, bob: Phone, to: str, status: int
) -> None:
    refer(anna, to)
    assert len(anna.heard(status)) == 1
    assert anna.heard("NOTIFY") == bob.received == []
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 400),
        ([("Refer-To", f"<sip:103@{SERVER[0]}>"), ("Refer-Sub", "perhaps")], 400),
        ([("Refer-To", f"<sip:103@{SERVER[0]}>"), ("Referred-By", "<<<")], 400),
        ([("Refer-To", f"<sip:103@{SERVER[0]}>"), ("Require", "teleport")], 420),
    ],
)
def test_malformed_transfers(at_work: Office, anna: Phone, bob: Phone, headers: list[tuple[str, str]], status: int) -> None:
    anna.request("REFER", headers)
    assert len(anna.heard(status)) == 1
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_phone_that_wants_to_hear_nothing_of_it(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103", ("Refer-Sub", "false"), ("Supported", "norefersub"))
    assert anna.heard(202)[0].first("refer-sub") == "false"
    cecilie.answer()
    assert anna.heard("NOTIFY") == []
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_one_transfer_at_a_time(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103")
    for _ in range(20):
        refer(anna, "103")
    assert len(anna.heard(491)) == 20
    assert len(cecilie.heard("INVITE")) == 1
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_who_is_sent_on_hangs_up_meanwhile(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103")
    cecilie.ring()
    bob.hang_up()
    assert len(cecilie.heard("CANCEL")) == 1
    assert notified(anna)[-1] == "487 Request Terminated"
    assert len(anna.heard("BYE")) == 1
    assert at_work.told(CallEnded)[0].outcome == "abandoned"


@pytest.mark.usefixtures("talk")
def test_without_a_voice_the_talk_goes_on(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    at_work.voice.crash()
    refer(anna, "103")
    assert notified(anna) == ["100 Trying", "480 Temporarily Unavailable"]
    assert not cecilie.rings
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()
    at_work.voice.up = True


@pytest.mark.usefixtures("talk")
def test_a_transfer_while_a_change_is_under_way_waits_for_it(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    waiting = []
    bob.change = waiting.append  # type: ignore[method-assign]
    anna.hold()
    refer(anna, "103")
    assert len(anna.heard(202)) == 1
    assert not cecilie.rings
    del bob.change
    bob.respond(200, bob.description("recvonly"), request=waiting[0])
    at_work.wait(1)
    assert cecilie.rings
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_sent_on_and_on(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(bob, "103")
    cecilie.answer()
    bob.hang_up()
    refer(cecilie, "102")
    assert bob.rings
    bob.answer()
    cecilie.hang_up()
    assert at_work.calls[0].live().callee.name == "Bob Lind"
    anna.hang_up()
    assert len(at_work.told(CallEnded)) == 1


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize("moment", ["asked", "ringing", "answered", "back"])
def test_the_server_is_killed_half_way(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, moment: str) -> None:
    refer(anna, "103")
    if moment != "asked":
        cecilie.ring()
    if moment == "answered":
        cecilie.answer()
    if moment == "back":
        anna.hang_up()
        at_work.wait(16)
    at_work.kill()
    at_work.clock.advance(1.5)
    at_work.start()
    at_work.settle()
    at_work.wait(1)
    [call] = at_work.calls
    if moment == "back":
        assert len(calls_to(anna)) == 1  # it rings on
        anna.answer()
    elif moment != "answered":
        assert len(calls_to(cecilie)) == 1
        cecilie.answer()
        assert notified(anna)[-1] == "200 OK"
    assert call.live().state == "answered"
    bob.hang_up()
    at_work.wait(6)
    assert len(anna.heard("BYE")) == 1
