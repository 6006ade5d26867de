"""Calls that ring for colleagues are picked up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallStarted, CallTransferred, LegAnswered
from svara.people.office import Member, Queue
from svara.sip.headers import Replaces
from svara.sip.message import Request

TEAM = {"pickup": ("team",)}


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    """Bob and Cecilie are in one group. Nothing may be left over when the test ends."""
    support = Queue("q-support", "support", extension="600", members=(Member("p-acme-bob"),), ring_seconds=20)
    office = Office(tmp_path, offices.office(bob=TEAM, cecilie=TEAM, acme={"queues": (support,)}))
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert office.relay.sessions == set()
    assert len(office.told(CallStarted)) == len(office.told(CallEnded))
    assert office.switch.calls_of_phone == office.switch.calls_of_tenant == {}
    office.close()


@pytest.fixture
def rings(anna: Phone, bob: Phone) -> None:
    """Anna calls Bob, whose desk rings."""
    anna.call("102")
    bob.ring()


def replaces(bob: Phone, *, early_only: bool = False, to_tag: str = "", from_tag: str = "", call_id: str = "") -> str:
    """As a lamp names the call that rings at Bob's desk."""
    invite = bob.invite
    assert isinstance(invite, Request)
    named = Replaces(call_id or invite.call_id, to_tag or invite.from_.tag or "", from_tag or bob.tag, early_only)
    return str(named)


@pytest.mark.usefixtures("rings")
@pytest.mark.parametrize("code", ["*8", "**102"])
def test_cecilie_picks_up_what_rings_at_bob_s_desk(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, code: str
) -> None:
    cecilie.call(code)
    assert cecilie.statuses == [200]
    at_work.wait(2)
    assert anna.statuses[-1] == 200
    [cancel] = bob.heard("CANCEL")
    assert "cause=200" in (cancel.first("reason") or ""), "no missed call on Bob's phone"
    [talk] = at_work.calls
    assert (talk.state, talk.caller.name, talk.callee.name) == ("talking", "Anna Berg", "Cecilie Dahl")
    assert "7000" not in talk.back.told.decode() if talk.back else False
    cecilie.hang_up()
    assert len(anna.heard("BYE")) == 1
    [moved] = at_work.told(CallTransferred)
    assert (moved.by.name, moved.to, moved.how) == ("Cecilie Dahl", "person:bob", "pick-up")
    assert [one.to.person for one in at_work.told(LegAnswered)] == ["p-acme-cecilie"]
    assert sorted((one.outcome, one.end_reason) for one in at_work.told(CallEnded)) == [
        ("answered", "hung up"),
        ("answered", "picked up"),
    ]


@pytest.mark.usefixtures("rings")
def test_who_is_in_no_group_with_bob_picks_up_nothing(tmp_path: Path, at_work: Office, bob: Phone, cecilie: Phone) -> None:
    at_work.switch.office = offices.office(bob=TEAM, cecilie={"pickup": ("others",)})
    named = replaces(bob)
    for code in ("*8", "**102", "**999", "**"):
        cecilie.call(code)
        assert cecilie.statuses[-1] == 404
    cecilie.call("102", headers=[("Replaces", named)])
    assert cecilie.statuses[-1] == 403
    assert bob.rings
    assert bob.heard("CANCEL") == []
    at_work.calls[0].end("caller", "hung up")


@pytest.mark.usefixtures("rings")
def test_a_phone_names_the_call_that_its_lamp_shows(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    cecilie.call("102", headers=[("Replaces", replaces(bob, early_only=True)), ("Require", "replaces")])
    at_work.wait(2)
    [talk] = at_work.calls
    assert (talk.state, talk.callee.name) == ("talking", "Cecilie Dahl")
    assert len(bob.heard("CANCEL")) == 1
    anna.hang_up()
    assert len(cecilie.heard("BYE")) == 1


@pytest.mark.usefixtures("rings")
def test_another_company_s_phone_names_the_call_in_vain(at_work: Office, anna: Phone, bob: Phone) -> None:
    stranger = Phone(at_work, "beta-dora").register()
    named = replaces(bob)
    stranger.call("101", headers=[("Replaces", named)])
    assert stranger.statuses == [481]
    assert bob.rings
    assert bob.heard("CANCEL") == []
    anna.cancel()


@pytest.mark.usefixtures("rings")
def test_what_names_no_call(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    right = replaces(bob)
    for wrong in (
        replaces(bob, call_id="other@nowhere"),
        replaces(bob, to_tag="guess"),
        replaces(bob, from_tag="guess"),
    ):
        cecilie.call("102", headers=[("Replaces", wrong)])
        assert cecilie.statuses[-1] == 481
    for malformed in ("nothing", "a;to-tag=1", "", ";;;", "x" * 9000):
        cecilie.call("102", headers=[("Replaces", malformed)])
        assert cecilie.statuses[-1] == 400
    cecilie.call("102", headers=[("Replaces", right), ("Replaces", right)])
    assert cecilie.statuses[-1] == 400
    assert bob.heard("CANCEL") == []
    anna.cancel()


@pytest.mark.usefixtures("rings")
def test_bob_answers_while_cecilie_s_phone_is_greeted(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    at_work.relay.slow = True
    cecilie.call("*8")
    bob.answer()
    at_work.relay.slow = False
    at_work.relay.catch_up()
    at_work.wait(10)
    [talk] = at_work.calls
    assert talk.callee.name == "Bob Lind"
    assert cecilie.statuses[-1] >= 200
    anna.hang_up()


@pytest.mark.usefixtures("rings")
def test_anna_gives_up_at_that_moment(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    cecilie.acks = False
    cecilie.call("*8")
    anna.hang_up()
    at_work.wait(45)
    assert at_work.calls == []


@pytest.mark.usefixtures("rings")
def test_cecilie_hangs_up_at_that_moment_and_bob_rings_again(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    cecilie.acks = False
    cecilie.call("*8")
    cecilie.request("BYE")
    bob.invite = None
    at_work.wait(12)
    assert bob.rings
    bob.answer()
    anna.hang_up()
    assert at_work.calls == []


def test_a_queue_s_call_stays_with_the_queue(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("600")
    assert bob.rings
    bob.ring()
    cecilie.call("*8")
    assert cecilie.statuses == [404]
    anna.cancel()


def test_one_does_not_pick_up_one_s_own_call(at_work: Office, bob: Phone, cecilie: Phone) -> None:
    soft = Phone(at_work, "acme-bob-soft").register()
    cecilie.call("102")
    bob.ring()
    second = Phone(at_work, "acme-cecilie").connect()
    second.call("*8")
    assert second.statuses == [404]
    soft.call("**102")
    at_work.wait(2)
    assert [call.callee.login for call in at_work.calls] == ["acme-bob-soft"], "but one's own phone that rings elsewhere"
    cecilie.hang_up()
