"""Keys, vault and logs as the doctor sees them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from tests.cli.doctor.patients import listed, patient, states
from tests.history import stories
from tests.privacy.audit import offices

from svara.cli.doctor import kernel, opening
from svara.data import DataFolder, put
from svara.privacy import vault
from svara.privacy.appendonly import AppendOnly, guard, unguard
from svara.privacy.audit.models import Entry
from svara.privacy.audit.port import record
from svara.privacy.functions.models import Consent
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import STATISTICS
from svara.privacy.rights.models import Job
from svara.privacy.subject import person


@contextmanager
def unguarded(table: type[AppendOnly]) -> Iterator[CursorWrapper]:
    """A hand at the database that knows what it does, and leaves no trace but the change."""
    unguard([table])
    with connection.cursor() as cursor:
        yield cursor
    guard([table])


@pytest.fixture
def data(data_folder: DataFolder) -> DataFolder:
    put(data_folder.secret_key, b"k" * 32)
    vault.current()
    return data_folder


def test_keys_that_are_there(data: DataFolder) -> None:
    assert states(kernel.keys(patient(data.root))) == ["ok"] * 4
    assert opening.open_keys(data) == ""


def test_a_master_key_that_others_may_read(data: DataFolder) -> None:
    (data.keys / "master").chmod(0o640)
    found = listed(kernel.keys(patient(data.root)))[1]
    assert (found.state, found.advice) == ("fault", f"chmod 0600 {data.keys / 'master'}")
    assert "may be read by others" in opening.open_keys(data)


def test_keys_that_are_gone_and_nothing_is_made_in_their_place(data: DataFolder) -> None:
    vault._open.popitem()[1].close()
    for place in (data.keys / "keys.sqlite3", data.intake, data.keys / "master", data.secret_key):
        place.unlink()
    found = listed(kernel.keys(patient(data.root)))
    assert [each.state for each in found] == ["fault"] * 4
    assert "is missing" in found[1].found
    assert "what is sealed cannot be read without it" in opening.open_keys(data)
    assert sorted(place.name for place in data.keys.iterdir() if not place.name.startswith((".", "keys."))) == []


def test_a_secret_key(data: DataFolder) -> None:
    data.secret_key.chmod(0o644)
    assert kernel._secret_key(data.secret_key).state == "fault"
    put(data.secret_key, b"short")
    assert "cut short" in kernel._secret_key(data.secret_key).found


def test_a_master_key_in_a_service_or_elsewhere(data: DataFolder, tmp_path: Path) -> None:
    assert kernel._master(patient(data.root, settings={"SVARA_MASTER_KEY_URI": "aws-kms://x"})).state == "ok"
    found = kernel._master(patient(data.root, settings={"SVARA_MASTER_KEY_FILE": str(tmp_path / "none")}))
    assert (found.state, "is missing" in found.found) == ("fault", True)


@pytest.mark.django_db
@pytest.mark.claim("ONC-7")
def test_the_vault_seals_a_probe_and_finds_keys_of_a_company_that_is_gone(data: DataFolder) -> None:
    acme = stories.company("acme")
    opened = vault.current()
    opened.seal(acme.tenant.id, [person(acme.bob.id)], b"x", context=b"c")
    before = {row.tenant: row.living for row in opened.keeping.status().tenants}
    assert states(kernel.vault(patient(data.root))) == ["ok"]
    kernel.vault(patient(data.root))  # a second visit leaves no more behind than the first one
    after = {row.tenant: row.living for row in opened.keeping.status().tenants}
    assert {tenant: living for tenant, living in after.items() if tenant in before} == before

    opened.seal("9" * 32, [person("b" * 32)], b"x", context=b"c")
    found = listed(kernel.vault(patient(data.root)))[1]
    assert (found.state, found.found) == (
        "warning",
        "keys of a company that is gone are still here (1 of its persons)",
    )
    assert states(kernel.vault(patient(data.root, no_keys="the key file is missing"))) == ["fault"]


@pytest.mark.django_db
def test_a_company_that_took_its_key_away(data: DataFolder) -> None:
    acme = stories.company("acme")
    opened = vault.current()
    opened.keeping.bring(acme.tenant.id, b"k" * 32)
    assert states(kernel.vault(patient(data.root))) == ["ok"]
    opened.keeping.take_away(acme.tenant.id)
    found = listed(kernel.vault(patient(data.root)))[1]
    assert (found.state, found.of) == ("warning", "acme")
    assert "has taken it away" in found.found


@pytest.mark.django_db
@pytest.mark.claim("ONC-7")
def test_a_log_that_was_tampered_with_is_told_by_company_and_entry(data: DataFolder) -> None:
    acme, beta = offices.company("acme"), offices.company("beta")
    for tenant in (acme, beta, beta):
        record(tenant.id, "system", "change", None, "office")
    assert [each.found for each in listed(kernel.audit(patient(data.root)))] == [
        "all 3 entries of 2 companies are there as they were written"
    ]
    with unguarded(Entry) as cursor:
        cursor.execute("UPDATE audit_entry SET actor = 'nobody' WHERE tenant_id = %s AND number = 2", [beta.id])
    [found] = listed(kernel.audit(patient(data.root)))
    assert (found.state, found.of) == ("fault", "beta")
    assert found.found == "the log of views and changes was tampered with at entry 2: it is not what was written"


@pytest.mark.django_db
def test_a_consent_that_was_changed(data: DataFolder) -> None:
    acme = stories.company("acme")
    do_switch(acme.bob, STATISTICS, True)
    assert states(kernel.consents(patient(data.root))) == ["ok"]
    with unguarded(Consent) as cursor:
        cursor.execute("UPDATE functions_consent SET decision = 'withdrawn'")
    [found] = listed(kernel.consents(patient(data.root)))
    assert (found.state, found.of) == ("fault", "acme")
    assert "tampered with at decision" in found.found


@pytest.mark.django_db
def test_jobs_that_nobody_does(data: DataFolder) -> None:
    acme = stories.company("acme")
    assert kernel.jobs(patient(data.root)).state == "ok"
    job = Job.all_tenants.create(tenant_id=acme.tenant.id, kind="export", state="failed", ended_at=timezone.now())
    assert kernel.jobs(patient(data.root)).state == "warning"
    Job.all_tenants.filter(pk=job.pk).update(state="waiting", asked_at=timezone.now() - timedelta(hours=1))
    found = kernel.jobs(patient(data.root))
    assert (found.state, found.found[:2]) == ("fault", "1 ")
    Job.all_tenants.filter(pk=job.pk).update(state="running", alive_at=1.0)
    assert kernel.jobs(patient(data.root)).state == "fault"


def test_the_folder_of_keys_that_companies_hold(tmp_path: Path) -> None:
    assert kernel.tenants_keys_folder(patient(tmp_path)).state == "none"
    assert kernel.tenants_keys_folder(patient(tmp_path, settings={"SVARA_TENANT_KEYS": str(tmp_path)})).state == "ok"
    gone = patient(tmp_path, settings={"SVARA_TENANT_KEYS": str(tmp_path / "pulled")})
    assert kernel.tenants_keys_folder(gone).state == "fault"
