"""What lies on the disk: the database, the data folder and who may read it, room that is left; and the machine's clock."""

from __future__ import annotations

import ctypes
import io
import os
import secrets
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning
from svara.cli.doctor.office import plain, span
from svara.data import put

if TYPE_CHECKING:
    from svara.privacy.vault.elsewhere import Note
    from svara.privacy.vault.storage import Storage

FREE_FAULT_BYTES = 200 << 20
FREE_WARNING_BYTES = 2 << 30
MOST_FILES = 100_000
"""Files whose rights are looked at."""
QUICK_CHECK_BYTES = 2 << 30
"""A larger database is not read through."""
CLOCK_SECONDS = 2.0
WAITING_SECONDS = 3600.0
"""A recording that is older should be in the bucket, where there is one."""
_STA_UNSYNC = 0x0040
_TIMEX_BYTES = 256
_STATUS_AT = 40
"""Where `status` lies in struct timex (adjtimex(2)) on machines of 64 bits."""
_AHEAD_SECONDS = 300.0


def database(patient: Patient) -> list[Finding]:
    """Whether it answers, has all tables, and is whole."""
    if patient.no_database:
        return [
            fault(
                patient.no_database,
                "look whether the database runs, and at SVARA_DATABASE_URL; the data folder may be another one",
            )
        ]
    from django.db import connection  # noqa: PLC0415  needs an installation

    found = [_migrations()]
    if connection.vendor == "sqlite":
        found.append(_whole(Path(connection.settings_dict["NAME"])))
    else:
        found.append(_clocks_agree())
    return found


def _migrations() -> Finding:
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    applied = set(executor.loader.applied_migrations or ())
    newer = [
        key for key in applied if key not in executor.loader.disk_migrations and key[0] in executor.loader.migrated_apps
    ]
    of = "tables"
    if missing:
        return fault(
            f"{len(missing)} changes to its tables were not made: it is of an older version of Svara",
            "restart the office: they are made at its start",
            of,
        )
    if newer:
        return fault(
            f"its tables are of a newer version of Svara ({len(newer)} changes that this one does not know)",
            "install the newer version again",
            of,
        )
    vendor = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor)
    return ok(f"{vendor} answers, and all tables are as this version wants them", of)


def _whole(place: Path) -> Finding:
    of = "file"
    size = place.stat().st_size
    if size > QUICK_CHECK_BYTES:
        return none(f"not read through: it has {size / 1e9:.1f} GB", of)
    try:
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=5)) as opened:
            told = opened.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        told = [(str(error),)]
    if told == [("ok",)]:
        return ok(f"it is whole, {size / 1e6:.1f} MB", of)
    return fault(
        f"the database is damaged ({str(told[0][0])[:100]})",
        "stop the office, look at the disk, and restore the newest backup (svara restore)",
        of,
    )


def _clocks_agree() -> Finding:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        theirs = float(cursor.fetchone()[0])
    apart = abs(theirs - (before + time.time()) / 2)
    if apart > CLOCK_SECONDS:
        return warning(
            f"its clock and this machine's are {apart:.0f} s apart", "keep both by NTP (chrony, systemd-timesyncd)", "clock"
        )
    return ok("its clock agrees with this machine's", "clock")


def disk(patient: Patient) -> list[Finding]:
    """Room, and whether the folder takes what is written."""
    usage = shutil.disk_usage(patient.data.root)
    found = [room(usage.free, usage.total)]
    inodes = os.statvfs(patient.data.root)
    if inodes.f_files and inodes.f_favail < inodes.f_files * 0.02:
        found.append(fault("the disk has room, but takes hardly any more files (inodes)", "remove small files from it"))
    probe, content = patient.data.root / f".new-{secrets.token_hex(8)}", secrets.token_bytes(4096)
    try:
        put(probe, content)
        came_back = probe.read_bytes() == content
    except OSError as error:
        found.append(
            fault(f"nothing can be written into the data folder: {plain(error)}", "look at the disk and at its owner")
        )
    else:
        found.append(
            ok("a probe was written, read again and deleted", "writing")
            if came_back
            else fault("what was written came back changed", "look at the disk: it is failing", "writing")
        )
    finally:
        probe.unlink(missing_ok=True)
    return found


def room(free: int, total: int) -> Finding:
    """What is left of the disk."""
    of = "room"
    left = f"{free / 1e9:.1f} GB of {total / 1e9:.0f} GB are free"
    if free < FREE_FAULT_BYTES:
        return fault(f"the disk is full: {left}", "make room now: calls go on, but nothing of them can be written down", of)
    if free < FREE_WARNING_BYTES or free < total * 0.05:
        return warning(f"the disk is nearly full: {left}", "make room, or a larger disk", of)
    return ok(left, of)


def rights(patient: Patient) -> list[Finding]:
    """Who may read the data folder: its owner alone."""
    root = patient.data.root
    owner = root.stat().st_uid
    open_to, foreign, looked = [], [], 0
    for place, found in islice(_files(root), MOST_FILES):
        looked += 1
        if found.st_uid != owner:
            foreign.append(place)
        if found.st_mode & 0o077 and not stat.S_ISLNK(found.st_mode) and (place == root or not stat.S_ISSOCK(found.st_mode)):
            open_to.append(place)
    findings = []
    exposed = [place for place in open_to if place != root]
    if exposed:
        say = fault if root in open_to else warning
        findings.append(
            say(
                f"{len(exposed)} files or folders in it are open to others by their mode, for example {exposed[0]}: names, "
                "calls and hashes of secrets are in them",
                f"chmod -R go-rwx {root}",
                "files",
            )
        )
    elif root in open_to:
        findings.append(
            warning(
                f"others on this machine may enter the data folder (mode {root.stat().st_mode & 0o777:04o}); what is in it "
                "is closed to them",
                f"chmod 0700 {root}",
                "folder",
            )
        )
    if foreign:
        findings.append(
            fault(
                f"{len(foreign)} files or folders belong to another user, for example {foreign[0]}",
                f"chown -R {owner} {root}",
                "owner",
            )
        )
    return findings or [ok(f"only its owner may read it; {looked} files and folders were looked at")]


def _files(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    yield root, root.stat()
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            place = Path(folder, name)
            with suppress(OSError):  # it went meanwhile
                yield place, place.lstat()


def archive(patient: Patient) -> list[Finding]:
    """Whether what is put where archives lie comes back, and goes."""
    if not os.environ.get("SVARA_ARCHIVE"):
        return [none("archives of calls, where companies want them, lie in the data folder")]
    del patient
    from svara.history.archive import storage  # noqa: PLC0415

    return [_probed(storage, "where archives of calls lie", "SVARA_ARCHIVE")]


def _probed(storage: Callable[[], Storage], where: str, variable: str) -> Finding:
    from svara.privacy.vault.errors import VaultError  # noqa: PLC0415

    name, content = f"doctor/{secrets.token_hex(8)}", secrets.token_bytes(64)
    try:
        place = storage()
        place.put(name, io.BytesIO(content))
        with place.open(name) as file:
            file.seek(32)
            same = file.read() == content[32:] and file.seek(0) == 0 and file.read(32) == content[:32]
        place.delete(name)
    except (VaultError, OSError) as error:
        return fault(f"nothing can be stored {where}: {error}", f"look at {variable} and its credentials")
    if same:
        return ok(f"a probe was stored, read and deleted {where}")
    return fault(f"what was stored {where} did not come back as it was", "ask whoever runs the storage")


def recordings(patient: Patient) -> list[Finding]:
    """Whether the bucket of recordings and messages works, what waits for it, and whether all of it is there."""
    from svara.privacy.vault import elsewhere  # noqa: PLC0415
    from svara.privacy.vault.errors import VaultError  # noqa: PLC0415

    to, used = elsewhere.address(), elsewhere.addresses(patient.data)
    if not to and not used:
        return [none("recordings and messages lie in the data folder")]
    found = [_probed(partial(elsewhere.storage_at, to), "where recordings lie", elsewhere.VARIABLE)] if to else []
    notes = [note for _place, note in elsewhere.notes(patient.data) if note.moved]
    if strangers := sum(note.storage != to for note in notes):
        found.append(
            warning(
                f"{strangers} recordings and messages lie in another bucket than {elsewhere.VARIABLE} says, and are coming "
                "from there",
                "leave that bucket and its credentials as they are until this is gone",
                "moving",
            )
        )
    found.append(_waiting(patient))
    try:
        missing = len(lost(notes))
    except VaultError as error:
        found.append(fault(f"it cannot be asked what lies there: {error}", f"look at {elsewhere.VARIABLE}", "content"))
    else:
        found.append(
            fault(
                f"{missing} of {len(notes)} recordings and messages are not in the bucket any more",
                "ask whoever runs the storage: Svara has not deleted them",
                "content",
            )
            if missing
            else ok(f"all {len(notes)} recordings and messages that were moved there are there", "content")
        )
    return found


def lost(notes: Iterable[Note]) -> set[tuple[str, str]]:
    """Storage and name of what should lie there and does not. Raises VaultError."""
    from svara.privacy.vault.moving import names_at  # noqa: PLC0415

    wanted = {(note.storage, note.name) for note in notes}
    companies = sorted({(storage, name.partition("/")[0]) for storage, name in wanted})
    there = {(storage, name) for storage, company in companies for name in names_at(storage, [company])}
    return wanted - there


def _waiting(patient: Patient) -> Finding:
    """What is sealed, and lies on this machine for longer than moving it takes."""
    from svara.privacy.vault import elsewhere  # noqa: PLC0415
    from svara.privacy.vault.moving import waiting  # noqa: PLC0415

    since = time.time() - WAITING_SECONDS
    up = [at for _place, at in waiting(patient.data) if at < since] if elsewhere.address() else []
    down = sum(file.stat().st_ctime < since for file, _note in elsewhere.going(patient.data))
    if up or down:
        oldest = f", the oldest for {span(time.time() - min(up))}" if up else ""
        return warning(
            f"{len(up)} recordings and messages wait to be moved there{oldest}; {down} wait to be deleted there",
            "look at the bucket and at the log of the role jobs; until then they lie on this machine",
            "waiting",
        )
    return ok("nothing waits to be moved or deleted there for long", "waiting")


def clock(_patient: Patient) -> Finding:
    """Whether somebody keeps the machine's clock."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        answered = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except AttributeError:
        answered = -1
    if answered < 0 or ctypes.sizeof(ctypes.c_void_p) != 8:
        return none("not checked: this system does not tell whether its clock is kept")
    return kept(int.from_bytes(buffer.raw[_STATUS_AT : _STATUS_AT + 4], "little"))


def kept(status: int) -> Finding:
    """By the status bits of adjtimex(2)."""
    if status & _STA_UNSYNC:
        return warning(
            "nobody keeps this machine's clock: times in call records, opening hours and certificates go wrong with it",
            "install chrony or switch on systemd-timesyncd (in a container: on the machine that carries it)",
        )
    return ok("it is kept by a time server")


def newest_entry(patient: Patient) -> Finding:
    """Whether the clock went back: nothing that is written may lie ahead."""
    del patient
    from svara.privacy.audit.models import Entry  # noqa: PLC0415

    newest = Entry.all_tenants.order_by("-id").values_list("at", flat=True).first()
    ahead = (newest.timestamp() if newest is not None else 0.0) - time.time()
    if ahead > _AHEAD_SECONDS:
        return warning(
            f"the newest entry of a log lies {span(ahead)} ahead: this machine's clock went back, or was wrong before",
            "set the clock right before anything else; deadlines and deletions are counted by it",
        )
    return ok("nothing that was written lies ahead of it")


CHECKS = (
    Check("database", "Database", "asked it, compared its tables with this version, and read it through", database),
    Check("disk", "Disk", "looked how much room is left, and wrote, read and deleted a probe in the data folder", disk),
    Check(
        "archive", "Archives", "stored, read and deleted a probe where archives of calls lie", archive, needs=("database",)
    ),
    Check(
        "recordings",
        "Recordings",
        "stored, read and deleted a probe where recordings and messages lie, and compared what is there with what should be",
        recordings,
        needs=("database", "keys"),
    ),
    Check("rights", "Data folder", "looked who may read its files", rights),
    Check("clock", "Clock", "asked the system whether a time server keeps its clock", clock),
    Check("time", "Time", "compared the clock with the newest entry of the logs", newest_entry, needs=("database",)),
)
