"""Backups: taken while serving, brought back whole or not at all, and without anybody who was erased since."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests import migrated
from tests.peers.bucket import bucket_server, new_bucket

from svara.data import DataFolder
from svara.privacy.rights import archive, decisions, keycopy, ledger
from svara.privacy.rights.archive import NoBackup
from svara.privacy.vault import elsewhere
from svara.privacy.vault.moving import Mover

OFFICE = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", languages: [nb, en], timezone: Europe/Oslo}
people:
  - {username: anna, name: Anna Berg, roles: [admin], extension: "101", password: correct-horse-1, email: anna@acme.test}
  - {username: bob, name: Bob Lund, extension: "102", password: correct-horse-2, email: bob@acme.test,
     phones: [{login: acme-bob, secret: s3cret-bob}]}
"""
Svara = Callable[..., subprocess.CompletedProcess[str]]


def run(folder: Path, *arguments: str, data: str = "live") -> subprocess.CompletedProcess[str]:
    """`svara ...` in `folder`; the installation is in `data` there."""
    return subprocess.run(
        [sys.executable, "-m", "svara", *arguments, "--data", str(folder / data)],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if not key.startswith("SVARA_")}
        | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture
def svara(tmp_path: Path) -> Svara:
    """Runs `svara ...`; the installation is in `live` unless told otherwise."""
    return partial(run, tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with a demo company beside it, and a sound: each test gets a copy."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "acme.yaml").write_text(OFFICE)
    data = DataFolder(folder / "live").create()
    migrated.copy_to(data.database)
    applied = run(folder, "apply", "acme.yaml")
    assert applied.returncode == 0, applied.stderr
    assert run(folder, "prepare", "--demo").returncode == 0
    with closing(sqlite3.connect(data.database)) as database:
        (tenant,) = database.execute("SELECT id FROM people_tenant WHERE slug = 'acme'").fetchone()
    (data.sounds / tenant).mkdir(parents=True, exist_ok=True)
    (data.sounds / tenant / "hello.wav").write_bytes(b"RIFF hello")
    (data.recordings / "calls").mkdir(exist_ok=True)
    (data.recordings / "calls" / ".writing").write_bytes(b"half")
    return folder


@pytest.fixture
def live(installed: Path, svara: Svara, tmp_path: Path) -> DataFolder:
    """The same, with a backup of last night."""
    shutil.copytree(installed / "live", tmp_path / "live")
    (tmp_path / "backups").mkdir()
    done = svara("backup", str(tmp_path / "backups" / "night.zip"))
    assert done.returncode == 0, done.stderr
    return DataFolder(tmp_path / "live")


def rows(data: DataFolder, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data.database)) as database:
        return database.execute(query).fetchall()


def test_a_backup_holds_content_but_no_demo_and_no_keys(live: DataFolder, tmp_path: Path) -> None:
    night = tmp_path / "backups" / "night.zip"
    manifest = archive.manifest_of(night)
    assert [name for name in manifest.files if name.endswith("hello.wav")]
    assert not [name for name in manifest.files if "keys" in name or "secret" in name or ".writing" in name]
    assert night.stat().st_mode & 0o777 == 0o600
    (tmp_path / "out").mkdir()
    archive.extract(night, tmp_path / "out")
    copy = DataFolder(tmp_path / "out")
    assert rows(copy, "SELECT slug FROM people_tenant") == [("acme",)]
    assert rows(copy, "SELECT count(*) FROM people_account") == [(2,)]
    content = (tmp_path / "out" / "svara.sqlite3").read_bytes()
    assert b"Bob Lund" in content, "or the next line proves nothing"
    assert len(rows(live, "SELECT name FROM people_account")) > 2
    for (name,) in rows(live, "SELECT a.name FROM people_account a JOIN people_tenant t ON t.id = a.tenant_id WHERE t.demo"):
        assert str(name).encode() not in content, name
    stored = (live.keys / "keys.sqlite3").read_bytes()
    assert stored not in night.read_bytes()
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
    assert rows(copy, triggers) == rows(live, triggers)


@pytest.mark.claim("ONC-7")
def test_a_lost_machine_comes_back_from_backup_keys_and_master_key(live: DataFolder, svara: Svara, tmp_path: Path) -> None:
    fresh = DataFolder(tmp_path / "fresh")
    told = svara("restore", "backups/night.zip", data="fresh")
    assert told.returncode == 1
    assert "master key" in told.stderr
    assert not fresh.database.exists()
    assert not (fresh.keys / "keys.sqlite3").exists()
    (fresh.keys).mkdir(exist_ok=True)
    shutil.copy(live.keys / "master", fresh.keys / "master")
    done = svara("restore", "backups/night.zip", data="fresh")
    assert done.returncode == 0, done.stderr
    assert rows(fresh, "SELECT username FROM people_account ORDER BY 1") == [("anna",), ("bob",)]
    assert [place.read_bytes() for place in fresh.sounds.glob("*/hello.wav")] == [b"RIFF hello"]
    assert svara("token", "anna", data="fresh").stdout.startswith("svara_")
    assert svara("backup", "backups/again.zip", data="fresh").returncode == 0


@pytest.mark.claim("PHO-13")
def test_who_was_erased_does_not_come_back_from_last_nights_backup(live: DataFolder, svara: Svara, tmp_path: Path) -> None:
    erased = svara("privacy", "erase", "bob@acme", "--reason", "asked for it", "--yes")
    assert erased.returncode == 0, erased.stderr
    receipt = json.loads(erased.stdout)
    assert keycopy.ledger_of(tmp_path / "backups" / "svara.keys")[0].receipt == receipt["sha256"], "the copy has it at once"

    shown = svara("privacy", "verify-erasure")
    assert shown.returncode == 0, shown.stderr + shown.stdout
    ((before, after),) = re.findall(r"(\d+) items in the backup, (\d+) after replay", shown.stdout)
    assert int(before) > 0, "the backup still held him"
    assert int(after) == 0
    assert not list(live.root.glob(".verify-*"))

    done = svara("restore", "backups/night.zip")
    assert done.returncode == 0, done.stderr
    assert "erased again: 1" in done.stdout
    assert rows(live, "SELECT username FROM people_account") == [("anna",)]
    assert rows(live, "SELECT digest FROM rights_erasure") == [(receipt["sha256"],)], "the receipt came along"
    content = live.database.read_bytes()
    assert b"Bob Lund" not in content
    assert b"acme-bob" not in content
    assert rows(live, "SELECT act, actor FROM audit_entry WHERE act = 'restore'") == [("restore", "operator")]
    (former,) = live.root.glob("before-restore-*")
    assert (former / "svara.sqlite3").exists()


@pytest.mark.claim("PHO-13")
def test_what_lies_in_a_bucket_is_listed_and_verifying_an_erasure_asks_for_it(
    live: DataFolder, svara: Svara, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bucket_server() as server:
        address = f"s3://{new_bucket(server, monkeypatch)}/office?endpoint={server}"
        lying, name = elsewhere.storage_at(address), "acme/voicemail/vm1.wav"
        lying.put(name, io.BytesIO(b"\2sealed"))
        note = elsewhere.Note(address, name, 7, hashlib.sha256(b"\2sealed").hexdigest(), 1_793_358_000 * 10**9, moved=True)
        elsewhere.begin(live, live.recordings / "voicemail" / "vm1.wav", note)
        with closing(sqlite3.connect(live.database)) as database:
            database.execute(
                "INSERT INTO voicemail_message (id, tenant_id, box, account_id, call_id, caller_number, caller_index, "
                "caller_sealed, caller_person, left_at, seconds, file, heard_by, saved) SELECT 'm1', tenant_id, "
                "'person:' || id, id, 'vm1', '', '', X'', '', '2026-11-01 12:00:00', 3.0, 'voicemail/vm1.wav', '', 0 "
                "FROM people_account WHERE name = 'Bob Lund'"
            )
            database.commit()
        told = svara("backup", "backups/again.zip")
        assert "1 recordings and messages lie in a bucket: the backup says where" in told.stdout, told.stderr
        assert "recordings/elsewhere/voicemail/vm1.wav" in archive.manifest_of(tmp_path / "backups" / "again.zip").files
        assert svara("privacy", "erase", "bob@acme", "--reason", "asked for it", "--yes").returncode == 0

        def verified() -> subprocess.CompletedProcess[str]:
            return svara("privacy", "verify-erasure")

        assert "in the bucket: 0 deleted, 1 about to be deleted, 0 left there." in verified().stdout
        assert Mover(live, tuple).step().deleted == 1
        assert list(lying.names()) == []
        assert "in the bucket: 1 deleted, 0 about to be deleted, 0 left there." in verified().stdout
        lying.put(name, io.BytesIO(b"\2sealed"))
        found = verified()
        assert found.returncode == 1
        assert "lie in the bucket still" in found.stderr
        restored = svara("restore", "backups/again.zip")
        assert restored.returncode == 0, restored.stderr
        assert list(elsewhere.notes(live)) == []
        assert [each.name for _file, each in elsewhere.going(live)] == [name], "it has to go there again"


def test_the_same_on_a_new_machine_that_never_had_him(live: DataFolder, svara: Svara, tmp_path: Path) -> None:
    """Only the old backup, and the newest copy of keys and ledger."""
    assert svara("privacy", "erase", "bob@acme", "--reason", "asked for it", "--yes").returncode == 0
    fresh = DataFolder(tmp_path / "fresh")
    fresh.create().keys.mkdir()
    shutil.copy(live.keys / "master", fresh.keys / "master")
    done = svara("restore", "backups/night.zip", data="fresh")
    assert done.returncode == 0, done.stderr
    assert rows(fresh, "SELECT username FROM people_account") == [("anna",)]
    assert b"Bob Lund" not in fresh.database.read_bytes()
    assert len(ledger.read(fresh.root / ledger.NAME)) == 1


def test_a_serving_office_is_not_restored_over(live: DataFolder, svara: Svara) -> None:
    import fcntl

    with (live.root / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = svara("restore", "backups/night.zip")
    assert told.returncode == 1
    assert "stop it before you restore" in told.stderr


@pytest.mark.parametrize("damage", ["cut short", "a byte changed", "no backup", "not there", "another form"])
def test_a_damaged_backup_is_refused_and_nothing_is_changed(
    live: DataFolder, svara: Svara, tmp_path: Path, damage: str
) -> None:
    night, bad = tmp_path / "backups" / "night.zip", tmp_path / "backups" / "bad.zip"
    content = night.read_bytes()
    match damage:
        case "cut short":
            bad.write_bytes(content[: len(content) // 2])
        case "a byte changed":
            bad.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
        case "no backup":
            bad.write_bytes(b"my holiday pictures")
        case "another form":
            with zipfile.ZipFile(bad, "w") as file:
                file.writestr("manifest.json", "[]")
    before = {place: place.read_bytes() for place in live.root.rglob("*.wav")}
    told = svara("restore", str(bad))
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1, told.stderr
    assert "Traceback" not in told.stderr
    assert rows(live, "SELECT count(*) FROM people_account WHERE username = 'bob'") == [(1,)]
    assert {place: place.read_bytes() for place in live.root.rglob("*.wav")} == before
    assert not list(live.root.glob(".restore-*"))
    assert not list(live.root.glob("before-restore-*"))


def test_old_backups_age_out_and_other_files_stay(live: DataFolder, svara: Svara, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    (backups / "holiday.zip").write_bytes(b"not ours")
    with zipfile.ZipFile(backups / "night.zip") as source, zipfile.ZipFile(backups / "old.zip", "w") as old:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == archive.MANIFEST:
                content = re.sub(rb'"made_at": "[^"]+"', b'"made_at": "2026-01-01T00:00:00+00:00"', content)
            old.writestr(info.filename, content)
    done = svara("backup", "backups/today.zip")
    assert "old.zip was older than 30 days" in done.stdout
    assert sorted(place.name for place in backups.iterdir()) == ["holiday.zip", "night.zip", "svara.keys", "today.zip"]


def made(place: Path, names: list[str], listed: dict[str, bytes] | None = None) -> Path:
    """A file that says of itself that it is a backup."""
    files = dict.fromkeys(names, b"x") if listed is None else listed
    sums = {name: [len(content), hashlib.sha256(content).hexdigest()] for name, content in files.items()}
    with zipfile.ZipFile(place, "w") as file:
        for name in names:
            file.writestr(name, b"x")
        manifest = {"form": 1, "installation": "i", "made_at": "2026-01-01T00:00:00+00:00", "version": "0", "files": sums}
        file.writestr("manifest.json", json.dumps(manifest))
    return place


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x",
        "/etc/passwd",
        "sounds/../../x",
        "sounds/..",
        "recordings/a/../../../x",
        "sounds\\..\\x",
        "C:/x",
        "keys/master",
        "secret-key",
        "sounds/.hidden",
        "sounds/a\nb",
        "recordings/" + "a/" * 9 + "x",
        "svara.sqlite3/x",
    ],
)
def test_names_that_lead_elsewhere_are_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    place = made(tmp_path / "evil.zip", ["svara.sqlite3", name])
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(NoBackup):
        archive.extract(place, out)
    assert not list(out.iterdir())


def test_files_beside_the_manifest_and_lies_about_sizes_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for case, (names, listed) in enumerate(
        [
            (["svara.sqlite3", "sounds/extra.wav"], {"svara.sqlite3": b"x"}),
            (["svara.sqlite3"], {"svara.sqlite3": b"x", "sounds/missing.wav": b"x"}),
            (["svara.sqlite3"], {"svara.sqlite3": b""}),
            (["svara.sqlite3"], {"svara.sqlite3": b"xx"}),
            (["svara.sqlite3"], {"svara.sqlite3": b"y"}),
            (["sounds/x.wav"], {"sounds/x.wav": b"x"}),
        ]
    ):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        with pytest.raises(NoBackup):
            archive.extract(made(tmp_path / f"{case}.zip", names, listed), out)


DECIDES = """
import django; django.setup()
from django.utils import timezone
from svara.people.models import Account
from svara.privacy.functions import outside, port
from svara.privacy.rights import corrections, objections, restriction
bob = Account.all_tenants.get(username="bob", tenant__slug="acme")
anna = Account.all_tenants.get(username="anna", tenant__slug="acme")
kari = outside.subject_of(bob.tenant_id, "+4722000001")
"""
BEFORE = """
port.do_switch(bob, "statistics", True)
objections.object_(bob.tenant_id, kari, "history", "I changed my name.", by="")
"""
AFTER = """
port.do_switch(bob, "statistics", False)
objections.do_object(bob, "recording", "My voice is mine.")
restriction.do_restrict(anna, kari, "accuracy", "It was somebody else.")
[row] = objections.of(bob.tenant_id, kari)
objections.withdraw(bob.tenant_id, kari, row.row.id, by="")
corrections.do_correct(bob, "people.name", "Robert Lund")
"""
IN_FORCE = [
    ("rights_objection", "history", "withdrawn"),
    ("rights_objection", "recording", "stopped"),
    ("rights_restriction", "accuracy", "in-force"),
]
Decide = Callable[[str], None]


@pytest.fixture
def decide(tmp_path: Path) -> Decide:
    """People decide something on their pages."""

    def run(what: str) -> None:
        settings = {"SVARA_DATA": str(tmp_path / "live"), "DJANGO_SETTINGS_MODULE": "svara.settings"}
        subprocess.run(
            [sys.executable, "-c", DECIDES + what],
            env=os.environ | settings | {"PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=100,
            check=True,
        )

    return run


def in_force(data: DataFolder) -> list[tuple[object, ...]]:
    return rows(
        data,
        "SELECT 'rights_objection', purpose, state FROM rights_objection UNION ALL "
        "SELECT 'rights_restriction', ground, state FROM rights_restriction ORDER BY 1, 2",
    )


@pytest.mark.claim("ADV-13")
def test_what_people_forbade_or_allowed_since_last_night_is_so_after_a_restore(
    live: DataFolder, svara: Svara, decide: Decide, tmp_path: Path
) -> None:
    decide(BEFORE)
    assert svara("backup", "backups/night.zip").returncode == 0
    decide(AFTER)
    assert rows(live, "SELECT count(*) FROM rights_undelivered") == [(0,)], "all of it is in the ledger at once"
    ledgers = {place: place.read_bytes() for place in (live.root / decisions.NAME, tmp_path / "backups" / keycopy.DECISIONS)}
    assert len(set(ledgers.values())) == 1

    done = svara("restore", "backups/night.zip")
    assert done.returncode == 0, done.stderr
    assert "restrictions 1, objections 2, consents and withdrawals 1, corrections 1, wishes to be erased 0." in done.stdout
    assert in_force(live) == IN_FORCE
    assert rows(live, "SELECT name FROM people_account WHERE username = 'bob'") == [("Robert Lund",)]
    newest = "SELECT decision FROM functions_consent WHERE purpose = 'statistics' ORDER BY number DESC LIMIT 1"
    assert rows(live, newest) == [("withdrawn",)]
    assert {place: place.read_bytes() for place in ledgers} == ledgers, "the ledger itself goes on where it was"

    (tmp_path / "fresh" / "keys").mkdir(parents=True)
    shutil.copy(live.keys / "master", tmp_path / "fresh" / "keys" / "master")
    fresh = DataFolder(tmp_path / "fresh")
    done = svara("restore", "backups/night.zip", data="fresh")
    assert done.returncode == 0, done.stderr
    assert in_force(fresh) == IN_FORCE, "a new machine has it from the copy beside the backup"
    assert (fresh.root / decisions.NAME).read_bytes() == (live.root / decisions.NAME).read_bytes()

    again = svara("privacy", "replay", data="fresh")
    assert again.returncode == 0, again.stderr
    assert "restrictions 0, objections 0, consents and withdrawals 0" in again.stdout
    shutil.copy(tmp_path / "backups" / "svara.keys", tmp_path / "by-hand.keys")
    with closing(sqlite3.connect(fresh.database)) as database:
        database.execute("DELETE FROM rights_objection")
        database.commit()
    replayed = svara("privacy", "replay", "--keys", "by-hand.keys", data="fresh")
    assert "objections 2" in replayed.stdout, "as after pg_restore"
    assert in_force(fresh) == IN_FORCE


@pytest.mark.parametrize("which", ["decisions", "erasures"])
def test_a_ledger_that_was_touched_keeps_the_restore_shut(
    live: DataFolder, svara: Svara, decide: Decide, which: str
) -> None:
    decide(BEFORE)
    assert svara("privacy", "erase", "bob@acme", "--reason", "asked for it", "--yes").returncode == 0
    assert svara("privacy", "erase", "+4722000001", "--tenant", "acme", "--reason", "asked", "--yes").returncode == 0
    place = live.root / which
    content = place.read_bytes()
    for damage in (content.replace(b'"at":"2', b'"at":"3', 1), content[:-20]):
        place.write_bytes(damage)
        told = svara("restore", "backups/night.zip")
        assert told.returncode == 1
        assert f"ledger of {which}" in told.stderr
        assert len(told.stderr.splitlines()) == 1
        assert rows(live, "SELECT count(*) FROM people_account WHERE username = 'bob'") == [(0,)], "nothing was changed"
