"""Copying what an installation holds while it goes on serving: content to one place, the keys to another.

A backup holds the database and the files of sound, without demo companies, sessions and calls that are under way. It does
not hold the keys: what is sealed in it is opened by the key store alone, of which only the newest state is ever copied
(`svara.keys` beside the backups), so that a key that is destroyed is gone for every backup however old. With the keys goes
the ledger of erasures, through which a restore goes before the office opens.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from svara import __version__
from svara.data import DataFolder, put
from svara.privacy.errors import PlainError
from svara.privacy.rights import archive, keycopy, port

KEEP_DAYS = 30
"""Backups of this installation beside a new one go after so long."""
NOT_COPIED = ("django_session", "history_journalplace", "history_opencall")
"""Who is signed in, and what is only true of running calls."""
ELSEWHERE = "recordings/elsewhere/"
"""Below it are notes of recordings and messages that lie in a bucket (`svara.privacy.vault.elsewhere`)."""
MEMORY = ".backups"
"""Where the data folder remembers the last backup's place."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup holds; `aged_out` are older ones that went. `elsewhere`: recordings and messages that lie in a bucket;
    the backup says where, and does not hold them."""

    place: Path
    keys: Path
    files: int
    size_bytes: int
    aged_out: tuple[Path, ...]
    elsewhere: int = 0


def backup(data: DataFolder, place: Path, now: datetime, keep_days: int = KEEP_DAYS) -> Copied:
    """Write a backup to `place`, whole or not at all, and the keys beside it. Raises PlainError, OSError."""
    _refuse_other_databases()
    place = place.absolute()
    if place.is_dir() or not place.parent.is_dir():
        raise PlainError(f"{place} is no place for a backup: name a file in a folder that is there")
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".backup-")
    aside = Path(name)
    try:
        with tempfile.TemporaryDirectory(dir=data.root, prefix=".backup-") as scratch, os.fdopen(handle, "wb") as file:
            manifest = _write(data, Path(scratch), archive.Archive(file), now)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(place)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    keys = keycopy.copy(data, place.parent)
    put(data.root / MEMORY, str(place).encode())
    aged = tuple(_age_out(place, manifest.installation, now, keep_days))
    away = sum(name.startswith(ELSEWHERE) and name.count("/") == ELSEWHERE.count("/") + 1 for name in manifest.files)
    return Copied(place, keys, len(manifest.files), place.stat().st_size, aged, away)


def last_backup(data: DataFolder) -> Path:
    """Where the last backup was written. Raises PlainError where there was none, or it is gone."""
    with suppress(OSError):
        place = Path((data.root / MEMORY).read_text())
        if place.is_file():
            return place
    raise PlainError("there is no backup that this installation made: say which file with --backup")


def remembered(data: DataFolder) -> datetime | None:
    """When the last backup was made, also where its file was taken elsewhere since; None where there was none."""
    try:
        return datetime.fromtimestamp((data.root / MEMORY).stat().st_mtime, UTC)
    except OSError:
        return None


def installation_of(data: DataFolder) -> str:
    """The same for all backups of one installation; says nothing about its secret."""
    return hashlib.blake2b(data.secret_key.read_bytes(), person=b"svara backups").hexdigest()[:32]


def _refuse_other_databases() -> None:
    if connection.vendor != "sqlite":
        raise PlainError(
            "the database is PostgreSQL: back it up with pg_dump, together with the folders sounds and recordings; "
            "this command copies the embedded database"
        )


def _write(data: DataFolder, scratch: Path, target: archive.Archive, now: datetime) -> archive.Manifest:
    database = scratch / archive.DATABASE
    demo_files = set(_files_of_demos())
    with (
        closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as source,
        closing(sqlite3.connect(database)) as copy,
    ):
        source.backup(copy, pages=4096, sleep=0.01)
        _reduce(copy)
    target.add(archive.DATABASE, database, compressed=True)
    if data.audit_anchors.is_file():
        target.add(data.audit_anchors.name, data.audit_anchors)
    for place in _sounds(data):
        name = place.relative_to(data.root).as_posix()
        if name not in demo_files:
            with suppress(FileNotFoundError):  # it went meanwhile; then its row is gone, too, or goes at the restore
                target.add(name, place)
    return target.finish(installation_of(data), now, __version__)


def _sounds(data: DataFolder) -> Iterator[Path]:
    for folder in (data.sounds, data.recordings):
        for place in sorted(folder.rglob("*")):
            hidden = any(part.startswith(".") for part in place.relative_to(data.root).parts)
            if place.is_file() and not place.is_symlink() and not hidden and "builtin" not in place.parts:
                yield place


def _files_of_demos() -> Iterator[str]:
    from svara.privacy.tenancy import demo_tenants  # noqa: PLC0415

    for tenant_id in demo_tenants():
        yield from port.files_of(tenant_id)


def _reduce(copy: sqlite3.Connection) -> None:
    """Take out of a copy what is not to be copied: demo companies with everything of theirs, sessions, running calls."""
    triggers = copy.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _sql in triggers:  # tables that only grow: their guards are put back below
        copy.execute(f'DROP TRIGGER "{name}"')
    copy.execute("PRAGMA secure_delete = ON")
    for table in NOT_COPIED:
        copy.execute(f'DELETE FROM "{table}"')  # noqa: S608  names of our own
    if copy.execute("DELETE FROM people_tenant WHERE demo").rowcount:
        while _delete_orphans(copy):
            pass
    for _name, sql in triggers:
        copy.execute(sql)
    copy.commit()
    copy.execute("VACUUM")


def _delete_orphans(copy: sqlite3.Connection) -> int:
    """Rows that point at rows which are not there; gives how many went."""
    gone = 0
    tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for key in copy.execute(f'PRAGMA foreign_key_list("{table}")').fetchall():
            parent, column, target = key[2], key[3], key[4]
            gone += copy.execute(
                f'DELETE FROM "{table}" WHERE "{column}" IS NOT NULL AND NOT EXISTS '  # noqa: S608  names of our own
                f'(SELECT 1 FROM "{parent}" p WHERE p."{target}" = "{table}"."{column}")'
            ).rowcount
    return gone


def _age_out(newest: Path, installation: str, now: datetime, keep_days: int) -> Iterable[Path]:
    for place, manifest in list(archive.backups_in(newest.parent)):
        old = manifest.made_at < now - timedelta(days=keep_days)
        if keep_days > 0 and old and place != newest and manifest.installation == installation:
            place.unlink(missing_ok=True)
            yield place
