"""The form of a backup: a ZIP with a manifest that lists every file with its size and SHA-256.

Reading one is reading something hostile: names that lead elsewhere, sizes that lie, files that are not in the manifest, all
of it is refused before anything is put in place.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from svara.privacy.errors import PlainError

FORM = 1
MANIFEST = "manifest.json"
DATABASE = "svara.sqlite3"
MAX_MANIFEST_BYTES = 256 << 20
MAX_FILES = 5_000_000
_NAME = re.compile(r"svara\.sqlite3|audit-anchors|(sounds|recordings)(/[A-Za-z0-9_][A-Za-z0-9._-]{0,199}){1,4}")
_CHUNK_BYTES = 1 << 20


class NoBackup(PlainError):  # noqa: N818  the file is no backup
    """The file is no backup, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `installation` is the same for all backups of one installation."""

    installation: str
    made_at: datetime
    version: str
    files: dict[str, tuple[int, str]]


class Archive:
    """Writes a backup into an open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", allowZip64=True)
        self._files: dict[str, tuple[int, str]] = {}

    def add(self, name: str, place: Path, *, compressed: bool = False) -> None:
        """Add a file. Raises OSError when it cannot be read (any more)."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        size, digest = 0, hashlib.sha256()
        with place.open("rb") as source, self._zip.open(info, "w", force_zip64=True) as target:
            while chunk := source.read(_CHUNK_BYTES):
                size += len(chunk)
                digest.update(chunk)
                target.write(chunk)
        self._files[name] = (size, digest.hexdigest())

    def finish(self, installation: str, made_at: datetime, version: str) -> Manifest:
        """Write the manifest and end the file."""
        content = {
            "form": FORM,
            "installation": installation,
            "made_at": made_at.astimezone(UTC).isoformat(timespec="seconds"),
            "version": version,
            "files": self._files,
        }
        self._zip.writestr(MANIFEST, json.dumps(content))
        self._zip.close()
        return Manifest(installation, made_at, version, self._files)


def manifest_of(place: Path) -> Manifest:
    """What a backup says of itself. Raises NoBackup."""
    with _opened(place) as file:
        return _manifest(file, place)


def extract(place: Path, folder: Path) -> Manifest:
    """Put a backup's files into an empty folder, checked byte by byte. Raises NoBackup; what was put there is then the
    caller's to remove."""
    with _opened(place) as file:
        manifest = _manifest(file, place)
        for name, (size, digest) in manifest.files.items():
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _copied(file, name, target, (size, digest)):
                raise NoBackup(f"{place} is damaged: {name} is not what was written; nothing of it was used")
    return manifest


@dataclass(frozen=True, slots=True)
class Checked:
    """What was read of a backup: so many of its files, and all of these are as they were written."""

    manifest: Manifest
    read: int


def check(place: Path, until: float, clock: Callable[[], float]) -> Checked:
    """Read a backup, its database first, and put nothing anywhere; end when `clock` passes `until`, within a file too.
    Raises NoBackup where a file is not what was written."""
    with _opened(place) as file:
        manifest = _manifest(file, place)
        for count, name in enumerate(sorted(manifest.files, key=lambda name: name != DATABASE)):
            for got in _contents(file, name, manifest.files[name]):
                if got is False:
                    raise NoBackup(f"{place} is damaged: {name} is not what was written")
                if clock() > until:
                    return Checked(manifest, count)
    return Checked(manifest, len(manifest.files))


def extract_database(place: Path, folder: Path) -> Path:
    """Put a backup's database alone into an empty folder. Raises NoBackup."""
    target = folder / DATABASE
    with _opened(place) as file:
        if not _copied(file, DATABASE, target, _manifest(file, place).files[DATABASE]):
            raise NoBackup(f"{place} is damaged: {DATABASE} is not what was written")
    return target


def backups_in(folder: Path) -> Iterator[tuple[Path, Manifest]]:
    """Every backup that lies in a folder, by name."""
    for place in sorted(folder.iterdir()):
        if place.is_file() and zipfile.is_zipfile(place):
            try:
                yield place, manifest_of(place)
            except NoBackup:
                continue


def _opened(place: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(place)
    except (OSError, zipfile.BadZipFile) as error:
        if isinstance(error, FileNotFoundError):
            raise NoBackup(f"there is no file {place}") from None
        raise NoBackup(f"{place} is no backup of Svara, or not a whole one") from None


def _manifest(file: zipfile.ZipFile, place: Path) -> Manifest:
    broken = NoBackup(f"{place} is no backup of Svara, or not a whole one")
    try:
        info = file.getinfo(MANIFEST)
        if info.file_size > MAX_MANIFEST_BYTES:
            raise broken
        content = json.loads(file.read(info))
        form, listed = content["form"], content["files"]
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in listed.items()}
        manifest = Manifest(
            str(content["installation"]), datetime.fromisoformat(content["made_at"]), str(content["version"]), files
        )
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, OSError, EOFError, RuntimeError):
        raise broken from None
    if form != FORM:
        raise NoBackup(f"{place} was made by another version of Svara, whose backups this one cannot read")
    _check_names(file, manifest.files, place)
    return manifest


def _check_names(file: zipfile.ZipFile, files: Iterable[str], place: Path) -> None:
    names = [info.filename for info in file.infolist() if info.filename != MANIFEST]
    listed = set(files)
    if len(names) != len(set(names)) or set(names) != listed or len(names) > MAX_FILES or DATABASE not in listed:
        raise NoBackup(f"{place} is no backup of Svara, or not a whole one")
    for name in names:
        if not _NAME.fullmatch(name) or ".." in name:
            raise NoBackup(f"{place} holds a file that no backup of Svara holds; nothing of it was used")


def _copied(file: zipfile.ZipFile, name: str, target: Path, wanted: tuple[int, str]) -> bool:
    """Whether a file came out as the manifest says; a longer one is not read to its end."""
    with target.open("xb") as out:
        for chunk in _contents(file, name, wanted):
            if chunk is False:
                return False
            out.write(chunk)
    return True


def _contents(file: zipfile.ZipFile, name: str, wanted: tuple[int, str]) -> Iterator[bytes | Literal[False]]:
    """A file in pieces; False at the end, or before, where it is not what the manifest says."""
    got, hashed = 0, hashlib.sha256()
    try:
        with file.open(name) as source:
            while got <= wanted[0] and (chunk := source.read(_CHUNK_BYTES)):
                got += len(chunk)
                hashed.update(chunk)
                yield chunk
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, zlib.error):
        yield False
        return
    if (got, hashed.hexdigest()) != wanted:
        yield False
