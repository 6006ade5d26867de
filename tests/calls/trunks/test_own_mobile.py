"""Anna is on the road: the server calls her mobile first, and then dials for her."""

from __future__ import annotations

import pytest
from tests.calls.phones import RELAY, Office, Phone
from tests.calls.trunks.carriers import MAIN, OSLO, Carrier, open_lines

from svara.calls.commands import Originate, Originated, Refused
from svara.calls.events import AnyEvent, CallEnded, CallStarted, LegAnswered, LegOffered
from svara.calls.service import Service
from svara.history.fold import Fold
from svara.history.record import CallRecord
from svara.people.office import Outbound

MOBILE = "+4791000001"
ANNA = "p-acme-anna"


@pytest.fixture
def carrier(at_work: Office) -> Carrier:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(login="acme", secret="x"), people={"anna": {"mobile": MOBILE}})
    return carrier


def asks(office: Office, to: str) -> object:
    answer = Service(office.switch, office.folder).answer(Originate("t-acme", ANNA, to, "mobile"))
    office.settle()
    return answer


def record(office: Office) -> CallRecord:
    (ended,) = office.told(CallEnded)
    events: list[AnyEvent] = [event for event in office.events if event.call == ended.call]
    fold = Fold(ended.call)
    for event in events:
        fold.add(event)
    made = fold.record()
    assert made is not None
    assert office.calls == []
    assert office.voice.legs == {}
    assert office.switch.guests == {}
    assert office.relay.sessions == set()
    return made


def test_her_mobile_is_called_with_an_offer_then_bob_rings_and_both_talk(
    at_work: Office, bob: Phone, carrier: Carrier
) -> None:
    answer = asks(at_work, "102")
    assert isinstance(answer, Originated)
    invite = carrier.invite
    assert invite is not None
    assert f"sip:{MOBILE}@" in invite.uri
    assert MAIN in (invite.first("from") or "") + (invite.first("p-asserted-identity") or "")
    assert RELAY.encode() in invite.body
    carrier.ring()
    assert not bob.rings
    carrier.answer()
    assert bob.rings
    assert bob.invite is not None
    assert '"Anna Berg" <sip:101@' in (bob.invite.first("from") or "")
    assert RELAY.encode() in bob.invite.body
    bob.ring()
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["ringback"]
    bob.answer()
    assert at_work.voice.legs == {}
    assert at_work.calls[0].live().state == "answered"
    at_work.wait(20)
    carrier.hang_up()
    assert bob.heard("BYE")
    made = record(at_work)
    assert (made.direction, made.outcome, made.ended_by) == ("internal", "answered", "caller")
    assert made.caller.person == ANNA
    assert made.answered_by is not None
    assert made.answered_by.number == "102"
    assert [(one.to.number, one.leg) for one in made.legs] == [(MOBILE, "a1"), ("102", "b1")]
    assert made.talk_seconds == pytest.approx(20, abs=0.5)


def test_a_customer_outside_sees_the_company_and_the_call_is_outbound(at_work: Office, carrier: Carrier) -> None:
    asks(at_work, "90 00 00 01")
    carrier.answer()
    mobile, carrier.invite = carrier.invite, None
    assert mobile is not None
    at_work.settle()
    customer = carrier.heard("INVITE")[-1]
    assert f"sip:{OSLO}@" in customer.uri
    assert MAIN in (customer.first("from") or "")
    assert RELAY.encode() in customer.body
    (started,) = at_work.told(CallStarted)
    assert (started.direction, started.callee.number) == ("outbound", OSLO)


@pytest.mark.parametrize(
    ("status", "why"),
    [(486, "busy"), (603, "declined"), (480, "the number cannot be reached"), (404, "nobody has that number")],
)
def test_her_mobile_is_not_to_be_reached(at_work: Office, bob: Phone, carrier: Carrier, status: int, why: str) -> None:
    asks(at_work, "102")
    carrier.decline(status)
    made = record(at_work)
    assert (made.outcome, made.end_reason) == ("failed", f"the caller's mobile phone: {why}")
    assert not bob.rings


def test_nobody_picks_up_the_mobile(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    asks(at_work, "102")
    carrier.ring()
    at_work.wait(61)
    assert carrier.heard("CANCEL")
    assert record(at_work).end_reason == "the caller's mobile phone: no answer"


def test_she_hangs_up_while_bob_rings(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    asks(at_work, "102")
    carrier.answer()
    bob.ring()
    carrier.hang_up()
    assert bob.heard("CANCEL")
    made = record(at_work)
    assert (made.outcome, made.ended_by) == ("abandoned", "caller")


def test_bob_is_busy_and_she_hears_that_he_can_be_called_back(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    asks(at_work, "102")
    carrier.answer()
    bob.decline(486)
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["builtin/nb/person-busy.wav", "builtin/nb/call-back-offer.wav"]
    at_work.wait(20)
    assert carrier.heard("BYE")
    assert record(at_work).outcome == "busy"


def test_bob_hangs_up(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    asks(at_work, "102")
    carrier.answer()
    bob.answer()
    bob.hang_up()
    assert carrier.heard("BYE")
    assert record(at_work).ended_by == "callee"


def test_the_page_ends_the_call_while_the_mobile_rings(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    asks(at_work, "102")
    carrier.ring()
    [call] = at_work.calls
    call.end("system", "hung up by request")
    at_work.settle()
    assert carrier.heard("CANCEL")
    assert record(at_work).end_reason == "hung up by request"


def test_the_first_provider_is_down_and_the_second_carries_it(at_work: Office, bob: Phone) -> None:
    first, second = Carrier(at_work), Carrier(at_work, "203.0.113.20")
    open_lines(at_work, first.trunk("one"), second.trunk("two"), people={"anna": {"mobile": MOBILE}})
    asks(at_work, "102")
    first.decline(503)
    second.answer()
    bob.answer()
    assert at_work.calls[0].live().state == "answered"
    second.hang_up()
    assert [one.leg for one in record(at_work).legs] == ["a1", "a2", "b1"]


def test_she_is_shown_in_a_call_as_soon_as_she_picked_up(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    def shown() -> str:
        return next(one.availability for one in at_work.switch.news.presence("t-acme") if one.person == ANNA)

    asks(at_work, "102")
    before = shown()
    carrier.answer()
    assert shown() == "in-call"
    bob.answer()
    assert shown() == "in-call"
    carrier.hang_up()
    assert shown() == before


def test_the_server_is_killed_while_bob_rings_for_her(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    asks(at_work, "102")
    carrier.answer()
    bob.ring()
    at_work.kill()
    at_work.start()
    at_work.wait(1)
    bob.answer()
    assert at_work.calls[0].live().state == "answered"
    carrier.hang_up()
    assert record(at_work).outcome == "answered"


def test_without_a_mobile_number_she_is_told(at_work: Office, bob: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk())
    assert asks(at_work, "102") == Refused("no-mobile", "this person has no mobile number")


def test_only_what_she_may_call_is_called(at_work: Office, bob: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(), people={"anna": {"mobile": MOBILE, "classes": ("internal", "national")}})
    assert asks(at_work, "102") == Refused("mobile", "this person may not call mobile numbers")
    open_lines(at_work, carrier.trunk(), outbound=(Outbound("+46", "itsp"),), people={"anna": {"mobile": MOBILE}})
    assert asks(at_work, "102") == Refused("mobile", "no trunk carries calls to that number")
    assert not carrier.rings


def test_without_a_voice_process_it_is_refused(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    at_work.voice.up = False
    answer = asks(at_work, "102")
    assert isinstance(answer, Refused)
    assert answer.error == "unavailable"
    at_work.voice.up, at_work.voice.fails = True, "no sound"
    assert isinstance(asks(at_work, "102"), Originated)
    assert record(at_work).end_reason == "no sound is available"


def test_the_mobile_describes_no_sound(at_work: Office, bob: Phone, carrier: Carrier) -> None:
    asks(at_work, "102")
    carrier.answer(b"")
    assert carrier.heard("BYE")
    assert record(at_work).outcome == "failed"
    assert at_work.told(LegOffered)
    assert at_work.told(LegAnswered)
