"""Attended transfer: who has spoken to both puts the two together, in whatever those two calls are."""

from __future__ import annotations

import pytest
from tests.calls.moves.referring import attend, dialog_of, notified
from tests.calls.phones import RELAY, Office, Phone

from svara.calls.events import CallEnded, CallTransferred, LegAnswered


@pytest.fixture
def second(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> Phone:
    """Anna talks with Bob, has him on hold and talks with Cecilie: the second line of her phone."""
    anna.call("102")
    bob.answer()
    anna.hold()
    at_work.wait(1)
    line = second_line(anna)
    line.call("103")
    cecilie.answer()
    for phone in (anna, bob, cecilie, line):
        phone.received.clear()
    return line


def second_line(phone: Phone) -> Phone:
    """Another call of the same phone."""
    return Phone(phone.office, phone.login, address=phone.address[0])


def together(office: Office, one: Phone, other: Phone) -> None:
    """The two talk, and hear each other through the relay."""
    [call] = office.calls
    assert call.live().state == "answered"
    assert call.held_by == ()
    assert call.exchange is None
    assert not call.agreeing
    for phone in (one, other):
        assert phone.heard("BYE") == []
    assert call.front is not None
    assert call.back is not None
    assert RELAY.encode() in call.front.told
    assert RELAY.encode() in call.back.told
    assert b"a=sendonly" not in call.front.told + call.back.told


def test_anna_puts_bob_and_cecilie_together(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone) -> None:
    attend(anna, dialog_of(second))
    assert len(anna.heard(202)) == 1
    assert notified(anna) == ["100 Trying", "200 OK"]
    assert len(second.heard("BYE")) == 1
    together(at_work, bob, cecilie)
    anna.hang_up()
    cecilie.hang_up()
    assert len(bob.heard("BYE")) == 1
    [moved] = at_work.told(CallTransferred)
    assert (moved.by.name, moved.how, moved.to) == ("Anna Berg", "attended", "person:cecilie")
    consulted, first = at_work.told(CallEnded)
    assert (consulted.end_reason, consulted.outcome) == ("transferred", "answered")
    assert first.outcome == "answered"
    assert [one.to.name for one in at_work.told(LegAnswered) if one.call == first.call] == ["Bob Lind", "Cecilie Dahl"]


def test_the_request_may_come_in_the_newer_call(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone
) -> None:
    attend(second, dialog_of(anna), "102")
    assert notified(second) == ["100 Trying", "200 OK"]
    assert len(second.heard("BYE")) == 1  # after it was told
    together(at_work, bob, cecilie)
    assert at_work.calls[0].live().caller.name == "Bob Lind"  # the older call goes on
    at_work.wait(5)
    assert len(anna.heard("BYE")) == 1
    bob.hang_up()
    assert len(cecilie.heard("BYE")) == 1


def test_who_was_called_transfers_as_well(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("102")
    bob.answer()
    line = second_line(bob)
    line.call("103")
    cecilie.answer()
    attend(bob, dialog_of(line))
    together(at_work, anna, cecilie)
    assert at_work.calls[0].live().caller.name == "Anna Berg"
    bob.hang_up()
    anna.hang_up()
    assert len(cecilie.heard("BYE")) == 1


def test_two_who_called_anna(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    bob.call("101")
    anna.answer()
    line = second_line(anna)
    cecilie.call("101")
    invite = anna.invite
    assert invite is not None
    line.invite, line.tag = invite, "second"
    line.answer()
    attend(anna, dialog_of(line))
    together(at_work, bob, cecilie)
    cecilie.hang_up()
    assert len(bob.heard("BYE")) == 1


def test_while_it_still_rings_there(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("102")
    bob.answer()
    line = second_line(anna)
    line.call("103")
    cecilie.ring()
    ringing = line.heard(180)[0]
    line.to = ringing.first("to") or ""
    attend(anna, dialog_of(line))
    assert len(cecilie.heard("CANCEL")) == 1
    assert line.statuses[-1] == 487
    assert cecilie.rings  # anew, for Bob
    cecilie.answer()
    assert notified(anna)[-1] == "200 OK"
    together(at_work, bob, cecilie)
    bob.hang_up()


def test_somebody_elses_talk_is_nobodys_to_give(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("102")
    bob.answer()
    stranger = Phone(at_work, "beta-dora").register()
    other = Phone(at_work, "beta-anna").register()
    stranger.call("101")
    other.answer()
    attend(anna, dialog_of(stranger))
    assert len(anna.heard(481)) == 1
    line = second_line(cecilie)
    line.call("101")
    assert anna.invite is not None
    anna_again = second_line(anna)
    anna_again.invite, anna_again.tag = anna.invite, "again"
    anna_again.answer()
    attend(anna, dialog_of(line))
    assert len(anna.heard(603)) == 1
    assert len(at_work.calls) == 3
    for phone in (bob, stranger, line):
        phone.hang_up()


def test_a_talk_is_not_joined_with_itself(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    attend(anna, dialog_of(anna))
    assert len(anna.heard(481)) == 1
    bob.hang_up()


def test_the_server_is_killed_before_the_two_have_sound(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone
) -> None:
    cecilie.change = lambda _request: None  # type: ignore[method-assign]
    bob.change = lambda _request: None  # type: ignore[method-assign]
    attend(anna, dialog_of(second))
    at_work.kill()
    at_work.clock.advance(1.5)
    del cecilie.change, bob.change
    at_work.start()
    at_work.wait(1)
    together(at_work, bob, cecilie)
    bob.hang_up()
    assert len(cecilie.heard("BYE")) == 1
    at_work.wait(6)
    assert len(anna.heard("BYE")) == 1


def test_one_of_them_is_gone(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone) -> None:
    cecilie.deaf = True
    attend(anna, dialog_of(second))
    at_work.wait(80)
    assert len(bob.heard("BYE")) == 1
    assert at_work.told(CallEnded)[-1].end_reason == "a phone is gone"
