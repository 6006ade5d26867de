"""Sound that is not on this machine any more: sealed recordings and messages that were moved into a bucket.

Of each there is a note in the data folder, under the same name as the sound had: where it lies, how large it is, and how old
it was. Whoever reads or deletes a sound asks here, and need not know where it lies: what lies here counts first, then the
note. Nothing here waits for a bucket but reading. What is deleted is gone for everybody at once; a note of what has to go
from the bucket stays until it is gone there, too (`svara.privacy.vault.moving`), also through a restore.

The sound stays bound to its place in the data folder wherever it lies: another object in its stead does not open.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import msgspec

from svara.data import DataFolder, locked, put
from svara.privacy.vault.errors import StorageAway
from svara.privacy.vault.storage import Storage, open_storage
from svara.sealing.errors import Unreadable, Why
from svara.sealing.file import FORM

VARIABLE = "SVARA_RECORDINGS"
"""The environment variable that says where recordings and messages lie: "s3://...", or nothing for the data folder."""
PLAYED = "voicemail"
FOLDERS = ("calls", PLAYED)
"""Below the recordings: what may lie elsewhere. Greetings and prompts are played to callers, and stay."""
_ADDRESSES = "addresses"
REST_SECONDS = 5.0
"""After it did not answer somebody who listens, a bucket is not asked for so long: they would all wait for it."""
_LOCK = ".elsewhere-lock"
_READ_TRIES = 3
"""What is just being moved is looked for again where it lies now."""


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a sound that lies elsewhere. `digest`: SHA-256 in hex of what is there, sealed as it is; `spoken_ns`:
    when it was spoken, nanoseconds since the epoch."""

    storage: str
    name: str
    size: int
    digest: str
    spoken_ns: int
    moved: bool = False
    """Until it is, the file on this machine counts, and what may stand in the bucket is worth nothing."""


_away_until: dict[str, float] = {}
_decode = msgspec.json.Decoder(Note).decode


def address() -> str:
    """Where sounds are to lie; "" for the data folder."""
    return os.environ.get(VARIABLE, "").strip()


@lru_cache(maxsize=8)
def storage_at(address: str) -> Storage:
    """The storage of an address. Raises VaultError."""
    return open_storage(address, Path())


def note_of(data: DataFolder, place: Path) -> Note | None:
    """The note of a sound by its place below the recordings; None where there is none, or it cannot be read."""
    try:
        return _decode((data.elsewhere / _name(data, place)).read_bytes())
    except (OSError, ValueError, msgspec.DecodeError):
        return None


def is_there(data: DataFolder, place: Path) -> bool:
    """Whether there is such a sound, here or elsewhere. No bucket is asked."""
    return place.is_file() or ((note := note_of(data, place)) is not None and note.moved)


def opened(data: DataFolder, place: Path) -> BinaryIO:
    """The sound as it is sealed, to be read from any place in it; of a bucket only what is read is fetched.

    Raises OSError where there is none, StorageAway, Unreadable for an object that is not sealed, or not as long as it was.
    """
    for _try in range(_READ_TRIES):
        try:
            return place.open("rb")
        except FileNotFoundError:
            note = note_of(data, place)
        if note is None:
            break
        if not note.moved:
            continue
        if time.monotonic() < _away_until.get(note.storage, 0.0):
            raise StorageAway("the storage did not answer a moment ago")
        try:
            file = storage_at(note.storage).open(note.name)
        except FileNotFoundError:
            continue  # it is on its way back, or went
        except StorageAway:
            _away_until[note.storage] = time.monotonic() + REST_SECONDS
            raise
        if file.seek(0, os.SEEK_END) == note.size and file.seek(0) == 0 and file.read(1) == bytes((FORM,)):
            file.seek(0)
            return file
        file.close()  # what is in clear there is not ours
        raise Unreadable(Why.CHANGED)
    raise FileNotFoundError(f"there is no sound at {place.name}")


def sounds(data: DataFolder, folder: str) -> Iterator[tuple[Path, float]]:
    """Every file in a folder of the recordings, here or elsewhere, with the moment when it was spoken."""
    seen = set()
    for note in _files(data.elsewhere / folder):
        seen.add(note.name)
        with suppress(FileNotFoundError):
            yield data.recordings / folder / note.name, note.stat().st_mtime
    for place in _files(data.recordings / folder, hidden=True):
        if place.name not in seen:
            with suppress(FileNotFoundError):
                yield place, place.stat().st_mtime


def remove(data: DataFolder, place: Path) -> None:
    """Delete a sound, wherever it lies; harmless where there is none. In a bucket it goes as soon as that answers."""
    try:
        name = _name(data, place)
    except ValueError:
        place.unlink(missing_ok=True)
        return
    if not (data.elsewhere / name).exists():  # most installations have no bucket
        place.unlink(missing_ok=True)
        if not (data.elsewhere / name).exists():
            return
    with _settled(data):
        _let_go(data, name, note_of(data, place))
        place.unlink(missing_ok=True)


def notes(data: DataFolder) -> Iterator[tuple[Path, Note]]:
    """Every sound that has a note, by its place below the recordings."""
    for folder in FOLDERS:
        for file in _files(data.elsewhere / folder):
            place = data.recordings / folder / file.name
            note = note_of(data, place)
            if note is not None:
                yield place, note


def going(data: DataFolder) -> Iterator[tuple[Path, Note]]:
    """What is to be deleted where it lies, by the file that says so."""
    for folder in FOLDERS:
        for file in _files(data.going / folder):
            with suppress(FileNotFoundError):
                try:
                    yield file, _decode(file.read_bytes())
                except msgspec.DecodeError:
                    file.unlink(missing_ok=True)


def take_over(data: DataFolder, aside: DataFolder) -> None:
    """What was erased in a restored copy has to go from the bucket here, too."""
    for file, note in going(aside):
        _write(data.going / file.relative_to(aside.going), note)


def addresses(data: DataFolder) -> list[str]:
    """The storages in which sounds lie, or have to be deleted yet."""
    try:
        return msgspec.json.decode((data.elsewhere / _ADDRESSES).read_bytes(), type=list[str])
    except (OSError, msgspec.DecodeError):
        return []


def remember(data: DataFolder, used: Iterable[str]) -> None:
    """These are the storages that are used."""
    if sorted(used) != addresses(data):
        put(data.elsewhere / _ADDRESSES, msgspec.json.encode(sorted(used)))


def known(data: DataFolder, folders: Iterable[Path]) -> set[tuple[str, str]]:
    """Storage and name of all that has a note, here or in other folders of that kind."""
    found = {(note.storage, note.name) for _place, note in notes(data)}
    for folder in folders:
        found |= {(note.storage, note.name) for _place, note in notes(DataFolder(folder))}
    return found


# --- for whoever moves them (`svara.privacy.vault.moving`)


def begin(data: DataFolder, place: Path, note: Note) -> None:
    """Say that a sound is on its way there. From now on whoever deletes it has it deleted there as well."""
    remember(data, {*addresses(data), note.storage})
    _write(data.elsewhere / _name(data, place), note)


def settle(data: DataFolder, place: Path, note: Note) -> bool:
    """All of it is there and was compared: the file on this machine goes. A message may be about to be played at a phone, so
    it stays for a while as a copy. False where the sound was deleted meanwhile."""
    with _settled(data):
        if note_of(data, place) is None or not place.is_file():
            return False
        _write(data.elsewhere / _name(data, place), msgspec.structs.replace(note, moved=True))
        if place.parent.name == PLAYED:
            os.utime(place)
        else:
            place.unlink(missing_ok=True)
    return True


def date(data: DataFolder, place: Path, note: Note) -> None:
    """A restored note is as old as its sound, too."""
    with suppress(OSError):
        file = data.elsewhere / _name(data, place)
        if file.stat().st_mtime_ns != note.spoken_ns:
            os.utime(file, ns=(note.spoken_ns, note.spoken_ns))


def bring(data: DataFolder, place: Path, check: Callable[[BinaryIO, BinaryIO, Note], None], *, home: bool) -> None:
    """Fetch a sound onto this machine: as a copy to be played, or `home`, where it stays and goes from the bucket.

    `check` copies, and raises where it is not what was put there. Raises OSError, VaultError, Unreadable; then nothing has
    changed. FileNotFoundError: there is no such sound.
    """
    note = note_of(data, place)
    if note is None or not note.moved:
        raise FileNotFoundError("there is no such sound elsewhere")
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as target, storage_at(note.storage).open(note.name) as source:
            check(source, target, note)
            target.flush()
            os.fsync(target.fileno())
        if home:
            os.utime(aside, ns=(note.spoken_ns, note.spoken_ns))
        with _settled(data):
            if note_of(data, place) is None:
                raise FileNotFoundError("it was deleted meanwhile")
            Path(aside).replace(place)
            if home:
                _let_go(data, _name(data, place), note)
    finally:
        Path(aside).unlink(missing_ok=True)


def drop_copy(data: DataFolder, place: Path) -> None:
    """Take away what lies on this machine of a sound that lies elsewhere."""
    with _settled(data):
        note = note_of(data, place)
        if note is not None and note.moved:
            place.unlink(missing_ok=True)


def _name(data: DataFolder, place: Path) -> Path:
    """A sound's place below the recordings. Raises ValueError for any other."""
    name = place.relative_to(data.recordings) if place.is_relative_to(data.recordings) else None
    name = name or place.resolve().relative_to(data.recordings.resolve())
    if len(name.parts) != 2 or name.parts[0] not in FOLDERS or name.name.startswith("."):
        raise ValueError("not the place of a recording or message")
    return name


def _let_go(data: DataFolder, name: Path, note: Note | None) -> None:
    """In one step: it does not lie there any more for anybody, and is to be deleted there."""
    if note is None:  # not to be read
        (data.elsewhere / name).unlink(missing_ok=True)
        return
    going = _going(data, name, note)
    going.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        (data.elsewhere / name).replace(going)
    except FileNotFoundError:
        return
    except OSError:  # the recordings are on another disk
        _write(going, note)
        (data.elsewhere / name).unlink(missing_ok=True)


def _going(data: DataFolder, name: Path, note: Note) -> Path:
    """One for each object: a sound may have lain in several buckets, one after the other."""
    mark = hashlib.blake2b(f"{note.storage}\0{note.name}".encode(), digest_size=8).hexdigest()
    return data.going / name.parent / f"{name.name}.{mark}"


def _write(place: Path, note: Note) -> None:
    """As old as the sound is: what is deleted by its age is found without reading it."""
    put(place, msgspec.json.encode(note))
    os.utime(place, ns=(note.spoken_ns, note.spoken_ns))


def _files(folder: Path, *, hidden: bool = False) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in found if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return
    yield from (folder / name for name in sorted(names) if hidden or not name.startswith("."))


@contextmanager
def _settled(data: DataFolder) -> Iterator[None]:
    """While it is decided where a sound lies, nobody else decides."""
    with locked(data.root / _LOCK):
        yield
