"""Anna clicks on a number outside: the server rings her phone first and then dials for her."""

from __future__ import annotations

import pytest
from tests.calls.phones import RELAY, Office, Phone
from tests.calls.trunks.carriers import OSLO, Carrier, open_lines

from svara.calls.commands import Originate, Originated, Refused
from svara.calls.events import CallEnded, CallStarted
from svara.calls.service import Service


@pytest.fixture
def carrier(at_work: Office) -> Carrier:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(login="acme", secret="x"))
    return carrier


def click(office: Office, to: str) -> object:
    answer = Service(office.switch, office.folder).answer(Originate("t-acme", "p-acme-anna", to))
    office.settle()
    return answer


def test_the_provider_gets_an_offer_as_from_any_call_and_both_have_sound(
    at_work: Office, anna: Phone, carrier: Carrier
) -> None:
    assert isinstance(click(at_work, "90 00 00 01"), Originated)
    assert anna.rings
    assert not carrier.rings
    anna.answer()
    assert carrier.invite is not None
    assert b"m=audio" in carrier.invite.body
    assert RELAY.encode() in carrier.invite.body
    carrier.respond(407, headers=[("Proxy-Authenticate", 'Digest realm="itsp.example", nonce="n1"')])
    carrier.ring()
    carrier.answer()
    again = anna.heard("INVITE")[-1]
    assert again.to.tag is not None
    assert again.body == b""  # her phone describes itself anew ...
    told = anna.heard("ACK")[-1]
    assert RELAY.encode() in told.body  # ... and hears where the sound is now
    assert b"a=inactive" not in told.body
    assert len([request for request in carrier.heard("INVITE") if request.to.tag]) == 0
    assert at_work.calls[0].exchange is None
    carrier.hang_up()
    assert anna.heard("BYE")
    (started,), (ended,) = at_work.told(CallStarted), at_work.told(CallEnded)
    assert (started.direction, started.callee.number, ended.outcome) == ("outbound", OSLO, "answered")
    assert at_work.relay.sessions == set()


def test_the_number_is_busy(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    click(at_work, OSLO)
    anna.answer()
    carrier.decline(486)
    assert anna.heard("BYE")
    assert at_work.told(CallEnded)[0].outcome == "busy"


def test_her_phone_refuses_to_describe_itself_anew(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    click(at_work, OSLO)
    anna.answer()
    anna.change = lambda request: anna.respond(488, request=request)  # type: ignore[method-assign]
    carrier.answer()
    assert carrier.heard("BYE")
    assert at_work.calls == []


def test_what_she_may_not_call_is_refused_at_once(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(), people={"anna": {"classes": ("internal",)}})
    answer = click(at_work, OSLO)
    assert isinstance(answer, Refused)
    assert answer.message == "this person may not call mobile numbers"
    assert not anna.rings
