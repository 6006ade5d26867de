"""The copy of the keys beside the backups: one file, only ever the newest state, written anew with each backup and each
erasure.

It holds the key store (every key in it wrapped by the master key, which is not in it: keep a copy of that apart, once) and
the ledger of erasures.
"""

from __future__ import annotations

import io
import sqlite3
import tempfile
import zipfile
from contextlib import closing, suppress
from pathlib import Path

from svara import log
from svara.data import DataFolder, put
from svara.privacy.errors import PlainError
from svara.privacy.rights import ledger

NAME = "svara.keys"
STORE = "keys.sqlite3"
MAX_BYTES = 1 << 30
_PLACES = ".key-copies"

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


def unpack(place: Path, data: DataFolder) -> None:
    """Put the key store and the ledger of a copy where there are none. Raises PlainError."""
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
    """The ledger in a copy. Raises PlainError."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            with zipfile.ZipFile(place) as file:
                content = file.read(ledger.NAME) if ledger.NAME in file.namelist() else b""
        except (OSError, zipfile.BadZipFile, EOFError, RuntimeError):
            raise PlainError(f"{place} is no copy of Svara's keys, or not a whole one") from None
        (Path(scratch) / ledger.NAME).write_bytes(content)
        return ledger.read(Path(scratch) / ledger.NAME)


def _known(data: DataFolder) -> list[str]:
    with suppress(OSError):
        return (data.root / _PLACES).read_text().splitlines()
    return []


def _write(data: DataFolder, place: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        if (data.keys / STORE).exists():
            file.writestr(STORE, _store(data.keys / STORE))
        if (data.root / ledger.NAME).exists():
            file.writestr(ledger.NAME, (data.root / ledger.NAME).read_bytes())
    put(place, content.getvalue())


def _store(place: Path) -> bytes:
    with (
        closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(":memory:")) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        return target.serialize()
