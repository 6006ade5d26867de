"""What the rest of the house asks of the calls process: click to call, hang up, live state, health, a new office."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from tests.calls import offices
from tests.calls.phones import RELAY, Office, Phone

from svara.calls.commands import (
    AskHealth,
    AskLive,
    Done,
    ForgetPhone,
    Hangup,
    Health,
    Live,
    Originate,
    Originated,
    PersonPresence,
    Refused,
    ReloadOffice,
)
from svara.calls.events import CallEnded, CallStarted, LegEnded, LegOffered
from svara.calls.routing import hours
from svara.calls.service import Service
from svara.calls.trunks import numbers
from svara.people.office import Hours, Window, write_office
from svara.people.office import Office as Snapshot


@pytest.fixture
def service(at_work: Office) -> Service:
    return Service(at_work.switch, at_work.folder)


def anna_clicks(service: Service, office: Office, to: str = "102") -> object:
    answer = service.answer(Originate("t-acme", "p-acme-anna", to))
    office.settle()
    return answer


@pytest.mark.claim("ADV-2")
def test_click_to_call_rings_the_own_phone_first_and_then_bob(
    at_work: Office, service: Service, anna: Phone, bob: Phone
) -> None:
    answer = anna_clicks(service, at_work)
    assert isinstance(answer, Originated)
    assert anna.rings
    assert not bob.rings
    invite = anna.heard("INVITE")[0]
    assert invite.body == b""
    assert invite.from_.display == "Bob Lind"
    anna.ring()
    anna.answer()
    assert b"a=inactive" in anna.heard("ACK")[0].body
    assert bob.rings
    bob.ring()
    bob.answer()
    again = anna.heard("INVITE")[1]
    assert RELAY.encode() in again.body
    assert RELAY.encode() in bob.heard("ACK")[0].body
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1
    [started], [ended] = at_work.told(CallStarted), at_work.told(CallEnded)
    assert (started.call, started.caller.name, started.dialled) == (answer.call, "Anna Berg", "102")
    assert (ended.outcome, ended.by) == ("answered", "callee")
    assert len(at_work.told(LegOffered)) == len(at_work.told(LegEnded)) == 2
    assert at_work.switch.dialogs == {}


def test_anna_hangs_up_before_bob_answers(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna_clicks(service, at_work)
    anna.answer()
    bob.ring()
    anna.hang_up()
    assert len(bob.heard("CANCEL")) == 1
    assert at_work.told(CallEnded)[0].outcome == "abandoned"
    assert len(at_work.told(LegEnded)) == 2
    assert at_work.switch.dialogs == {}


def test_bob_is_busy(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna_clicks(service, at_work)
    anna.answer()
    bob.decline(486)
    assert len(anna.heard("BYE")) == 1
    assert at_work.told(CallEnded)[0].outcome == "busy"
    assert len(at_work.told(LegEnded)) == 2


def test_anna_does_not_pick_up_her_own_phone(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna_clicks(service, at_work)
    anna.decline()
    assert not bob.rings
    assert at_work.told(CallEnded)[0].end_reason == "the caller's own phones: declined"
    anna_clicks(service, at_work)
    anna.ring()
    at_work.wait(61)
    assert len(anna.heard("CANCEL")) == 1
    assert at_work.told(CallEnded)[1].end_reason == "the caller's own phones: no answer"
    assert at_work.calls == []


def test_a_phone_that_picks_up_without_a_description(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna_clicks(service, at_work)
    anna.answer(b"")
    assert not bob.rings
    assert len(anna.heard("BYE")) == 1
    assert len(at_work.told(CallEnded)) == len(at_work.told(LegEnded)) == 1
    assert at_work.switch.dialogs == {}


@pytest.mark.parametrize(
    ("tenant", "person", "to", "error"),
    [
        ("t-acme", "p-acme-anna", "999", "not-found"),
        ("t-acme", "p-acme-anna", "", "not-found"),
        ("t-acme", "p-acme-cecilie", "102", "offline"),
        ("t-acme", "p-beta-anna", "102", "not-found"),
        ("t-none", "p-acme-anna", "102", "not-found"),
    ],
)
def test_clicks_that_lead_nowhere(
    at_work: Office, service: Service, anna: Phone, tenant: str, person: str, to: str, error: str
) -> None:
    answer = service.answer(Originate(tenant, person, to))
    assert isinstance(answer, Refused)
    assert answer.error == error
    assert at_work.events == []


def test_hanging_up_from_the_screen(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    call = at_work.calls[0].id
    assert isinstance(service.answer(Hangup("t-beta", call)), Refused)
    assert service.answer(Hangup("t-acme", call)) == Done()
    at_work.settle()
    assert len(anna.heard("BYE")) == len(bob.heard("BYE")) == 1
    assert isinstance(service.answer(Hangup("t-acme", call)), Refused)


def test_hanging_up_what_still_rings(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    service.answer(Hangup("t-acme", at_work.calls[0].id))
    at_work.settle()
    assert anna.statuses == [180, 480]
    assert not bob.rings
    assert at_work.told(CallEnded)[0].end_reason == "hung up by request"


def test_the_live_state_of_each_company(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    live = service.answer(AskLive("t-acme"))
    assert isinstance(live, Live)
    assert [(call.state, call.callee.name) for call in live.calls] == [("ringing", "Bob Lind")]
    assert {one.person: one.availability for one in live.presence}["p-acme-bob"] == "ringing"
    other = service.answer(AskLive("t-beta"))
    assert isinstance(other, Live)
    assert other.calls == ()
    assert {one.tenant for one in other.presence} == {"t-beta"}


def test_health(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    health = service.answer(AskHealth())
    assert isinstance(health, Health)
    assert (health.calls, health.registrations, health.relay) == (1, 2, "up")
    assert health.counters["calls_answered_total"] == 1


def test_a_new_office_takes_effect_and_ends_nobodys_call(at_work: Office, service: Service, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    write_office(msgspec.structs.replace(offices.office(bob={"phones": ()}), version=2), at_work.folder)
    service.look_at_office()
    assert at_work.switch.office.version == 2
    assert at_work.registrar.bindings("acme-bob") == []
    assert len(at_work.calls) == 1
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1
    anna.call("102")
    assert anna.statuses[-1] == 480


def test_the_office_is_read_only_when_it_changed(at_work: Office, service: Service) -> None:
    write_office(offices.office(), at_work.folder)
    service.look_at_office()
    first = at_work.switch.office
    service.look_at_office()
    assert at_work.switch.office is first
    assert service.answer(ReloadOffice()) == Done()
    assert at_work.switch.office is not first


def test_what_changes_in_one_company_costs_the_others_nothing(at_work: Office) -> None:
    service = Service(at_work.switch, at_work.folder, hall=at_work.hall)
    write_office(offices.office(), at_work.folder)
    service.load_office()
    before = at_work.switch.office
    at_work.wait(1)
    at_work.news.clear()
    write_office(msgspec.structs.replace(offices.office(bob={"choice": "dnd"}), version=2), at_work.folder)
    service.look_at_office()
    at_work.wait(1)
    acme, beta = at_work.switch.office.tenants
    assert beta is before.tenants[1]
    assert acme is not before.tenants[0]
    presences = [
        msgspec.msgpack.decode(news, type=PersonPresence) for topic, news in at_work.news if topic == "presence.changed"
    ]
    assert [(one.person, one.availability) for one in presences] == [("p-acme-bob", "dnd")]


def test_who_moves_to_another_company_takes_the_phones_along(at_work: Office, service: Service) -> None:
    dora = Phone(at_work, "beta-dora").register()
    both = offices.office()
    write_office(both, at_work.folder)
    service.load_office()
    acme, beta = both.tenants
    moved = replace(acme, people=(*acme.people, beta.people[1])), replace(beta, people=beta.people[:1])
    write_office(replace(both, version=2, tenants=moved), at_work.folder)
    service.look_at_office()
    news = at_work.switch.news
    assert [one.person for one in news.presence("t-beta")] == ["p-beta-anna"]
    assert (news.person_of("beta-dora"), news.online("p-beta-dora")) == ("p-beta-dora", True)
    assert dora.login in at_work.switch.office.by_login
    write_office(Snapshot(version=3), at_work.folder)
    service.look_at_office()
    assert news.presence() == ()
    assert news.person_of("beta-dora") is None


def test_nobodys_call_is_the_first_that_needs_a_country(at_work: Office, service: Service) -> None:
    always = Hours("always", open=(Window(days=tuple(range(7)), from_minute=0, to_minute=1440),), holidays="LV")
    company = replace(offices.tenant("riga", hours=(always,)), country="LV")
    hours._holidays.cache_clear()
    numbers.emergency_numbers.cache_clear()
    write_office(Snapshot(version=2, tenants=(company,)), at_work.folder)
    service.load_office()
    before = hours._holidays.cache_info().misses, numbers.emergency_numbers.cache_info().misses
    assert before == (1, 1)
    at_noon = datetime.fromtimestamp(at_work.clock.now(), UTC).replace(hour=12).timestamp()
    hours.is_open(always, "Europe/Riga", at_noon)
    assert numbers.emergency("113", "LV")
    service.load_office()
    assert (hours._holidays.cache_info().misses, numbers.emergency_numbers.cache_info().misses) == before


def test_a_damaged_snapshot_changes_nothing(at_work: Office, service: Service) -> None:
    before = at_work.switch.office
    (at_work.folder / "office.msgpack").write_bytes(b"\xc1 not an office")
    service.load_office()
    assert at_work.switch.office is before


def test_forgetting_a_phone(at_work: Office, service: Service, bob: Phone) -> None:
    assert service.answer(ForgetPhone("acme-bob")) == Done()
    assert at_work.registrar.bindings("acme-bob") == []


def test_nonsense_is_refused(service: Service) -> None:
    answer = asyncio.run(service.handle(b"\xc1"))
    assert msgspec.msgpack.decode(answer, type=Refused).error == "invalid"
    answer = asyncio.run(service.handle(msgspec.msgpack.encode(AskLive())))
    assert msgspec.msgpack.decode(answer, type=Live).calls == ()


def test_an_empty_folder_is_an_empty_office(at_work: Office, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    Service(at_work.switch, tmp_path / "empty").load_office()
    assert at_work.switch.office.tenants == ()
