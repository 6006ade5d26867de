"""What call control learns of the office, and that it never learns something older than it knows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from svara.data import DataFolder
from svara.people import actions, snapshot
from svara.people.models import Account, Phone, Tenant
from svara.people.office import Office, read_office
from svara.privacy.functions.port import do_switch, enabled
from svara.privacy.functions.registry import CALL_RECORDING, STATISTICS

from .conftest import person


def test_the_snapshot_tells_who_can_be_called_and_no_more(
    data_folder: DataFolder, acme: Tenant, anna: Account, bob: Account, other_anna: Account
) -> None:
    Phone.all_tenants.create(tenant=acme, account=anna, login="acme-anna", ha1={"MD5": "0" * 32}, label="Desk")
    bob.unanswered_to, bob.unanswered_after_seconds = "person:anna", 20
    bob.save()
    office = snapshot.write(data_folder)
    assert read_office(data_folder.root) == office
    acme_now, beta_now = office.tenants
    assert acme_now.by_extension["101"].name == "Anna Berg"
    assert beta_now.by_extension["101"].name == "Anna Ek"
    assert office.by_login["acme-anna"][1].id == anna.id
    assert acme_now.by_username["bob"].unanswered is not None
    content = (data_folder.root / "office.msgpack").read_bytes()
    assert b"argon2" not in content
    assert b"anna@acme.test" not in content


@pytest.mark.django_db(transaction=True)
def test_choosing_do_not_disturb_reaches_call_control(data_folder: DataFolder, anna: Account) -> None:
    before = snapshot.write(data_folder).version
    actions.do_choose_presence(anna, "dnd")
    office = read_office(data_folder.root)
    assert office.version > before
    assert office.tenants[0].by_username["anna"].choice == "dnd"
    with pytest.raises(actions.Invalid):
        actions.do_choose_presence(anna, "asleep")


@pytest.mark.claim("PHO-6")
def test_the_company_says_who_sees_what_of_those_who_did_not_choose(
    data_folder: DataFolder, acme: Tenant, anna: Account, bob: Account
) -> None:
    def shown() -> dict[str, str]:
        return {person.username: person.presence_to for person in snapshot.of(acme).people}

    assert shown() == {"anna": "everybody", "bob": "everybody"}
    actions.do_show_presence_to(bob, "everybody")
    acme.presence_to = "nobody"
    acme.save()
    assert shown() == {"anna": "nobody", "bob": "everybody"}, "who chose it keeps it"
    actions.do_show_presence_to(bob, "company")
    assert shown() == {"anna": "nobody", "bob": "nobody"}


@pytest.mark.claim("PHO-1")
@pytest.mark.django_db(transaction=True)
def test_anna_is_recorded_only_while_the_company_asks_for_it_and_she_agrees(data_folder: DataFolder, anna: Account) -> None:
    def recorded() -> bool:
        return read_office(data_folder.root).tenants[0].by_username["anna"].record

    do_switch(anna, CALL_RECORDING, True)
    assert not recorded()  # nobody asks for it
    anna.record = True
    anna.save()
    snapshot.write(data_folder)
    assert recorded()
    do_switch(anna, STATISTICS, False)
    assert recorded()
    do_switch(anna, CALL_RECORDING, False)
    assert not recorded()
    do_switch(anna, CALL_RECORDING, True)
    assert recorded()


@pytest.mark.claim("PHO-1")
@pytest.mark.django_db(transaction=True)
def test_a_choice_that_is_not_committed_has_no_effect(data_folder: DataFolder, anna: Account) -> None:
    anna.record = True
    anna.save()
    snapshot.write(data_folder)
    with transaction.atomic():
        do_switch(anna, CALL_RECORDING, True)
        transaction.set_rollback(True)
    assert not read_office(data_folder.root).tenants[0].by_username["anna"].record
    assert not enabled(anna.id, CALL_RECORDING)


@pytest.mark.django_db(transaction=True)
def test_of_many_writers_none_puts_back_an_older_office(data_folder: DataFolder, acme: Tenant) -> None:
    people = [person(acme, f"person{number}", f"Person {number}") for number in range(8)]

    def choose(account: Account) -> None:
        actions.do_choose_presence(account, "away")
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(choose, people))
    office: Office = read_office(data_folder.root)
    assert {one.choice for one in office.tenants[0].people} == {"away"}


def test_versions_grow_even_when_the_clock_stands(
    data_folder: DataFolder, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot.time, "time", lambda: 1_800_000_000.0)
    assert snapshot.write(data_folder).version < snapshot.write(data_folder).version


def test_who_has_no_device_that_can_be_woken_is_offline_without_a_phone(
    data_folder: DataFolder, acme: Tenant, anna: Account
) -> None:
    assert not snapshot.of(acme).by_username["anna"].wakes
    written = snapshot.write(data_folder)
    assert read_office(data_folder.root) == written
    assert [one.wakes for one in written.tenants[0].people] == [False]
