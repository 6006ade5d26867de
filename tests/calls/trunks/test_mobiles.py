"""Persons who are called at their mobile phones too, through a trunk: find-me and forwards."""

from __future__ import annotations

from tests.calls.offices import goes_to
from tests.calls.phones import Office, Phone
from tests.calls.trunks.carriers import BOBS, MAIN, OSLO, Carrier, open_lines

from svara.calls.events import CallEnded, CallStarted, LegAnswered, LegOffered
from svara.people.office import FindMe, Forward

MOBILE = "+4790000042"


def bobs(office: Office, **rules: object) -> Carrier:
    carrier = Carrier(office)
    open_lines(office, carrier.trunk(), people={"bob": {"mobile": MOBILE, **rules}})
    return carrier


def test_the_mobile_rings_beside_the_desk_and_the_first_that_answers_wins(at_work: Office, anna: Phone, bob: Phone) -> None:
    carrier = bobs(at_work, find_me=(FindMe(5, f"number:{MOBILE}"),))
    anna.call("102")
    bob.ring()
    assert not carrier.rings
    at_work.wait(5.1)
    assert carrier.invite is not None
    assert carrier.invite.request_uri.user == MOBILE
    assert carrier.invite.from_.uri.user == MAIN  # the provider carries no extensions
    carrier.ring()
    carrier.answer()
    assert anna.statuses[-1] == 200
    assert bob.heard("CANCEL")
    (answered,) = at_work.told(LegAnswered)
    assert answered.to.number == MOBILE
    anna.hang_up()
    assert carrier.heard("BYE")
    assert at_work.told(CallEnded)[0].outcome == "answered"


def test_at_the_desk_the_mobile_falls_silent(at_work: Office, anna: Phone, bob: Phone) -> None:
    carrier = bobs(at_work, find_me=(FindMe(0, f"number:{MOBILE}"),))
    anna.call("102")
    carrier.ring()
    bob.answer()
    assert carrier.heard("CANCEL")
    assert anna.statuses[-1] == 200


def test_a_busy_mobile_does_not_end_the_ringing_at_the_desk(at_work: Office, anna: Phone, bob: Phone) -> None:
    carrier = bobs(at_work, find_me=(FindMe(0, f"number:{MOBILE}"),))
    anna.call("102")
    bob.ring()
    carrier.decline(486)
    assert bob.rings
    bob.answer()
    assert anna.statuses[-1] == 200


def test_nobody_at_the_desk_so_the_call_goes_on_to_the_mobile(at_work: Office, anna: Phone, bob: Phone) -> None:
    carrier = bobs(at_work, **goes_to(f"number:{MOBILE}", 20))
    anna.call("102")
    bob.ring()
    at_work.wait(20.1)
    assert bob.heard("CANCEL")
    carrier.answer()
    assert anna.statuses[-1] == 200
    assert [event.to.number for event in at_work.told(LegOffered)] == ["102", MOBILE]


def test_a_customer_is_forwarded_to_the_mobile_through_the_same_provider(at_work: Office) -> None:
    carrier = bobs(at_work, forwards=(Forward("always", f"number:{MOBILE}"),))
    customer = Carrier(at_work, carrier.address[0], login=OSLO)
    customer.call(BOBS)
    assert carrier.rings
    carrier.answer()
    assert customer.statuses[-1] == 200
    (started,) = at_work.told(CallStarted)
    assert (started.direction, started.caller.number) == ("inbound", OSLO)
    customer.hang_up()
    assert carrier.heard("BYE")


def test_the_trunk_that_fails_is_replaced_beside_the_desk_too(at_work: Office, anna: Phone, bob: Phone) -> None:
    one, other = Carrier(at_work), Carrier(at_work, "203.0.113.20")
    rules = {"bob": {"find_me": (FindMe(0, f"number:{MOBILE}"),)}}
    open_lines(at_work, one.trunk(priority=1), other.trunk("backup", priority=2), people=rules)
    anna.call("102")
    bob.ring()
    one.decline(503)
    assert bob.rings
    assert other.rings
    other.answer()
    assert anna.statuses[-1] == 200
    assert bob.heard("CANCEL")
