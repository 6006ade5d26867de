"""Cecilie, the privacy officer, is asked by Kari what Acme knows of her number."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.history.stories import NOON, call, happened
from tests.web.office import Company, a_message

from svara.calls.events import Party
from svara.privacy.audit.models import Entry
from svara.privacy.catalogue import Basis
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions import outside
from svara.privacy.functions.registry import RECORDED_CALL
from svara.privacy.registers import cases, disclosures, parties
from svara.privacy.registers.models import Case, ContactBasis
from svara.privacy.rights import erasing
from svara.privacy.rights.port import capabilities

KARI = "+4722000001"
NOTE = "a customer since 2019, planted note"


def kari_called(company: Company, id_: str = "in") -> None:
    happened(call(company, Party(number=KARI, name="Kari Nordmann"), "bob", call=id_, at=NOON, direction="inbound"))  # type: ignore[arg-type]


def look(company: Company, number: str = KARI, who: str = "cecilie") -> parties.Party:
    return parties.access_party(company[who], number, reason="request")


@pytest.mark.claim("TB-7")
def test_all_there_is_of_a_number(acme: Company) -> None:
    kari_called(acme)
    a_message(acme, "bob")
    party = look(acme, "22 00 00 01")
    assert party.who == KARI
    held = {each.holding.table: each for each in party.held}
    assert held["history.Call"].holding.count == 1
    assert held["voicemail.Message"].holding.count == 1
    assert held["history.Call"].purpose == "Show each person and company which calls were made"
    declared = held["history.Call"].declaration
    assert declared is not None
    assert declared.basis is Basis.LEGITIMATE_INTEREST
    assert Basis.LEGITIMATE_INTEREST in party.defaults
    assert party.basis == ""
    entry = Entry.of(acme["anna"]).get(what="party")
    assert (entry.actor, entry.why, entry.subjects) == (acme["cecilie"].id, "reason:request", [party.subject])
    assert KARI not in str(entry.__dict__)


@pytest.mark.parametrize("typed", ["0047 22000001", "+47 (22) 00-00-01", "22000001"])
def test_numbers_are_understood_as_people_write_them(acme: Company, typed: str) -> None:
    assert parties.read(acme.tenant.id, typed) == KARI


@pytest.mark.parametrize("typed", ["", "Kari", "@" * 400, "1" * 30, "+47\0"])
def test_what_is_no_number_is_refused(acme: Company, typed: str) -> None:
    with pytest.raises(Invalid):
        parties.access_party(acme["cecilie"], typed, reason="request")


def test_another_companys_number_is_as_unknown_as_any(acme: Company, beta: Company) -> None:
    kari_called(acme)
    theirs, nobodys = look(beta, KARI, "anna"), look(beta, "+4722999999", "anna")
    for party in (theirs, nobodys):
        assert [each.holding.table for each in party.held] == ["audit.Entry"], "that somebody looked, and nothing else"
        assert (party.consents, party.cases, party.disclosures, party.chosen) == ((), (), (), ())
    assert theirs.subject != look(acme).subject


@pytest.mark.claim("TB-7")
def test_a_contact_has_its_own_basis_with_note_and_history(acme: Company) -> None:
    kari_called(acme)
    with pytest.raises(Invalid, match="Say why"):
        parties.do_choose_basis(acme["cecilie"], KARI, "6.1.b", " ")
    parties.do_choose_basis(acme["cecilie"], KARI, "6.1.b", NOTE)
    parties.do_choose_basis(acme["anna"], KARI, "", "the contract has ended")
    party = look(acme)
    assert [(each.basis, each.note) for each in party.chosen] == [("", "the contract has ended"), ("6.1.b", NOTE)]
    assert party.basis == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM registers_contactbasis")
        there = repr([tuple(bytes(each) if isinstance(each, memoryview) else each for each in row) for row in cursor])
    assert "planted" not in there
    assert KARI not in there
    rows = next(
        list(section.rows)
        for room in capabilities()
        for section in room.export(acme.tenant.id, party.subject)
        if section.key == "basis"
    )
    assert [row["note"] for row in rows] == ["the contract has ended", NOTE]


@pytest.mark.claim("TB-7")
def test_consent_is_a_basis_only_where_there_is_one(acme: Company) -> None:
    with pytest.raises(Invalid, match="no consent"):
        parties.do_choose_basis(acme["cecilie"], KARI, "6.1.a", NOTE)
    subject = outside.subject_of(acme.tenant.id, KARI)
    outside.do_record(acme.tenant.id, subject, RECORDED_CALL, agreed=True, how="key press")
    parties.do_choose_basis(acme["cecilie"], KARI, "6.1.a", NOTE)
    party = look(acme)
    assert party.basis == "6.1.a"
    [consent] = party.consents
    assert parties.access_party_receipt(acme["cecilie"], consent.id).id == consent.id
    outside.do_record(acme.tenant.id, subject, RECORDED_CALL, agreed=False, how="letter")
    with pytest.raises(Invalid, match="no consent"):
        parties.do_choose_basis(acme["cecilie"], KARI, "6.1.a", NOTE)


def test_cases_and_authorities_stand_with_the_number(acme: Company) -> None:
    office = cases.Office(acme.tenant.id, "NO", "Europe/Oslo")
    cases.do_enter(acme["cecilie"], office, "access", "What do you know of me?", KARI)
    subject = outside.subject_of(acme.tenant.id, KARI)
    disclosures.do_open(acme["anna"], "Oslo politidistrikt", "", "strpl. § 210", "One call", subjects=[subject])
    party = look(acme)
    assert [case.text for case in party.cases] == ["What do you know of me?"]
    assert [each.authority for each in party.disclosures] == ["Oslo politidistrikt"]


def test_erasing_takes_the_basis_and_the_words_of_cases(acme: Company) -> None:
    kari_called(acme)
    parties.do_choose_basis(acme["cecilie"], KARI, "6.1.b", NOTE)
    office = cases.Office(acme.tenant.id, "NO", "Europe/Oslo")
    cases.do_enter(acme["cecilie"], office, "erase", "Erase me.", KARI)
    subject = outside.subject_of(acme.tenant.id, KARI)
    erasing.erase(acme.tenant.id, subject, reason="request", by=acme["cecilie"].id)
    assert not ContactBasis.all_tenants.exists()
    assert (Case.all_tenants.get().text, Case.all_tenants.get().contact) == ("", "")
    assert [each.holding.table for each in look(acme).held if each.holding.goes] == []


def test_nobody_else_looks(acme: Company, beta: Company) -> None:
    for who in ("bob", "dag"):
        with pytest.raises(Forbidden):
            look(acme, who=who)
        with pytest.raises(Forbidden):
            parties.do_choose_basis(acme[who], KARI, "6.1.b", NOTE)
    with pytest.raises(Invalid, match="why"):
        parties.access_party(acme["cecilie"], KARI, reason="curiosity")
    subject = outside.subject_of(acme.tenant.id, KARI)
    consent = outside.do_record(acme.tenant.id, subject, RECORDED_CALL, agreed=True, how="key press")
    with pytest.raises(NotFound):
        parties.access_party_receipt(beta["anna"], consent.id)
    assert not Entry.of(beta["anna"]).exists()
