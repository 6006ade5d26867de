"""A company that wants one has an archive of its calls: sealed, for its own time, and without those who were erased."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.history.stories import Company, call, company, happened, queue_call, queue_of
from tests.peers.bucket import bucket_server, new_bucket

from svara.calls.events import CallRecorded, Party
from svara.cli import archive as commands
from svara.data import DataFolder
from svara.history import archive
from svara.history.counts import ArchiveFile, CallCount
from svara.history.models import Call
from svara.people.models import Tenant
from svara.privacy import vault
from svara.privacy.audit.models import Entry
from svara.privacy.catalogue import Recipient
from svara.privacy.errors import NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.policies.facts import gather
from svara.privacy.registers.outsiders import outsiders
from svara.privacy.rights import erasing, exporting, holds, retention
from svara.privacy.subject import person
from svara.privacy.vault.port import Unreadable, VaultError

pytestmark = [pytest.mark.django_db, pytest.mark.claim("K2-7")]
FIRST = datetime(2026, 10, 19, 9, tzinfo=ZoneInfo("Europe/Oslo"))
KARI = Party(number="+4722000001", name="Kari Nordmann")
OLE = Party(number="+4733000002", name="Ole Dahl")
LATER = FIRST + timedelta(days=401)


@pytest.fixture
def acme(data_folder: DataFolder) -> Company:
    """Kari is put through to Bob by a queue, Ole calls Dag, Anna calls Bob; all of it is recorded."""
    acme = company("acme")
    queue_of(acme, "bob", "dag")
    at = FIRST.timestamp()
    happened(
        [
            *queue_call(acme, KARI, [("dag", "no answer"), ("bob", "answered")], call="q1", at=at),
            CallRecorded("q1", at + 30, file="calls/q1.wav", seconds=9.0, why="queue:support"),
        ],
        call(acme, OLE, "dag", call="c1", at=at + 100, direction="inbound"),
        call(acme, "anna", "bob", call="c2", at=at + 200),
    )
    return acme


def expire(acme: Company, now: datetime = LATER) -> retention.Run:
    return retention.run(acme.tenant.id, now, dry=False, rest=lambda _seconds: None)


def files(data: DataFolder) -> list[Path]:
    return [place for place in (data.root / "archive").rglob("*") if place.is_file()]


def archived(acme: Company) -> ArchiveFile:
    retention.do_choose(acme.anna, {"history.archive": 700})
    expire(acme)
    [file] = archive.archives(acme.tenant.id)
    return file


def test_nobody_has_one_who_did_not_ask_for_it(acme: Company, data_folder: DataFolder) -> None:
    assert "files.archive" not in str(gather(acme.tenant.id))
    expire(acme)
    assert not Call.all_tenants.exists()
    assert files(data_folder) == []
    assert archive.archives(acme.tenant.id) == []


def test_it_may_lie_in_a_bucket_elsewhere_which_is_then_a_recipient(
    acme: Company, data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    with bucket_server() as server:
        bucket = new_bucket(server, monkeypatch)
        monkeypatch.setenv("SVARA_ARCHIVE", f"s3://{bucket}/office?endpoint={server}")
        assert outsiders(acme.tenant.id) == (), "who has no archive sends nothing there"
        file = archived(acme)
        assert [(each.kind, each.name) for each in outsiders(acme.tenant.id)] == [
            (Recipient.STORAGE, f"{bucket}, 127.0.0.1")
        ]
        assert files(data_folder) == []
        first = next(iter(archive.open_archive(acme.tenant.id, file.name, acme.anna.id)))
        assert isinstance(first, archive.Kept)
        assert first.caller.name == KARI.name
        with django_capture_on_commit_callbacks(execute=True):
            expire(acme, LATER + timedelta(days=4000))
        assert list(archive.storage().names()) == []


def test_what_is_put_away_is_read_back_and_is_no_more_than_who_when_and_how_it_ended(
    acme: Company, data_folder: DataFolder
) -> None:
    file = archived(acme)
    assert not Call.all_tenants.exists()
    assert CallCount.all_tenants.exists()
    [place] = files(data_folder)
    assert place.parent.name == acme.tenant.id, "a folder of the company's own"
    content = place.read_bytes()
    for secret in (KARI.number, KARI.name, OLE.number, acme.bob.id, b"support"):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in content
    first, second, third = (one for one in archive.open_archive(acme.tenant.id, file.name, acme.anna.id))
    assert isinstance(first, archive.Kept)
    assert (first.caller.number, first.caller.name) == (KARI.number, KARI.name)
    assert first.answered_by.person == acme.bob.id
    assert (first.queue, first.outcome, first.talk_seconds) == ("support", "answered", 60.0)
    assert not hasattr(first, "legs")
    assert isinstance(second, archive.Kept)
    assert second.caller.name == OLE.name
    assert isinstance(third, archive.Kept)
    assert set(third.about) == {person(acme.anna.id), person(acme.bob.id)}
    assert Entry.all_tenants.filter(tenant=acme.tenant, act="view", what="archive").count() == 1
    with pytest.raises(NotFound):
        archive.open_archive(company("beta").tenant.id, file.name, acme.anna.id)


@pytest.mark.claim("PHO-13")
def test_who_is_erased_is_gone_from_the_archive_and_nobody_else(acme: Company) -> None:
    file = archived(acme)
    kari = subject_of(acme.tenant.id, KARI.number)
    preview = {each.table: each.count for each in erasing.preview(acme.tenant.id, kari).holdings}
    assert preview["files:archive"] == 1
    erasing.erase(acme.tenant.id, kari, reason="asked for it", by=acme.anna.id)
    first, second, third = archive.open_archive(acme.tenant.id, file.name, acme.anna.id)
    assert isinstance(first, Unreadable)
    assert isinstance(second, archive.Kept)
    assert isinstance(third, archive.Kept)
    erasing.erase(acme.tenant.id, person(acme.bob.id), reason="left", by=acme.anna.id)
    readable = [isinstance(one, archive.Kept) for one in archive.open_archive(acme.tenant.id, file.name, acme.anna.id)]
    assert readable == [False, True, False]


def test_who_asks_what_there_is_about_them_gets_the_archive_too(acme: Company, tmp_path: Path) -> None:
    archived(acme)
    told = [archive.shown(one, person(acme.bob.id)) for one in archive.about(acme.tenant.id, person(acme.bob.id))]
    assert [each["call"] for each in told] == ["q1", "c2"]
    assert told[1]["callee"] == {"person": "you"}
    assert acme.anna.id not in json.dumps(told), "a colleague is not named"
    with (tmp_path / "bob.zip").open("xb") as file:
        assert "archived-calls" in exporting.write(acme.tenant.id, person(acme.bob.id), "en", file)


def test_it_has_its_own_time_and_goes_at_once_when_it_is_not_wanted_any_more(
    acme: Company, data_folder: DataFolder, django_capture_on_commit_callbacks: Any
) -> None:
    archived(acme)
    assert {use.days for use in gather(acme.tenant.id).uses if use.since == "the call" and use.vaulted} >= {700}
    with django_capture_on_commit_callbacks(execute=True):
        expire(acme, FIRST + timedelta(days=699))
        assert len(files(data_folder)) == 1
    holds.do_hold(acme.anna, period="history.archive", reason="court", until=FIRST + timedelta(days=800))
    with django_capture_on_commit_callbacks(execute=True):
        expire(acme, FIRST + timedelta(days=750))
    assert len(files(data_folder)) == 1, "a hold keeps it"
    with django_capture_on_commit_callbacks(execute=True):
        done = expire(acme, FIRST + timedelta(days=801))
    assert [(each.table, each.count) for each in done.gone] == [("files:archive", 1)]
    assert files(data_folder) == []
    happened(call(acme, "anna", "bob", call="c9", at=FIRST.timestamp()))
    expire(acme)
    assert len(files(data_folder)) == 1
    retention.do_choose(acme.anna, {"history.archive": 0})
    with django_capture_on_commit_callbacks(execute=True):
        expire(acme, FIRST + timedelta(days=801))
    assert files(data_folder) == []


def test_while_it_cannot_be_put_away_nothing_goes_and_other_companies_go_on(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    beta = company("beta")
    happened(call(beta, "anna", "bob", call="b1", at=FIRST.timestamp()))
    retention.do_choose(acme.anna, {"history.archive": 700})

    def full(*_args: object) -> None:
        raise VaultError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(archive, "storage", full)
        retention.run_all([acme.tenant.id, beta.tenant.id], LATER)
    assert set(Call.all_tenants.values_list("tenant", flat=True)) == {acme.tenant.id}
    expire(acme)
    assert not Call.all_tenants.exists()


def test_a_changed_file_is_not_read_and_a_companys_key_takes_its_archive_along(
    acme: Company, data_folder: DataFolder
) -> None:
    file = archived(acme)
    keys = vault.current().keeping
    keys.bring(acme.tenant.id, bytes(range(32)))
    keys.take_away(acme.tenant.id)
    assert all(isinstance(one, Unreadable) for one in archive.open_archive(acme.tenant.id, file.name, acme.anna.id))
    keys.bring(acme.tenant.id, bytes(range(32)))
    assert all(isinstance(one, archive.Kept) for one in archive.open_archive(acme.tenant.id, file.name, acme.anna.id))
    [place] = files(data_folder)
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    with pytest.raises(Unreadable):
        archive.open_archive(acme.tenant.id, file.name, acme.anna.id)


def test_a_demo_company_has_none(acme: Company, data_folder: DataFolder) -> None:
    Tenant.objects.update(demo=True)
    retention.do_choose(acme.anna, {"history.archive": 700})
    expire(acme)
    assert not Call.all_tenants.exists()
    assert files(data_folder) == []


def test_the_commands(
    acme: Company, data_folder: DataFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = archived(acme)
    monkeypatch.setattr(commands, "open_data", lambda _data: None)
    commands.list_(data=data_folder.root)
    assert f"acme: {file.name} 2026-10-19 to 2026-10-19, 3 calls" in capsys.readouterr().out
    commands.open_(file.name, data=data_folder.root)
    assert KARI.number in capsys.readouterr().out
