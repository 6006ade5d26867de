"""The lamps of a receptionist: whose phone rings, who talks, where somebody waits (RFC 4235)."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.calls import offices
from tests.calls.lamps.watch import DIALOG_INFO, Watch, answers_with, kept
from tests.calls.phones import SERVER, Office, Phone

from svara.calls.events import Party
from svara.calls.lamps import Lamp, subscriptions
from svara.people.office import Member, Person, Queue, Tenant
from svara.sip.dialoginfo import DialogInfo, dialog_info
from svara.sip.message import Response, new_response


def lamp(phone: Phone, to: str, **more: int) -> Watch:
    return Watch(phone, to, event="dialog", accept="application/dialog-info+xml", **more)


def on_shift(folder: Path, *members: str, **changes: dict[str, object]) -> Office:
    """An office where these take calls out of one queue."""
    queues = (Queue("q1", "support", "600", members=tuple(Member(f"p-acme-{name}") for name in members)),)
    return Office(folder, offices.office(acme={"queues": queues}, **changes))


@pytest.mark.claim("PHO-6")
def test_a_lamp_follows_bob_through_a_call(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    watch = lamp(cecilie, "102")
    assert (watch.answer.status, watch.answer.first("expires")) == (200, "600")
    assert watch.document.attrib == {"version": "0", "state": "full", "entity": f"sip:102@{SERVER[0]}"}
    assert watch.lamp == "terminated"
    anna.call("102")
    at_work.wait(0.1)
    assert watch.lamp == "terminated", "it does not ring yet"
    bob.ring()
    at_work.wait(0.1)
    [ringing] = watch.dialogs
    assert (watch.lamp, ringing.get("direction")) == ("early", "recipient")
    bob.answer()
    at_work.wait(0.1)
    assert watch.lamp == "confirmed"
    bob.hang_up()
    at_work.wait(0.1)
    assert watch.lamps == ["terminated", "early", "confirmed", "terminated"]
    assert [message.cseq.number for message in watch.told] == [1, 2, 3, 4]
    assert [watch.document.get("version"), watch.told[0].first("content-type")] == ["3", "application/dialog-info+xml"]


def test_who_calls_is_seen_too(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    watch = lamp(cecilie, "101")
    anna.call("102")
    bob.ring()
    at_work.wait(0.1)
    [dialling] = watch.dialogs
    assert (watch.lamp, dialling.get("direction")) == ("early", "initiator")
    anna.cancel()
    at_work.wait(0.1)
    assert watch.lamps == ["terminated", "early", "terminated"]


def test_what_rings_can_be_picked_up_by_what_is_told(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    watch = lamp(cecilie, "102")
    anna.call("102")
    bob.ring()
    at_work.wait(0.1)
    [ringing] = watch.dialogs
    leg = at_work.switch.dialogs[ringing.get("local-tag", "")]
    assert leg.party.login == "acme-bob"
    assert bob.invite is not None
    assert (ringing.get("call-id"), ringing.get("local-tag")) == (bob.invite.call_id, bob.invite.from_.tag)
    assert ringing.get("remote-tag") == bob.tag
    bob.answer()
    at_work.wait(0.1)
    [talking] = watch.dialogs
    assert talking.get("call-id") is talking.get("local-tag") is None, "a talk is nobody's to take but Bob's own"


def test_a_phone_that_told_no_tag_can_be_picked_up_as_well(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    watch = lamp(cecilie, "102")
    anna.call("102")
    assert bob.invite is not None
    bob.transmit(new_response(bob.invite, 180))
    at_work.wait(0.1)
    [ringing] = watch.dialogs
    assert (watch.lamp, ringing.get("remote-tag")) == ("early", "0")
    assert ringing.get("local-tag") in at_work.switch.dialogs


def test_the_other_phone_of_the_same_person_learns_everything(at_work: Office, anna: Phone, bob: Phone) -> None:
    soft = Phone(at_work, "acme-bob-soft").register()
    watch = lamp(soft, "102")
    anna.call("102")
    bob.ring()
    bob.answer()
    at_work.wait(0.1)
    [talking] = watch.dialogs
    assert talking.get("local-tag") in at_work.switch.dialogs
    remote = talking.find(f"{DIALOG_INFO}remote/{DIALOG_INFO}identity")
    assert remote is not None
    assert (remote.get("display"), remote.text) == ("Anna Berg", f"sip:101@{SERVER[0]}")


@pytest.mark.parametrize(("members", "seen"), [(("bob", "cecilie"), "Anna Berg"), (("bob",), None), ((), None)])
def test_only_colleagues_of_a_queue_see_who_calls(tmp_path: Path, members: tuple[str, ...], seen: str | None) -> None:
    office = on_shift(tmp_path, *members)
    anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
    watch = lamp(cecilie, "102")
    anna.call("102")
    bob.ring()
    office.wait(0.1)
    assert watch.lamp == "early"
    found = watch.document.find(f".//{DIALOG_INFO}remote/{DIALOG_INFO}identity")
    assert (None if found is None else found.get("display")) == seen
    office.close()


@pytest.mark.parametrize("to_whom", ["nobody", "colleagues"])
def test_who_hides_is_as_one_who_is_not_there(tmp_path: Path, to_whom: str) -> None:
    office = on_shift(tmp_path, "bob", "anna", bob={"presence_to": to_whom})
    anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
    watch, own, colleague = lamp(cecilie, "102"), lamp(bob, "102"), lamp(anna, "102")
    presence = Watch(cecilie, "102", event="presence")
    anna.call("102")
    bob.ring()
    office.wait(0.1)
    bob.answer()
    office.wait(0.1)
    bob.hang_up()
    office.wait(0.1)
    assert watch.lamps == ["terminated"], "not even told that something changed"
    assert (presence.presence, len(presence.told)) == ("closed", 1)
    assert own.lamps == ["terminated", "early", "confirmed", "terminated"]
    assert colleague.lamps == (["terminated"] if to_whom == "nobody" else own.lamps)
    office.close()


def test_hiding_and_showing_again_is_told_at_once(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    watch = lamp(cecilie, "102")
    anna.call("102")
    bob.ring()
    at_work.wait(0.1)
    assert watch.lamp == "early"
    for to_whom, shown in (("nobody", "terminated"), ("everybody", "early")):
        before = at_work.switch.office
        at_work.switch.office = offices.office(bob={"presence_to": to_whom})
        at_work.switch.lamps.office(before, at_work.switch.office)
        at_work.settle()
        assert watch.lamp == shown


def test_nobody_watches_another_company(at_work: Office, anna: Phone, bob: Phone) -> None:
    dora = Phone(at_work, "beta-dora").register()
    assert lamp(dora, "102").answer.status == 404
    assert lamp(dora, "acme-bob").answer.status == 404
    watch = lamp(dora, "101")
    anna.call("102")
    bob.ring()
    bob.answer()
    at_work.wait(0.1)
    assert watch.lamps == ["terminated"], "101 is another Anna at Beta"
    assert kept(at_work) == 1


@pytest.mark.parametrize(("user", "status"), [("102", 200), ("bob", 200), ("acme-bob", 200), ("999", 404), ("700", 404)])
def test_what_has_a_lamp(at_work: Office, cecilie: Phone, user: str, status: int) -> None:
    assert lamp(cecilie, user).answer.status == status


def test_the_lamp_of_a_queue_is_on_as_long_as_somebody_waits(tmp_path: Path) -> None:
    office = on_shift(tmp_path, "cecilie")
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    by_number, by_name = lamp(bob, "600"), lamp(bob, "support")
    anna.call("600")
    office.wait(1)
    assert [by_number.lamp, by_name.lamp] == ["confirmed"] * 2
    anna.hang_up()
    office.wait(1)
    assert by_number.lamps == by_name.lamps == ["terminated", "confirmed", "terminated"]
    office.close()


class Orbits:
    """Where callers can be parked, as the room of parking would tell it."""

    def __init__(self) -> None:
        self.parked: Party | None = None

    def find(self, tenant: Tenant, user: str) -> str | None:
        return user if tenant.slug == "acme" and user == "71" else None

    def lamps(self, tenant: Tenant, extension: str, watcher: Person) -> tuple[Lamp, ...]:
        assert (tenant.slug, extension, watcher.username) == ("acme", "71", "cecilie")
        return (Lamp("o1", "confirmed", remote=self.parked),) if self.parked is not None else ()


def test_other_rooms_add_lamps_of_their_own(at_work: Office, cecilie: Phone) -> None:
    orbits = Orbits()
    at_work.switch.lamps.register("park", orbits)
    watch = lamp(cecilie, "71")
    orbits.parked = Party("+4722000000", "A <caller> & \x00 co")
    at_work.switch.lamps.changed("t-acme", "71")
    at_work.settle()
    assert watch.lamp == "confirmed"
    found = watch.document.find(f".//{DIALOG_INFO}remote/{DIALOG_INFO}identity")
    assert found is not None
    assert (found.get("display"), found.text) == ("A <caller> & \ufffd co", f"sip:+4722000000@{SERVER[0]}")
    orbits.parked = None
    at_work.switch.lamps.changed("t-acme", "71")
    at_work.switch.lamps.changed("t-beta", "71")
    at_work.settle()
    assert watch.lamps == ["terminated", "confirmed", "terminated"]


def test_who_holds_is_marked(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    watch = lamp(cecilie, "102")
    anna.call("102")
    bob.ring()
    bob.answer()
    at_work.wait(0.1)
    assert watch.document.find(f".//{DIALOG_INFO}param") is None
    bob.hold()
    at_work.wait(0.1)
    found = watch.document.find(f".//{DIALOG_INFO}param")
    assert found is not None
    assert found.attrib == {"pname": "+sip.rendering", "pvalue": "no"}


# --- the bounds and the order of things


def test_a_slow_phone_is_told_one_thing_at_a_time_and_the_newest(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    watch = lamp(cecilie, "102")
    cecilie.deaf = True
    anna.call("102")
    bob.ring()
    at_work.wait(0.1)
    bob.answer()
    at_work.wait(0.1)
    bob.hang_up()
    at_work.wait(0.1)
    anna.call("102")
    bob.ring()
    bob.answer()
    at_work.wait(0.3)
    assert {message.cseq.number for message in watch.told} == {1, 2}, "the second is on its way still"
    cecilie.deaf = False
    at_work.wait(2)
    assert {message.cseq.number for message in watch.told} == {1, 2, 3}
    assert (watch.lamps[0], watch.lamps[-1], set(watch.lamps[1:-1])) == ("terminated", "confirmed", {"early"})


def test_many_who_watch_are_told_in_slices(at_work: Office, bob: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "SLICE", 2)
    orbits, cecilie = Orbits(), Phone(at_work, "acme-cecilie").register()
    at_work.switch.lamps.register("park", orbits)
    watches = [lamp(cecilie, "71") for _ in range(5)]
    orbits.parked = Party("+4722000000")
    at_work.switch.lamps.changed("t-acme", "71")
    at_work.settle()
    assert sum(watch.lamp == "confirmed" for watch in watches) == 2
    at_work.wait(0.01)
    assert all(watch.lamp == "confirmed" for watch in watches)
    assert all(len(watch.told) == 2 for watch in watches)


def test_a_flood_of_subscriptions_of_a_company_ends_at_a_bound(
    at_work: Office, anna: Phone, bob: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_OF_TENANT", 3)
    watches = [lamp(phone, "101") for phone in (anna, bob, bob)]
    refused = lamp(anna, "102").answer
    assert (refused.status, refused.first("retry-after")) == (503, "60")
    assert lamp(Phone(at_work, "beta-dora").register(), "101").answer.status == 200, "not the other company's fault"
    watches[0].again(0)
    assert lamp(anna, "102").answer.status == 200


@pytest.mark.parametrize("status", [404, 410, 481, 489])
def test_a_phone_that_refuses_is_told_no_more(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, status: int) -> None:
    lamp(anna, "102")
    answers_with(anna, status)
    bob.call("103")
    at_work.wait(0.1)
    assert kept(at_work) == 0


def test_a_phone_that_is_gone_is_told_no_more(at_work: Office, anna: Phone, bob: Phone) -> None:
    lamp(anna, "102")
    anna.deaf = True
    bob.call("101")
    at_work.wait(60)
    assert kept(at_work) == 0


def test_a_phone_that_is_taken_away_watches_no_more(at_work: Office, anna: Phone, cecilie: Phone) -> None:
    watch, other = lamp(cecilie, "101"), lamp(anna, "103")
    before = at_work.switch.office
    at_work.switch.office = offices.office(cecilie={"phones": ()})
    at_work.switch.lamps.office(before, at_work.switch.office)
    at_work.settle()
    assert watch.state == "terminated;reason=noresource"
    assert other.state.startswith("active")
    assert kept(at_work) == 1


def test_an_extension_that_moves_takes_its_lamp_along(at_work: Office, cecilie: Phone) -> None:
    watch = lamp(cecilie, "101")
    before = at_work.switch.office
    acme, beta = before.tenants
    anna = replace(acme.people[0], extension="109")
    at_work.switch.office = replace(before, tenants=(replace(acme, people=(anna, *acme.people[1:])), beta))
    at_work.switch.lamps.office(before, at_work.switch.office)
    at_work.settle()
    assert watch.state == "terminated;reason=noresource"
    assert lamp(cecilie, "101").answer.status == 404
    assert lamp(cecilie, "109").answer.status == 200


def test_after_a_restart_the_lamp_is_asked_for_anew(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    watch = lamp(cecilie, "102")
    anna.call("102")
    bob.ring()
    bob.answer()
    at_work.wait(0.1)
    at_work.kill()
    at_work.start()
    assert watch.again(600).status == 481
    assert lamp(cecilie, "102").lamp == "confirmed"


def test_a_forged_refresh_changes_nothing(at_work: Office, anna: Phone, cecilie: Phone) -> None:
    watch = lamp(cecilie, "101")
    thief = Phone(at_work, "acme-anna")
    thief.from_, thief.to = cecilie.from_.replace("tag=", "tag=x"), cecilie.to
    base = [("From", thief.from_), ("To", f"<{watch.uri}>;tag={watch.answer.to.tag}"), ("Call-ID", watch.id)]
    base += [("CSeq", "99 SUBSCRIBE"), ("Contact", thief.contact()), ("Event", "dialog"), ("Expires", "600")]
    thief.send_new("SUBSCRIBE", str(watch.answer.contacts[0].uri), base)
    assert [m.status for m in thief.received if isinstance(m, Response)] == [481]
    at_work.wait(0.1)
    assert thief.heard("NOTIFY") == []


@pytest.mark.parametrize("event", ["dialog;id=" + "7" * 500, "dialog\x01", "dialog, presence", "", "DIALOG ; sla"])
def test_a_strange_event_header_costs_nothing(at_work: Office, cecilie: Phone, event: str) -> None:
    answer = Watch(cecilie, "101", event=event).answer
    assert answer.status == (200 if event.startswith("DIALOG") else 489)


def test_an_idle_office_keeps_no_timer_for_lamps(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    before = at_work.clock.pending
    watch = lamp(cecilie, "102")
    anna.call("102")
    bob.ring()
    bob.answer()
    bob.hang_up()
    watch.again(0)
    at_work.wait(120)
    assert kept(at_work) == 0
    assert at_work.switch.transactions.open == 0
    assert at_work.clock.pending <= before
    assert not at_work.switch.lamps.lines._legs


@given(name=st.text(max_size=40), uri=st.text(max_size=40), version=st.integers(0, 2**31))
def test_whatever_a_caller_is_called_the_document_can_be_read(name: str, uri: str, version: int) -> None:
    info = DialogInfo("1", "early", "recipient", "a@b", "t1", "t2", uri, name)
    root = fromstring(dialog_info("sip:101@192.0.2.1", (info,)).at(version))
    assert root.get("version") == str(version)
    [dialog] = root
    assert dialog[0].tag == f"{DIALOG_INFO}state"


def test_a_body_stays_small_however_many_calls_there_are() -> None:
    many = tuple(DialogInfo(str(n), "early", "recipient") for n in range(500))
    assert len(dialog_info("sip:600@192.0.2.1", many).at(0)) < 6_000
