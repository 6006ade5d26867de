"""The copy of the keys beside the backups: one file, only ever the newest state, written anew with each backup and each
erasure.

It holds the key store (every key in it wrapped by the master key, which is not in it: keep a copy of that apart, once) and
the ledgers of erasures and decisions. Decisions are made much more often than keys are destroyed: beside it a copy of their
ledger grows with each of them.
"""

from __future__ import annotations

import io
import os
import sqlite3
import zipfile
from contextlib import closing, suppress
from pathlib import Path

from svara import log
from svara.data import DataFolder, put
from svara.privacy.errors import PlainError
from svara.privacy.rights import decisions, ledger

NAME = "svara.keys"
DECISIONS = "svara.decisions"
STORE = "keys.sqlite3"
MAX_BYTES = 1 << 30
_PLACES = ".key-copies"
_COMPARED_BYTES = 1024

_log = log.get("rights.keycopy")


def copy(data: DataFolder, folder: Path) -> Path:
    """Write the copy into a folder, and remember the place so that erasures reach it. Raises OSError."""
    place = folder.absolute() / NAME
    _write(data, place)
    known = dict.fromkeys([*_known(data), str(place)])
    put(data.root / _PLACES, "\n".join(known).encode())
    return place


def refresh(data: DataFolder) -> None:
    """Bring every copy that is there up to date: somebody was erased. One that cannot be reached now is told in the log."""
    for name in _known(data):
        place = Path(name)
        if place.exists():
            try:
                _write(data, place)
            except OSError:
                _log.error(
                    "a copy of the keys could not be brought up to date: it still holds a destroyed key", exc_info=True
                )


def follow(data: DataFolder) -> None:
    """Let every copy of the ledger of decisions grow with it. One that cannot be reached now is told in the log."""
    for name in _known(data):
        if Path(name).exists():
            try:
                _grow(data.root / decisions.NAME, Path(name).with_name(DECISIONS))
            except OSError:
                _log.error("a copy of the ledger of decisions could not be brought up to date", exc_info=True)


def unpack(place: Path, data: DataFolder) -> None:
    """Put the key store and the ledger of erasures of a copy where there are none. Raises PlainError."""
    try:
        with zipfile.ZipFile(place) as file:
            for name, target in ((STORE, data.keys / STORE), (ledger.NAME, data.root / ledger.NAME)):
                if not target.exists() and name in file.namelist():
                    if file.getinfo(name).file_size > MAX_BYTES:
                        raise zipfile.BadZipFile
                    put(target, file.read(name))
    except (OSError, zipfile.BadZipFile, EOFError, RuntimeError):
        raise PlainError(f"{place} is no copy of Svara's keys, or not a whole one") from None


def ledger_of(place: Path) -> list[ledger.Entry]:
    """The ledger of erasures in a copy. Raises PlainError."""
    return ledger.parse(_read(place, ledger.NAME))


def decisions_of(place: Path) -> list[decisions.Entry]:
    """The decisions that are known in a copy and beside it. Raises PlainError."""
    beside = place.with_name(DECISIONS)
    within = decisions.parse(_read(place, decisions.NAME)) if place.exists() else []
    return decisions.merged([within, decisions.read(beside)])


def _read(place: Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(place) as file:
            return file.read(name) if name in file.namelist() else b""
    except (OSError, zipfile.BadZipFile, EOFError, RuntimeError):
        raise PlainError(f"{place} is no copy of Svara's keys, or not a whole one") from None


def _known(data: DataFolder) -> list[str]:
    with suppress(OSError):
        return (data.root / _PLACES).read_text().splitlines()
    return []


def _write(data: DataFolder, place: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        if (data.keys / STORE).exists():
            file.writestr(STORE, _store(data.keys / STORE))
        for name in (ledger.NAME, decisions.NAME):
            if (data.root / name).exists():
                file.writestr(name, (data.root / name).read_bytes())
    put(place, content.getvalue())
    _grow(data.root / decisions.NAME, place.with_name(DECISIONS))


def _grow(source: Path, place: Path) -> None:
    """Make a copy what its source is: by its end, where it is the beginning of it, and else anew."""
    if not source.exists():
        return
    size = place.stat().st_size if place.exists() else 0
    with source.open("rb") as file:
        head = file.read(_COMPARED_BYTES)
        file.seek(max(size - _COMPARED_BYTES, 0))
        same = 0 < size <= source.stat().st_size and _ends(place, size) == (
            head[:size],
            file.read(min(size, _COMPARED_BYTES)),
        )
        if not same:
            put(place, source.read_bytes())
        elif more := file.read():
            with place.open("ab") as copy:
                copy.write(more)
                copy.flush()
                os.fsync(copy.fileno())


def _ends(place: Path, size: int) -> tuple[bytes, bytes]:
    with place.open("rb") as file:
        head = file.read(_COMPARED_BYTES)
        file.seek(max(size - _COMPARED_BYTES, 0))
        return head, file.read()


def _store(place: Path) -> bytes:
    with (
        closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(":memory:")) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        return target.serialize()
