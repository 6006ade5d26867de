"""How old the last backup is, and whether it can be read."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.doctor.patients import listed, patient, states

from svara.cli.doctor import backups
from svara.cli.doctor.model import Wishes
from svara.data import DataFolder, put
from svara.privacy.rights import archive, keycopy
from svara.privacy.rights.backup import MEMORY

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def backup(tmp_path: Path, data_folder: DataFolder) -> Path:
    """One with a call, two people and a recording."""
    database = tmp_path / "made.sqlite3"
    with closing(sqlite3.connect(database)) as opened:
        opened.execute("CREATE TABLE history_call (id)")
        opened.execute("INSERT INTO history_call VALUES (1)")
        opened.execute("CREATE TABLE people_account (id)")
        opened.execute("INSERT INTO people_account VALUES (1), (2)")
        opened.commit()
    (tmp_path / "tape").write_bytes(os.urandom(3 << 20))
    place = tmp_path / "night.zip"
    with place.open("wb") as file:
        made = archive.Archive(file)
        made.add(archive.DATABASE, database, compressed=True)
        made.add("recordings/calls/one.wav", tmp_path / "tape")
        made.finish("i", NOW, "0.1.0")
    put(data_folder.root / MEMORY, str(place).encode())
    return place


@pytest.mark.parametrize(("days", "state"), [(0.5, "ok"), (6.9, "ok"), (8, "warning")])
def test_the_age_of_the_last_one(days: float, state: str) -> None:
    assert backups.aged(NOW - timedelta(days=days), "lies at /backup/night.zip", NOW).state == state


def test_none_was_ever_made(data_folder: DataFolder) -> None:
    found = backups.age(patient(data_folder.root))
    assert (found.state, "never made a backup" in found.found) == ("warning", True)
    assert states(backups.readable(patient(data_folder.root))) == ["none"]
    assert backups.age(patient(data_folder.root, settings={"SVARA_DATABASE_URL": "postgresql://x/y"})).state == "none"


def test_one_that_was_taken_elsewhere_since(backup: Path, data_folder: DataFolder) -> None:
    assert "lies at" in backups.age(patient(data_folder.root)).found
    backup.unlink()
    found = backups.age(patient(data_folder.root))
    assert (found.state, "is not where it was written any more" in found.found) == ("ok", True)
    old = time.time() - 9 * 86_400
    os.utime(data_folder.root / MEMORY, (old, old))
    found = backups.age(patient(data_folder.root))
    assert (found.state, "made 9 days ago" in found.found) == ("warning", True)


@pytest.mark.claim("ONC-7")
def test_one_that_is_whole(backup: Path, data_folder: DataFolder) -> None:
    before = sorted(data_folder.root.rglob("*"))
    content, keys = listed(backups.readable(patient(data_folder.root)))
    assert content.found == "night.zip: 2 files, all are as they were written; it holds 1 calls, 2 persons"
    assert (keys.state, keys.of) == ("warning", "keys")
    (backup.parent / keycopy.NAME).touch()
    assert states(backups.readable(patient(data_folder.root))) == ["ok", "ok"]
    assert sorted(data_folder.root.rglob("*")) == before


@pytest.mark.claim("ONC-7")
@pytest.mark.parametrize("where", [0.05, 0.5, 0.9, 0.9999])
def test_one_that_is_damaged(backup: Path, data_folder: DataFolder, where: float) -> None:
    content = bytearray(backup.read_bytes())
    content[int(len(content) * where)] ^= 0xFF
    backup.write_bytes(content)
    [found] = listed(backups.readable(patient(data_folder.root)))
    assert found.state == "fault"
    assert str(backup) in found.found


def test_one_that_is_cut_or_none_at_all(backup: Path, data_folder: DataFolder, tmp_path: Path) -> None:
    (tmp_path / "half.zip").write_bytes(backup.read_bytes()[: 1 << 20])
    (tmp_path / "letter.txt").write_text("hello")
    for name, words in (("half.zip", "is no backup"), ("letter.txt", "is no backup"), ("none.zip", "there is no file")):
        [found] = listed(backups.readable(patient(data_folder.root, wishes=Wishes(tmp_path / name))))
        assert (found.state, words in found.found) == ("fault", True)


def test_a_large_one_is_read_for_so_long(backup: Path) -> None:
    ticks = iter(range(1000))
    checked = archive.check(backup, 2, lambda: next(ticks))
    assert (checked.read, len(checked.manifest.files)) == (1, 2)  # its database comes first


def test_restoring_is_only_tried_where_it_is_wanted(data_folder: DataFolder) -> None:
    assert backups.restored(patient(data_folder.root)).state == "none"
    found = backups.restored(patient(data_folder.root, wishes=Wishes(deep=True)))
    assert (found.state, "there is no backup" in found.found) == ("fault", True)
