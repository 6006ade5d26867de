"""Who said no to being recorded reaches call control, at once and without a number in it."""

from __future__ import annotations

import os

import pytest
from tests.history import stories
from tests.history.stories import Company

from svara.data import DataFolder
from svara.people import objectors, snapshot, unrecorded
from svara.people.office import read_office
from svara.people.unrecorded import NOBODY, Unrecorded
from svara.privacy import vault
from svara.privacy.catalogue import Purpose
from svara.privacy.functions import outside
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.registry import NEWS, RECORDED_CALL
from svara.privacy.rights import erasing, links, objections, restriction
from svara.privacy.subject import Subject
from svara.sealing.role import FileKeys

KARI, OLE = "+4722000001", "+4733000002"
WHY = "My voice is mine."


@pytest.fixture
def acme(db: None) -> Company:
    return stories.company("acme")


@pytest.fixture
def kari(acme: Company) -> Subject:
    return subject_of(acme.tenant.id, KARI)


def told(data: DataFolder) -> Unrecorded:
    """What call control reads."""
    objectors.write(data)
    return unrecorded.read(data.unrecorded, FileKeys(data.call_keys, vault.current().role_key()))


def is_told(acme: Company, data: DataFolder, number: str = KARI) -> bool:
    return told(data).has(acme.tenant.id, number)


def test_as_long_as_nobody_objected_there_is_no_file(acme: Company, kari: Subject, data_folder: DataFolder) -> None:
    outside.do_record(acme.tenant.id, kari, RECORDED_CALL, agreed=True, how="key press")
    assert told(data_folder) == NOBODY
    assert not data_folder.unrecorded.exists()


def test_an_objection_to_recordings_holds_until_it_is_taken_back(
    acme: Company, kari: Subject, data_folder: DataFolder
) -> None:
    objections.object_(acme.tenant.id, kari, Purpose.HISTORY, WHY, by="")
    assert not is_told(acme, data_folder)
    row = objections.object_(acme.tenant.id, kari, Purpose.RECORDING, WHY, by="")
    assert is_told(acme, data_folder)
    assert not is_told(acme, data_folder, OLE)
    content = data_folder.unrecorded.read_bytes()
    for secret in (KARI.encode(), kari.encode(), bytes.fromhex(kari.partition(":")[2]), acme.tenant.id.encode()):
        assert secret not in content
    objections.do_decide(acme.anna, row.id, uphold=False, grounds="A court asks for them.")
    assert not is_told(acme, data_folder)


def test_who_withdrew_by_the_link_is_not_asked_again_but_a_no_in_a_call_is_for_that_call(
    acme: Company, kari: Subject, data_folder: DataFolder
) -> None:
    tenant = acme.tenant.id
    outside.do_record(tenant, kari, RECORDED_CALL, agreed=False, how="key press", evidence="c1")
    outside.do_record(tenant, kari, RECORDED_CALL, agreed=True, how="key press", evidence="c2")
    outside.do_record(tenant, kari, NEWS, agreed=False, how="mail")
    assert not is_told(acme, data_folder)
    here, _secret = links.do_open(links.do_give(acme.anna, kari, "She called from it"))
    links.do_withdraw(here, RECORDED_CALL)
    assert is_told(acme, data_folder)
    outside.do_record(tenant, kari, RECORDED_CALL, agreed=False, how="no key pressed", evidence="c3")
    assert is_told(acme, data_folder)
    outside.do_record(tenant, kari, RECORDED_CALL, agreed=True, how="key press", evidence="c4")
    assert not is_told(acme, data_folder), "she changed her mind, in a call that was on its way"


def test_whoever_is_restricted_is_not_recorded_until_it_ends(acme: Company, kari: Subject, data_folder: DataFolder) -> None:
    row = restriction.do_restrict(acme.anna, kari, "claims", WHY)
    assert is_told(acme, data_folder)
    row.asked_by = ""
    row.save()
    restriction.free(acme.tenant.id, kari, row.id, by="")
    assert not is_told(acme, data_folder)


def test_a_colleague_stands_in_the_office_s_snapshot(acme: Company, data_folder: DataFolder) -> None:
    objections.do_object(acme.bob, Purpose.RECORDING, WHY)
    snapshot.write(data_folder)
    [tenant] = read_office(data_folder.root).tenants
    assert {person.username for person in tenant.people if person.unrecorded} == {"bob"}
    assert not data_folder.unrecorded.exists(), "nobody outside"


def test_while_a_company_s_key_is_away_its_objectors_are_known_still(
    acme: Company, kari: Subject, data_folder: DataFolder
) -> None:
    objections.object_(acme.tenant.id, kari, Purpose.RECORDING, WHY, by="")
    assert is_told(acme, data_folder)
    key, keeping = os.urandom(32), vault.current().keeping
    keeping.bring(acme.tenant.id, key)
    keeping.take_away(acme.tenant.id)
    assert is_told(acme, data_folder)


def test_two_companies_know_nothing_of_each_other(acme: Company, data_folder: DataFolder) -> None:
    beta = stories.company("beta")
    objections.object_(beta.tenant.id, subject_of(beta.tenant.id, KARI), Purpose.RECORDING, WHY, by="")
    assert is_told(beta, data_folder)
    assert not is_told(acme, data_folder)


@pytest.mark.django_db(transaction=True)
def test_it_is_written_in_the_moment_it_is_said_and_goes_with_the_person(
    acme: Company, kari: Subject, data_folder: DataFolder
) -> None:
    def known() -> bool:
        keys = FileKeys(data_folder.call_keys, vault.current().role_key())
        return unrecorded.read(data_folder.unrecorded, keys).has(acme.tenant.id, KARI)

    row = objections.object_(acme.tenant.id, kari, Purpose.RECORDING, WHY, by="")
    assert known()
    objections.withdraw(acme.tenant.id, kari, row.id, by="")
    assert not known()
    outside.do_record(acme.tenant.id, kari, RECORDED_CALL, agreed=False, how="one-time link")
    assert known()
    objections.object_(acme.tenant.id, subject_of(acme.tenant.id, OLE), Purpose.RECORDING, WHY, by="")
    erasing.erase(acme.tenant.id, subject_of(acme.tenant.id, OLE), reason="asked", by=acme.anna.id)
    assert not told(data_folder).has(acme.tenant.id, OLE)
    assert known()
