"""Bringing a backup back: checked whole beforehand, gone through with the ledgers, and only then put in place.

All of it happens in a folder aside, with its own database; what serves is exchanged at the end by renaming, so that there is
never half of it. Whoever was erased since the backup was made is erased in it before anybody can open it; whatever was
restricted, objected to, withdrawn or corrected since, or lifted, is so in it. What was there before stays in a folder of its
own, for the operator to delete.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from svara.data import DataFolder, locked
from svara.privacy.errors import PlainError
from svara.privacy.rights import archive, chained, decisions, keycopy, ledger
from svara.privacy.rights.bucket import InBucket, asked
from svara.privacy.vault import elsewhere

STAYS = frozenset({"keys", "secret-key", "lock", "sockets", ledger.NAME, decisions.NAME})
"""What is of the installation itself, and not of a backup. Hidden files stay, too."""
NOT_APPLIED = "not applied"
"""In `Replayed.redone`: corrections of which the value could not be put in place again."""
_TOLD = {
    "rights.Restriction": "restrictions",
    "rights.Objection": "objections",
    "functions.Consent": "consents and withdrawals",
    "rights.Correction": "corrections",
    "rights.ErasureWish": "wishes to be erased",
}


class Task(msgspec.Struct, frozen=True):
    """What is to be done again: erasures as (tenant, subject, when), and decisions, oldest first."""

    erasures: list[tuple[str, str, str]]
    decisions: list[decisions.Entry]


class Found(msgspec.Struct, frozen=True):
    """What the replay did for one erased person: rows in the backup before and after, and whether their key is gone
    (None: they never had one)."""

    subject: str
    at: str
    before: int
    after: int
    key_gone: bool | None = None


class Replayed(msgspec.Struct, frozen=True):
    """What came of it: who was erased, and how many rows of which table were put in force again."""

    found: list[Found]
    redone: dict[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. `redone` says how many rows of which table were put in force again; `former` is where the state from
    before lies, None where there was none."""

    made_at: datetime
    files: int
    erased: tuple[Found, ...]
    redone: dict[str, int] = field(default_factory=dict)
    former: Path | None = None
    bucket: InBucket = field(default_factory=InBucket)


def restore(data: DataFolder, place: Path, now: datetime, keys: Path | None = None) -> Restored:
    """Make the data folder what a backup holds. Raises PlainError: the office serves, the file is no whole backup, or the
    keys are missing; then nothing is changed."""
    data.create()
    with _alone(data), tempfile.TemporaryDirectory(dir=data.root, prefix=".restore-") as scratch:
        aside = DataFolder(Path(scratch))
        manifest = archive.extract(place, aside.root)
        _check_database(aside.database, place)
        beside = keys or place.absolute().parent / keycopy.NAME
        new_keys = _bring_keys(data, beside, required=keys is not None)
        try:
            _check_keys(data)
            task = Task(_entries(data, beside), _decisions(data, beside))
            done = _replay(data, aside, task)
        except BaseException:
            for key in new_keys:
                key.unlink(missing_ok=True)
            raise
        elsewhere.take_over(data, aside)
        former = _exchange(data, aside, now)
        _keep(data, task)
    return Restored(manifest.made_at, len(manifest.files), tuple(done.found), done.redone, former)


def verify(data: DataFolder, place: Path) -> Restored:
    """Restore a backup into a scratch place with the keys as they are now, and say what can be read of those who were
    erased."""
    with tempfile.TemporaryDirectory(dir=data.root, prefix=".verify-") as scratch:
        aside = DataFolder(Path(scratch))
        manifest = archive.extract(place, aside.root)
        _check_database(aside.database, place)
        task = Task(_entries(data, place.absolute().parent / keycopy.NAME), [])
        found = tuple(_replay(data, aside, task).found)
        return Restored(manifest.made_at, len(manifest.files), found, bucket=asked(data, aside))


def go_through(data: DataFolder, keys: Path | None = None) -> Replayed:
    """Go through the database that is in place with the ledgers: it was brought back by other means (`pg_restore`). For a
    process that has opened it. Raises PlainError: the office serves, or a ledger is damaged; then nothing is changed."""
    from svara.privacy.rights.going_through import go_through as go  # noqa: PLC0415  needs Django

    with _alone(data):
        beside = keys or data.root / keycopy.NAME
        task = Task(_entries(data, beside), _decisions(data, beside))
        done = go(task)
        _keep(data, task)
    return done


def told(redone: dict[str, int]) -> str:
    """In a sentence, what was put in force again."""
    words = [f"{text} {redone.get(name, 0)}" for name, text in _TOLD.items()]
    missing = redone.get(NOT_APPLIED, 0)
    end = f" Of these corrections {missing} could not be made: what they are about is not there." if missing else ""
    return f"In force as decided since: {', '.join(words)}.{end}"


@contextmanager
def _alone(data: DataFolder) -> Iterator[None]:
    with (data.root / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PlainError(f"the office serves the data folder {data.root}: stop it before you restore") from None
        yield


def _check_database(database: Path, place: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            sound = opened.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        raise archive.NoBackup(f"{place} is damaged: its database cannot be read; nothing of it was used")


def _bring_keys(data: DataFolder, beside: Path, *, required: bool) -> list[Path]:
    """On a machine that has no keys yet: those that were copied beside the backup. Gives what was put there."""
    places = [data.keys / keycopy.STORE, data.root / ledger.NAME]
    missing = [place for place in places if not place.exists()]
    if missing and (beside.exists() or required):
        keycopy.unpack(beside, data)
    return [place for place in missing if place.exists()]


def _check_keys(data: DataFolder) -> None:
    if not (data.keys / keycopy.STORE).exists():
        raise PlainError(
            f"the keys are not here: put {keycopy.NAME}, which lies beside the backups, next to the file, or say --keys"
        )
    if (
        not any(name in os.environ for name in ("SVARA_MASTER_KEY_FILE", "SVARA_MASTER_KEY_URI"))
        and not (data.keys / "master").exists()
    ):
        raise PlainError(
            f"the master key is not here: put your copy of it at {data.keys / 'master'} (or set SVARA_MASTER_KEY_FILE)"
        )


def _entries(data: DataFolder, beside: Path) -> list[tuple[str, str, str]]:
    """Every erasure that is known: of the ledger here, and of that in the copy beside the backup."""
    found = ledger.read(data.root / ledger.NAME)
    if beside.exists():
        found += keycopy.ledger_of(beside)
    return list(dict.fromkeys((entry.tenant, entry.subject, entry.at) for entry in found))


def _decisions(data: DataFolder, beside: Path) -> list[decisions.Entry]:
    """Every decision that is known: of the ledger here, and of its copies beside the backup."""
    return decisions.merged([decisions.read(data.root / decisions.NAME), keycopy.decisions_of(beside)])


def _keep(data: DataFolder, task: Task) -> None:
    """What only the copy knew is in the ledger here from now on, for the next restore."""
    place = data.root / decisions.NAME
    with locked(place.with_name(f".{decisions.NAME}-lock")):
        known = {(entry.at, entry.of, entry.row) for entry in decisions.read(place)}
        missing = [entry for entry in task.decisions if (entry.at, entry.of, entry.row) not in known]
        chained.append(place, [{"at": each.at, "of": each.of, "row": each.row, "fields": each.fields} for each in missing])


def _replay(data: DataFolder, aside: DataFolder, task: Task) -> Replayed:
    """Bring the database aside up to date, and go through it with the ledgers; in a process of its own, for Django knows one
    database."""
    aside.keys.symlink_to(data.keys, target_is_directory=True)
    if data.secret_key.exists():
        aside.secret_key.symlink_to(data.secret_key)
    wish = aside.root / ".replay"
    wish.write_bytes(msgspec.json.encode(task))
    environment = {key: value for key, value in os.environ.items() if key != "SVARA_DATABASE_URL"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    former = str(data.database) if data.database.exists() else ""
    command = [sys.executable, "-m", "svara.privacy.rights.replay", str(aside.root), former]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  our own program
    wish.unlink()
    aside.keys.unlink()
    if ran.returncode != 0:
        lines = ran.stderr.strip().splitlines() or ["it ended without a word"]
        raise PlainError(f"the backup could not be made ready: {lines[-1].removeprefix('svara: ')}; nothing was changed")
    if data.secret_key.exists():
        aside.secret_key.unlink()
    return msgspec.json.decode(ran.stdout.splitlines()[-1], type=Replayed)


def _exchange(data: DataFolder, aside: DataFolder, now: datetime) -> Path | None:
    former = data.root / f"before-restore-{now:%Y-%m-%d-%H%M%S}"
    movable = [each for each in data.root.iterdir() if each.name not in STAYS and not _own(each.name)]
    had = data.database.exists()
    if movable:
        former.mkdir(mode=0o700)
        for each in movable:
            each.rename(former / each.name)
    for each in list(aside.root.iterdir()):
        if not each.name.startswith(".") and each.name not in STAYS:
            each.rename(data.root / each.name)
    if movable and not had:
        shutil.rmtree(former)  # an empty installation: nothing is lost with it
    data.create()
    return former if movable and had else None


def _own(name: str) -> bool:
    return name.startswith((".", "before-restore-"))
