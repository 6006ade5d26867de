"""Disk, data folder, database and clock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.cli.doctor.patients import listed, patient, states
from tests.peers.bucket import bucket_server, new_bucket

from svara.cli.doctor import storage
from svara.data import DataFolder, put
from svara.history import archive


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    data = DataFolder(tmp_path / "office").create()
    put(data.secret_key, b"k" * 32)
    return data


@pytest.mark.parametrize(
    ("free", "state"), [(50 << 30, "ok"), (1 << 30, "warning"), (10 << 30, "ok"), (100 << 20, "fault"), (3 << 30, "warning")]
)
def test_room(free: int, state: str) -> None:
    assert storage.room(free, 100 << 30).state == state


def test_a_probe_is_written_and_nothing_of_it_stays(folder: DataFolder) -> None:
    before = sorted(folder.root.rglob("*"))
    assert states(storage.disk(patient(folder.root)))[-1] == "ok"
    assert sorted(folder.root.rglob("*")) == before


def test_a_disk_that_takes_nothing(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(storage, "put", refuses)
    found = listed(storage.disk(patient(folder.root)))[-1]
    assert (found.state, found.found) == ("fault", "nothing can be written into the data folder: Read-only file system")


def test_a_bucket_for_archives_is_tried(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(storage.archive(patient(folder.root))) == ["none"]
    with bucket_server() as server:
        monkeypatch.setenv("SVARA_ARCHIVE", f"s3://{new_bucket(server, monkeypatch)}/office?endpoint={server}")
        assert states(storage.archive(patient(folder.root))) == ["ok"]
        assert list(archive.storage().names()) == []
        monkeypatch.setenv("SVARA_ARCHIVE", f"s3://nobodys/office?endpoint={server}")
        [found] = listed(storage.archive(patient(folder.root)))
    assert found.state == "fault"
    assert found.found.startswith("nothing can be stored where archives of calls lie: ")


def test_only_the_owner_may_read(folder: DataFolder) -> None:
    assert states(storage.rights(patient(folder.root))) == ["ok"]
    folder.root.chmod(0o755)
    [found] = listed(storage.rights(patient(folder.root)))
    assert (found.state, found.advice) == ("warning", f"chmod 0700 {folder.root}")
    folder.secret_key.chmod(0o644)
    [found] = listed(storage.rights(patient(folder.root)))
    assert (found.state, found.advice) == ("fault", f"chmod -R go-rwx {folder.root}")
    folder.root.chmod(0o700)
    assert states(storage.rights(patient(folder.root))) == ["warning"]  # nobody reaches it


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_somebody_else(folder: DataFolder) -> None:
    os.chown(folder.secret_key, 65534, 65534)
    [found] = listed(storage.rights(patient(folder.root)))
    assert found.state == "fault"
    assert found.advice == f"chown -R 0 {folder.root}"


def test_the_clock(tmp_path: Path) -> None:
    assert storage.kept(0).state == "ok"
    assert storage.kept(0x2001).state == "ok"
    assert storage.kept(0x0041).state == "warning"
    assert storage.clock(patient(tmp_path)).state in ("ok", "warning", "none")  # whatever this machine has


def test_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    [found] = storage.database(patient(tmp_path, no_database="the database does not answer"))
    assert (found.state, found.found) == ("fault", "the database does not answer")


@pytest.mark.django_db
def test_a_database_that_is_well(tmp_path: Path) -> None:
    assert set(states(storage.database(patient(tmp_path)))) == {"ok"}


@pytest.mark.django_db
def test_tables_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.executor import MigrationExecutor

    with monkeypatch.context() as patched:
        patched.setattr(MigrationExecutor, "migration_plan", lambda *_: [("history", "0099_more")])
        found = listed(storage.database(patient(tmp_path)))[0]
    assert (found.state, found.advice) == ("fault", "restart the office: they are made at its start")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('history', '9999_future', CURRENT_TIMESTAMP)"
        )
    found = listed(storage.database(patient(tmp_path)))[0]
    assert "newer version" in found.found


def test_a_damaged_file(tmp_path: Path) -> None:
    place = tmp_path / "svara.sqlite3"
    place.write_bytes(b"SQLite format 3\0" + b"\1" * 5000)
    assert storage._whole(place).state == "fault"


@pytest.mark.django_db
def test_a_clock_that_went_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.privacy.audit import offices

    from svara.privacy.audit.port import record

    record(offices.company("acme").id, "system", "change", None, "office")
    assert storage.newest_entry(patient(tmp_path)).state == "ok"
    now = storage.time.time()
    monkeypatch.setattr(storage.time, "time", lambda: now - 7300)
    found = storage.newest_entry(patient(tmp_path))
    assert found.state == "warning"
    assert "2 hours ahead" in found.found or "119 minutes ahead" in found.found or "121 minutes ahead" in found.found
