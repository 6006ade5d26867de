"""Who stands in the phonebook, with what, and for whom."""

from __future__ import annotations

import pytest
from tests.people.conftest import person
from tests.phonebooks.stories import room

from svara.people.models import Account, PublicNumber, Tenant
from svara.phonebooks import access, actions
from svara.phonebooks.entries import Entry, search
from svara.privacy.errors import Forbidden
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import MOBILE_IN_PHONEBOOKS
from svara.privacy.rights import restriction
from svara.privacy.subject import person as subject_of


def book(actor: Account) -> dict[str, Entry]:
    return {entry.name: entry for entry in access.access_phonebook(actor)}


def test_bob_finds_colleagues_with_the_numbers_that_lead_to_them_and_queues(anna: Account, bob: Account) -> None:
    found = book(bob)
    assert list(found) == ["Anna Berg", "Bob Lund", "support"]
    one = found["Anna Berg"]
    assert (one.extension, one.direct, one.email) == ("101", ("+4721000009", "+4721000001"), "anna@acme.test")
    assert (one.given, one.family) == ("Anna", "Berg")
    assert found["support"] == Entry(found["support"].id, "queue", "support", "600", ("+4721000000",))


def test_a_mobile_number_is_found_only_while_its_person_wants_that(anna: Account, bob: Account) -> None:
    assert book(bob)["Anna Berg"].mobile == ""
    do_switch(anna, MOBILE_IN_PHONEBOOKS, True)
    assert book(bob)["Anna Berg"].mobile == "+4790000001"
    do_switch(anna, MOBILE_IN_PHONEBOOKS, False)
    assert book(bob)["Anna Berg"].mobile == ""


def test_whose_data_are_restricted_stands_in_no_phonebook(anna: Account, bob: Account) -> None:
    restriction.do_restrict(anna, subject_of(bob.id), "claims", "a dispute")
    assert "Bob Lund" not in book(anna)


def test_who_cannot_be_called_is_not_there(anna: Account, acme: Tenant) -> None:
    person(acme, "carl", "Carl Uten")
    assert "Carl Uten" not in book(anna)


def test_conference_rooms_with_an_extension_are_there(anna: Account, acme: Tenant) -> None:
    room(acme, "board", "650")
    room(acme, "hidden", None)
    PublicNumber.all_tenants.create(tenant=acme, number="+4721000065", trunk="itsp", to="conference:board", record=False)
    found = book(anna)
    assert found["board"] == Entry(found["board"].id, "conference", "board", "650", ("+4721000065",))
    assert "hidden" not in found


def test_another_company_is_another_phonebook(anna: Account, other_anna: Account) -> None:
    assert list(book(other_anna)) == ["Anna Ek"]
    assert "Anna Ek" not in book(anna)


def test_what_is_looked_for_is_found_without_accents_and_by_numbers(anna: Account, acme: Tenant) -> None:
    person(acme, "hakon", "Håkon Østby-Fredriksen", "108")
    entries = access.access_phonebook(anna)

    def found(words: str) -> list[str]:
        return [entry.name for entry in search(entries, words)]

    assert found("hakon") == found("HÅK ostby") == found("fredr") == found("108") == ["Håkon Østby-Fredriksen"]
    assert found("21 00 00 01") == found("21000001") == found("+4721000001") == ["Anna Berg"]
    assert found("berg lund") == found("erg") == found("+") == []
    assert len(found("")) == len(found("   ")) == len(entries)
    assert found("x" * 5000) == []


def test_only_administrators_see_the_overview_and_open_it(anna: Account, bob: Account) -> None:
    with pytest.raises(Forbidden):
        access.access_overview(bob)
    with pytest.raises(Forbidden):
        actions.do_open(bob, xml=True, carddav=True, ldap=True, ldap_in_clear=True)
    assert not access.access_overview(anna).opening.xml, "off until somebody switches it on"
    actions.do_make_password(bob, "desk")
    actions.do_make_password(bob, "home")
    do_switch(anna, MOBILE_IN_PHONEBOOKS, True)
    seen = access.access_overview(anna)
    assert (seen.readers, seen.passwords, seen.mobiles) == (1, 2, 1)
    assert actions.do_open(anna, xml=False, carddav=False, ldap=False, ldap_in_clear=True).ldap_in_clear is False
