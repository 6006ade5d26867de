"""Whether there is a backup, how old it is, and whether it can be read."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning
from svara.cli.doctor.office import span
from svara.privacy.errors import PlainError
from svara.privacy.rights import archive

OLD_DAYS = 7
READ_SECONDS = 20.0
"""So long a backup is read; what is left is said."""
DEEP_SECONDS = 900.0
_MAKE = "svara backup FILE, every night by a timer, to a place that is not this machine"
_COUNTED = (("history_call", "calls"), ("people_account", "persons"), ("voicemail_message", "voice messages"))


def age(patient: Patient) -> Finding:
    """When the last backup was made."""
    from svara.privacy.rights.backup import last_backup, remembered  # noqa: PLC0415  needs Django's settings

    if patient.settings.get("SVARA_DATABASE_URL"):
        return none("the database is PostgreSQL: it is backed up by pg_dump, of which this installation knows nothing")
    made_at = remembered(patient.data)
    if made_at is None:
        return warning("this installation has never made a backup: when the disk fails, all is lost", _MAKE)
    try:
        place = last_backup(patient.data)
    except PlainError:
        return aged(made_at, "is not where it was written any more", datetime.now(UTC))
    return aged(made_at, f"lies at {place}", datetime.now(UTC))


def aged(made_at: datetime, where: str, now: datetime) -> Finding:
    """What is to be said of the age of the last backup."""
    old = (now - made_at).total_seconds()
    text = f"the last one was made {span(old)} ago ({made_at:%Y-%m-%d %H:%M} UTC) and {where}"
    return warning(text, _MAKE) if old > OLD_DAYS * 86_400 else ok(text)


def readable(patient: Patient) -> list[Finding]:
    """Reads a backup as a restore does, without putting anything in place."""
    from svara.privacy.rights import keycopy  # noqa: PLC0415  needs Django's settings
    from svara.privacy.rights.backup import last_backup  # noqa: PLC0415

    try:
        place = patient.wishes.backup or last_backup(patient.data)
    except PlainError:
        return [none("there is none to read: name one with --backup FILE")]
    try:
        checked = archive.check(place, time.monotonic() + READ_SECONDS, time.monotonic)
        counted = _counted(patient, place, checked.manifest)
    except archive.NoBackup as error:
        return [fault(str(error), "make a new one now (svara backup), and find out what damages files there")]
    except OSError as error:
        return [fault(f"{place} cannot be read: {error.strerror}", "look at the disk on which it lies")]
    total = len(checked.manifest.files)
    found = [
        ok(f"{place.name}: {total} files, all are as they were written; {counted}", "content")
        if checked.read == total
        else ok(f"{place.name}: the first {checked.read} of {total} files are as they were written; {counted}", "content")
    ]
    beside = place.absolute().parent / keycopy.NAME
    if not beside.is_file():
        found.append(
            warning(
                f"{keycopy.NAME} is not beside it: on another machine nothing of it could be opened",
                f"keep {keycopy.NAME}, which each backup writes, with the backups, and the master key apart from both",
                "keys",
            )
        )
    else:
        found.append(ok(f"{keycopy.NAME} lies beside it (the master key has to be kept apart from both)", "keys"))
    return found


def _counted(patient: Patient, place: Path, manifest: archive.Manifest) -> str:
    """How much stands in its database, which is taken out into a scratch place for that."""
    size = manifest.files[archive.DATABASE][0]
    if shutil.disk_usage(patient.data.root).free < 2 * size + (1 << 30):
        return "its database was not opened: there is no room for that here"
    with tempfile.TemporaryDirectory(dir=patient.data.root, prefix=".verify-") as scratch:
        database = archive.extract_database(place, Path(scratch))
        try:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
                if opened.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
                    raise sqlite3.DatabaseError
                tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                counts = [
                    f"{opened.execute(f'SELECT count(*) FROM {table}').fetchone()[0]} {words}"  # noqa: S608  our own names
                    for table, words in _COUNTED
                    if table in tables
                ]
        except sqlite3.DatabaseError:
            raise archive.NoBackup(f"{place} is damaged: its database cannot be read") from None
    return f"it holds {', '.join(counts)}"


def restored(patient: Patient) -> Finding:
    """Restores a backup into a scratch place, and goes through it with the ledger of erasures."""
    from svara.privacy.rights import restore  # noqa: PLC0415
    from svara.privacy.rights.backup import last_backup  # noqa: PLC0415

    if not patient.wishes.deep:
        return none("not tried: --deep does, which takes as long as a restore")
    if patient.settings.get("SVARA_DATABASE_URL") and patient.wishes.backup is None:
        return none("not tried: the database is PostgreSQL")
    try:
        place = patient.wishes.backup or last_backup(patient.data)
        done = restore.verify(patient.data, place)
    except PlainError as error:
        return fault(str(error), "make a new backup now (svara backup), and try that one")
    left = [each for each in done.erased if each.after]
    if left:
        return fault(
            f"{len(left)} persons who were erased can still be found in it after a restore", "report it with the version"
        )
    again = f"; {len(done.erased)} persons who were erased since are erased in it" if done.erased else ""
    return ok(
        f"the backup of {done.made_at:%Y-%m-%d %H:%M} UTC was restored into a scratch place, {done.files} files{again}"
    )


CHECKS = (
    Check("backup", "Backup", "looked when the last backup was made", age, needs=("database",)),
    Check(
        "backup-read",
        "Reading a backup",
        "opened it, compared every file with its checksum, and counted what its database holds",
        readable,
        needs=("database",),
        seconds=29.0,
    ),
    Check(
        "backup-restore",
        "Restoring a backup",
        "restored it into a scratch place",
        restored,
        needs=("database", "keys"),
        seconds=DEEP_SECONDS,
    ),
)
