"""What goes wrong in the middle of a transfer: glare, a lost relay, a phone that is gone."""

from __future__ import annotations

import pytest
from tests.calls.moves.referring import attend, dialog_of, notified, refer
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded
from svara.calls.main import relay_lost
from svara.calls.moves.sending import MAX_MOVES
from svara.sip.message import Request, new_response


@pytest.mark.usefixtures("talk")
def test_bob_changes_something_at_the_moment_he_is_sent_on(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    """RFC 3261 section 14.1: whoever gets a 491 asks again later."""
    anna.hold()
    usual, asked = bob.change, []

    def busy_once(request: Request) -> None:
        asked.append(request)
        if len(asked) == 1:
            bob.transmit(new_response(request, 491))
        else:
            usual(request)

    bob.change = busy_once  # type: ignore[method-assign]
    refer(anna, "103")
    at_work.wait(2.05)
    assert not cecilie.rings  # we called Bob: it is his turn first
    at_work.wait(2)
    assert cecilie.rings
    cecilie.answer()
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_who_called_waits_longer_than_we_do(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    """The Call-ID is Anna's: we ask again within two seconds."""
    bob.hold()
    usual, asked = anna.change, []

    def busy_once(request: Request) -> None:
        asked.append(request)
        if len(asked) == 1:
            anna.resume()
            assert len(anna.heard(491)) == 1  # one of the two at a time
            anna.transmit(new_response(request, 491))
        else:
            usual(request)

    anna.change = busy_once  # type: ignore[method-assign]
    refer(bob, "103")
    assert not cecilie.rings
    at_work.wait(2.05)
    assert cecilie.rings
    cecilie.answer()
    anna.hang_up()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize("held", [True, False])
def test_cecilie_changes_something_at_the_moment_in_which_she_is_put_through(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, held: bool
) -> None:
    """Where Bob was on hold, he has been asked for an offer by then, and gets an answer to it all the same."""
    if held:
        anna.hold()
    line = Phone(at_work, anna.login, address=anna.address[0])
    line.call("103")
    cecilie.answer()
    usual, asked = cecilie.change, []

    def busy_once(request: Request) -> None:
        asked.append(at_work.clock.monotonic())
        if len(asked) == 1:
            cecilie.transmit(new_response(request, 491))
        else:
            usual(request)

    cecilie.change = busy_once  # type: ignore[method-assign]
    attend(anna, dialog_of(line))
    at_work.wait(5)
    assert 2.1 <= asked[1] - asked[0] < 4.1
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_the_relay_is_restarted_while_it_rings(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103")
    cecilie.ring()
    relay_lost(at_work.switch)
    at_work.wait(1)
    assert len(bob.heard("INVITE")) == 1  # its sound is built anew
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["ringback"]
    cecilie.answer()
    assert notified(anna)[-1] == "200 OK"
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_bobs_phone_is_gone_when_it_is_asked_for_sound(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.hold()
    bob.deaf = True
    refer(anna, "103")
    at_work.wait(40)
    assert not cecilie.rings
    assert len(anna.heard("BYE")) == 1
    assert len(at_work.told(CallEnded)) == 1


@pytest.mark.usefixtures("talk")
def test_the_voice_process_dies_while_it_rings(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103")
    at_work.voice.crash()
    cecilie.answer()
    assert at_work.calls[0].live().state == "answered"
    at_work.voice.come_back()
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_flood_of_transfers_is_bounded(at_work: Office, anna: Phone, bob: Phone) -> None:
    for _ in range(MAX_MOVES + 10):
        refer(bob, "101")  # Anna's own number, on the phone that talks: nothing rings
        at_work.wait(1)
    [call] = at_work.calls
    assert call.moves == MAX_MOVES
    assert (len(bob.heard(202)), len(bob.heard(603))) == (MAX_MOVES, 10)
    assert call.live().state == "answered"
    anna.hang_up()
