"""Trunks that register and are asked whether they live, and what is known of them."""

from __future__ import annotations

import msgspec
import pytest
from tests.calls.phones import Office, Phone
from tests.calls.trunks.carriers import BOBS, MAIN, OSLO, Carrier, change, open_lines

from svara.calls.commands import AskHealth, AskTrunks, Health, TrunkState, TrunkStates
from svara.calls.events import CallStarted
from svara.calls.service import Service

CHALLENGE = ("WWW-Authenticate", 'Digest realm="itsp.example", nonce="n1", qop="auth"')


def state(office: Office, name: str = "itsp") -> tuple[str, str]:
    return next((one.state, one.reason) for one in office.switch.trunks.states() if one.name == name)


def registering(carrier: Carrier, **more: object) -> None:
    fields = {"register": True, "login": "acme", "secret": "t0psecret", "match": ()}
    open_lines(carrier.office, carrier.trunk(**(fields | more)))


# --- probing


def test_a_trunk_is_asked_every_half_minute(at_work: Office) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(probe_seconds=30))
    at_work.wait(29)
    assert (state(at_work), carrier.heard("OPTIONS")) == (("unknown", ""), [])
    at_work.wait(2)
    assert state(at_work) == ("up", "")
    at_work.wait(60)
    assert len(carrier.heard("OPTIONS")) == 3


def test_a_trunk_that_is_used_need_not_be_asked(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(probe_seconds=30))
    for _ in range(3):
        at_work.wait(20)
        Carrier(at_work, carrier.address[0]).call("+4721009999")
        Carrier(at_work, carrier.address[0]).call(MAIN)
        assert state(at_work) == ("up", "")
        at_work.wait(20)
        anna.call(OSLO)
        carrier.decline(486)
    assert carrier.heard("OPTIONS") == []
    at_work.wait(31)
    assert len(carrier.heard("OPTIONS")) == 1


def test_a_call_that_gets_through_shows_that_the_trunk_is_back(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    carrier.says["OPTIONS"] = 0
    open_lines(at_work, carrier.trunk(probe_seconds=300))
    at_work.wait(310)
    assert state(at_work)[0] == "down"
    anna.call(OSLO)
    carrier.ring()
    assert state(at_work) == ("up", "")


@pytest.mark.parametrize("status", [200, 404, 405, 403, 483, 500])
def test_any_answer_shows_that_it_lives(at_work: Office, status: int) -> None:
    carrier = Carrier(at_work)
    carrier.says["OPTIONS"] = status
    open_lines(at_work, carrier.trunk(probe_seconds=30))
    at_work.wait(31)
    assert state(at_work) == ("up", "")


def test_a_trunk_that_falls_silent_is_left_out_until_it_comes_back(at_work: Office, anna: Phone) -> None:
    one, other = Carrier(at_work), Carrier(at_work, "203.0.113.20")
    open_lines(at_work, one.trunk(probe_seconds=30, priority=1), other.trunk("backup", priority=2))
    at_work.wait(31)
    one.says["OPTIONS"] = 0
    at_work.wait(36)
    assert state(at_work) == ("down", "it does not answer")
    anna.call(OSLO)
    assert other.rings
    assert not one.rings
    anna.cancel()
    del one.says["OPTIONS"]
    at_work.wait(31)
    assert state(at_work) == ("up", "")
    anna.call(OSLO)
    assert one.rings


def test_out_of_service_is_down(at_work: Office) -> None:
    carrier = Carrier(at_work)
    carrier.says["OPTIONS"] = 503
    open_lines(at_work, carrier.trunk(probe_seconds=30))
    at_work.wait(31)
    assert state(at_work) == ("down", "it says that it is out of service")


def test_a_call_that_meets_silence_makes_the_trunk_suspect(at_work: Office, anna: Phone) -> None:
    one, other = Carrier(at_work), Carrier(at_work, "203.0.113.20")
    open_lines(at_work, one.trunk(probe_seconds=30, priority=1), other.trunk("backup", priority=2))
    one.deaf = True
    anna.call(OSLO)
    at_work.wait(4.5)
    assert state(at_work) == ("down", "it did not answer a call")
    at_work.wait(7)
    assert state(at_work) == ("down", "it does not answer")
    one.deaf = False
    at_work.wait(36)
    assert state(at_work) == ("up", "")


def test_nobody_asks_a_trunk_that_is_not_to_be_asked(at_work: Office) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(probe_seconds=0))
    at_work.wait(600)
    assert carrier.heard("OPTIONS") == []
    assert state(at_work) == ("unknown", "")


def test_an_address_that_is_none_is_told(at_work: Office, anna: Phone) -> None:
    open_lines(at_work, Carrier(at_work).trunk(address="sip:"))
    assert state(at_work) == ("down", "its address cannot be used")
    anna.call(OSLO)
    assert anna.statuses == [503]


# --- registering


def test_it_registers_with_digest_and_calls_come_to_its_contact(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    carrier.says["REGISTER"], carrier.more = 401, [CHALLENGE]
    registering(carrier)
    (first,) = [one for one in carrier.heard("REGISTER") if not one.has("authorization")]
    (second,) = [one for one in carrier.heard("REGISTER") if one.has("authorization")]
    assert second.cseq.number == first.cseq.number + 1
    assert (second.uri, str(second.to.uri)) == (carrier.uri, f"sip:acme@{carrier.address[0]}")
    assert state(at_work) == ("unregistered", "the registrar does not accept our login")
    carrier.says["REGISTER"] = 200
    at_work.wait(61)
    assert state(at_work) == ("up", "")
    contact = carrier.heard("REGISTER")[-1].contacts[0].uri
    elsewhere = Carrier(at_work, "203.0.113.77")  # the provider calls from another machine than its registrar
    elsewhere.call(MAIN, uri=str(contact))
    assert anna.rings
    at_registrar = Carrier(at_work, carrier.address[0], login="+4790000002")
    at_registrar.call(BOBS)
    assert [started.dialled for started in at_work.told(CallStarted)] == [MAIN, BOBS]
    guessing = Phone(at_work, "stranger", address="198.51.100.66")
    guessing.call(MAIN, uri=str(contact).replace("line=", "line=0"))
    assert guessing.statuses == []


def test_calls_name_the_registered_contact_and_go_by_the_registrars_proxy(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    carrier.says["REGISTER"], carrier.more = 200, [("Service-Route", "<sip:proxy.itsp.example;lr>")]
    registering(carrier)
    anna.call(OSLO)
    assert carrier.invite is not None
    assert str(carrier.invite.contacts[0].uri) == str(carrier.heard("REGISTER")[0].contacts[0].uri)
    assert carrier.invite.first("route") == "<sip:proxy.itsp.example;lr>"


def test_an_unregistered_trunk_is_left_out(at_work: Office, anna: Phone) -> None:
    one, other = Carrier(at_work), Carrier(at_work, "203.0.113.20")
    one.says["REGISTER"] = 403
    login = {"register": True, "login": "acme", "secret": "x"}
    open_lines(at_work, one.trunk(priority=1, **login), other.trunk("backup", priority=2))
    assert state(at_work)[0] == "unregistered"
    anna.call(OSLO)
    assert other.rings


# --- changes, and who wants to know


def test_only_what_changed_starts_anew(at_work: Office) -> None:
    one, other = Carrier(at_work), Carrier(at_work, "203.0.113.20")
    one.says["REGISTER"] = other.says["REGISTER"] = 200
    login = {"register": True, "login": "acme", "secret": "x"}
    open_lines(at_work, one.trunk(**login), other.trunk("backup", **login))
    acme, beta = at_work.snapshot.tenants
    changed = tuple(
        msgspec.structs.replace(each, secret="new")
        if each.name == "backup"
        else msgspec.structs.replace(each, format="plain")
        for each in acme.trunks
    )
    change(at_work, msgspec.structs.replace(at_work.snapshot, tenants=(msgspec.structs.replace(acme, trunks=changed), beta)))
    assert [one.expires for one in one.heard("REGISTER")] == [600]
    assert [one.expires for one in other.heard("REGISTER")] == [600, 0, 600]
    change(at_work, msgspec.structs.replace(at_work.snapshot, tenants=(msgspec.structs.replace(acme, trunks=()), beta)))
    assert [each.heard("REGISTER")[-1].expires for each in (one, other)] == [0, 0]
    assert at_work.switch.trunks.states() == ()


def test_closing_the_house_takes_registrations_away_and_leaves_nothing(at_work: Office) -> None:
    carrier = Carrier(at_work)
    carrier.says["REGISTER"] = 200
    registering(carrier, probe_seconds=30)
    at_work.wait(31)
    at_work.switch.trunks.close()
    at_work.settle()
    assert carrier.heard("REGISTER")[-1].expires == 0
    before = len(carrier.received)
    at_work.wait(10_000)
    assert len(carrier.received) == before


def test_each_company_sees_its_own_trunks(at_work: Office) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(), beta=(carrier.trunk("theirs", probe_seconds=30),))
    at_work.wait(31)
    service = Service(at_work.switch, at_work.folder)
    answer = service.answer(AskTrunks("t-acme"))
    assert isinstance(answer, TrunkStates)
    assert [(one.name, one.state) for one in answer.trunks] == [("itsp", "unknown")]
    every = service.answer(AskTrunks())
    assert isinstance(every, TrunkStates)
    assert [type(one) for one in every.trunks] == [TrunkState, TrunkState]
    health = service.answer(AskHealth())
    assert isinstance(health, Health)
    assert health.trunks == {"unknown": 1, "up": 1}
