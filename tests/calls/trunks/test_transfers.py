"""Callers from outside are sent on, inside and outside, and send nobody on themselves."""

from __future__ import annotations

import pytest
from tests.calls.moves.referring import attend, dialog_of, notified, refer
from tests.calls.phones import Office, Phone
from tests.calls.trunks.carriers import MAIN, OSLO, Carrier, open_lines

from svara.calls.events import CallEnded, CallTransferred

ABROAD = "+14155550100"


@pytest.fixture
def carrier(at_work: Office) -> Carrier:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk())
    return carrier


@pytest.fixture
def talk(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    """The caller from Oslo talks with Anna."""
    carrier.call(MAIN)
    anna.answer()
    carrier.received.clear()
    anna.received.clear()


@pytest.mark.usefixtures("talk")
def test_anna_sends_the_caller_from_oslo_on_to_cecilie(
    at_work: Office, anna: Phone, cecilie: Phone, carrier: Carrier
) -> None:
    refer(anna, "103")
    assert cecilie.invite is not None
    assert cecilie.invite.from_.uri.user == OSLO
    cecilie.answer()
    anna.hang_up()
    assert carrier.heard("INVITE") == []  # the provider notices nothing
    carrier.hang_up()
    assert len(cecilie.heard("BYE")) == 1
    assert at_work.told(CallEnded)[0].outcome == "answered"


@pytest.mark.usefixtures("talk")
def test_anna_asks_cecilie_first(at_work: Office, anna: Phone, cecilie: Phone, carrier: Carrier) -> None:
    anna.hold()
    at_work.wait(1)
    line = Phone(at_work, "acme-anna", address=anna.address[0])
    line.call("103")
    cecilie.answer()
    attend(line, dialog_of(anna))  # asked in the call inside: the record of who called goes on all the same
    assert notified(line)[-1] == "200 OK"
    [call] = at_work.calls
    assert (call.direction, call.live().state) == ("inbound", "answered")
    carrier.hang_up()
    assert len(cecilie.heard("BYE")) == 1
    at_work.wait(6)


@pytest.mark.usefixtures("talk")
def test_anna_sends_the_caller_out_again_as_far_as_she_may_dial(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    refer(anna, "90000002")
    assert carrier.invite is not None
    assert carrier.invite.request_uri.user == "+4790000002"
    assert at_work.told(CallTransferred)[0].to == "number:+4790000002"
    carrier.decline(486)
    assert notified(anna)[-1] == "486 Busy Here"
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_nobody_is_sent_where_anna_may_not_call(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    open_lines(at_work, carrier.trunk(), people={"anna": {"classes": ("internal", "national", "mobile")}})
    carrier.received.clear()
    refer(anna, ABROAD)
    assert len(anna.heard(403)) == 1
    assert carrier.received == []
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_provider_sends_nobody_on(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    refer(carrier, ABROAD)
    assert len(carrier.heard(603)) == 1
    assert anna.received == []
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()
