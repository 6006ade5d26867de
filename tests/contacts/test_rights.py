"""What contacts mean for people's rights: for Bob who keeps them, and for Kari and Ole whom they name."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.contacts.stories import KARI, OLE, keeps

from svara.contacts import access, actions
from svara.contacts.card import Card, Number
from svara.contacts.models import Contact, Reach
from svara.people.models import Account, Tenant
from svara.privacy.functions.outside import subject_of
from svara.privacy.policies.port import features
from svara.privacy.registers import parties
from svara.privacy.rights import erasing, holds, retention
from svara.privacy.rights.port import capabilities
from svara.privacy.subject import Subject, person


def exported(tenant: Tenant, subject: Subject) -> list[dict[str, Any]]:
    [room] = [each for each in capabilities() if each.name == "contacts"]
    [section] = room.export(tenant.id, subject)
    return [dict(row) for row in section.rows]


@pytest.fixture
def officer(anna: Account) -> Account:
    anna.roles = ["privacy-officer"]
    anna.save()
    return anna


@pytest.mark.claim("PHO-11")
def test_bob_takes_all_of_his_contacts_along(bob: Account, acme: Tenant) -> None:
    kari, _ole = keeps(bob, KARI, OLE)
    actions.do_delete(bob, kari.id)
    first, second = exported(acme, person(bob.id))
    assert first["name"] == "Kari Nordmann"
    assert first["numbers"] == [{"number": "+4722000001", "kind": "work"}, {"number": "+4791234567", "kind": "mobile"}]
    assert (first["source"], bool(first["deleted_at"]), second["note"], second["deleted_at"]) == (
        "hand",
        True,
        "Likes tea",
        None,
    )


@pytest.mark.claim("PHO-11")
def test_ole_reads_what_is_noted_of_him_and_not_by_whom(bob: Account, acme: Tenant) -> None:
    keeps(bob, KARI, OLE)
    [row] = exported(acme, subject_of(acme.id, "+4733000002"))
    assert (row["name"], row["note"]) == ("Ole Dahl", "Likes tea")
    assert "Bob" not in str(row)
    assert bob.id not in str(row)


@pytest.mark.claim("ADV-14")
def test_the_officer_looks_kari_up_by_any_of_her_numbers(bob: Account, other_anna: Account, officer: Account) -> None:
    keeps(bob, KARI)
    keeps(officer, Card("Kari again", "", (Number("22000001"),)))
    keeps(other_anna, KARI)
    for known, count in (("22 00 00 01", 2), ("+47 912 34 567", 1), ("Kari@N.example", 1), ("+4744444444", 0)):
        party = parties.access_party(officer, known, reason="request")
        held = [each.holding for each in party.held if each.holding.table == "contacts.Contact"]
        assert [each.count for each in held] == ([count] if count else [])


@pytest.mark.claim("PHO-12")
def test_kari_is_erased_and_nothing_of_her_is_left_in_anybodys_contacts(
    bob: Account, other_anna: Account, officer: Account, acme: Tenant
) -> None:
    kari, ole = keeps(bob, KARI, OLE)
    [elsewhere] = keeps(other_anna, KARI)
    assert access.access_contacts(bob).total == 2
    erased = erasing.erase(acme.id, subject_of(acme.id, "+4791234567"), reason="she asked", by=officer.id)
    assert '"contacts.Contact"' in str(erased.receipt).replace("'", '"')
    assert list(Contact.all_tenants.order_by("tenant__slug").values_list("pk", flat=True)) == [ole.id, elsewhere.id]
    assert not Reach.all_tenants.filter(contact_id=kari.id).exists()
    assert [each.title for each in access.access_contacts(bob).items] == ["Ole Dahl"]


@pytest.mark.claim("PHO-12")
def test_with_bob_go_his_contacts(bob: Account, officer: Account, acme: Tenant) -> None:
    keeps(bob, KARI, OLE)
    keeps(officer, OLE)
    erasing.erase(acme.id, person(bob.id), reason="he left", by=officer.id)
    [left] = Contact.all_tenants.all()
    assert left.account_id == officer.id
    assert set(Reach.all_tenants.values_list("contact_id", flat=True)) == {left.id}


def test_a_deleted_contact_goes_after_a_day_unless_a_hold_keeps_it(bob: Account, officer: Account, acme: Tenant) -> None:
    kari, ole, _stays = keeps(bob, KARI, OLE, Card("Third"))
    for each in (kari, ole):
        actions.do_delete(bob, each.id)
    now = timezone.now()
    retention.run(acme.id, now + timedelta(hours=23), dry=False)
    assert Contact.all_tenants.count() == 3
    kept = subject_of(acme.id, "+4733000002")
    holds.do_hold(officer, subject=kept, reason="a dispute", until=now + timedelta(days=30))
    retention.run(acme.id, now + timedelta(hours=25), dry=True)
    assert Contact.all_tenants.count() == 3
    retention.run(acme.id, now + timedelta(hours=25), dry=False)
    assert set(Contact.all_tenants.values_list("pk", flat=True)) == {ole.id, _stays.id}


def test_the_policy_speaks_of_contacts_as_soon_as_there_is_one(bob: Account, acme: Tenant) -> None:
    [feature] = [each for each in features() if each.key == "contacts"]
    assert not feature.in_use(acme.id)
    keeps(bob, OLE)
    assert feature.in_use(acme.id)


@pytest.mark.claim("ADV-14")
def test_no_name_lies_in_clear_on_the_disk(bob: Account, data_folder: Any) -> None:
    """Not in the data folder either: the byte search goes through every file of it."""
    keeps(bob, KARI, OLE)
    found = io.StringIO()
    for file in data_folder.root.rglob("*"):
        if file.is_file() and any(clear in file.read_bytes() for clear in (b"Nordmann", b"4722000001", b"Likes tea")):
            found.write(f"{file}\n")
    assert found.getvalue() == ""
