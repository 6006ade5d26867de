"""Moves sealed recordings and messages into a bucket, and back, while everything goes on (`svara.privacy.vault.elsewhere`).

A sound is uploaded, read back and compared, and only then goes from this machine: killed at any moment, it is whole here or
there. What waits lies on the disk and nowhere else, so a bucket that is away costs room and nothing more; each step has an
end, and the next one tries again. Without a bucket, or with another one, what lies elsewhere comes home first.

What is not sealed for anybody yet stays, and so does what is of no company that is named to the `Mover`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from svara.data import DataFolder
from svara.privacy.vault import current, elsewhere
from svara.privacy.vault.elsewhere import FOLDERS, Note
from svara.privacy.vault.errors import VaultError
from svara.privacy.vault.storage import is_name
from svara.privacy.vault.tapes import is_sealed
from svara.sealing.errors import Unreadable, Why
from svara.sealing.file import FORM, read_head

BATCH = 200
"""So many are moved in one step, each way."""
MOST_FAILURES = 3
"""After so many in a row, a step leaves the rest to the next."""
COPY_SECONDS = 900.0
"""So long a copy stays that was fetched to be played at a phone."""
MOST_COPIES_BYTES = 512 << 20
"""Of all such copies; what was fetched first goes first."""
ROOM_BYTES = 1 << 30
"""What must be left on the disk when sounds come home."""
TIDY_SECONDS = 24 * 3600.0
HOME_SECONDS = 3600.0
"""Between two looks at all notes, for those that lie where they should not."""
_PIECE_BYTES = 1 << 20


@dataclass(slots=True)
class Step:
    """What a step did; `away`: why not all of it could be done."""

    up: int = 0
    home: int = 0
    deleted: int = 0
    away: str = ""

    @property
    def more(self) -> bool:
        """Whether it is worth to go on at once."""
        return not self.away and (self.up >= BATCH or self.home >= BATCH)


@dataclass(slots=True)
class Mover:
    """Steps of one process: there is one at a time. `companies`: ids of those whose sounds may lie elsewhere."""

    data: DataFolder
    companies: Callable[[], Collection[str]]
    now: Callable[[], float] = time.time
    _home_at: float = 0.0
    _tidy_at: float = 0.0
    _unknown: set[tuple[str, str]] = field(default_factory=set)
    """What nothing on this machine speaks of, as of the last look."""

    def step(self) -> Step:
        """Do what there is to do. Raises OSError where this machine's disk fails."""
        step, to = Step(), elsewhere.address()
        if not to and not elsewhere.addresses(self.data) and next(elsewhere.going(self.data), None) is None:
            return step  # most installations have no bucket
        for part in (self._delete, self._drop_copies, self._come_home, self._go_up):
            part(step, to)
        return step

    def _delete(self, step: Step, _to: str) -> None:
        failures = 0
        for file, note in elsewhere.going(self.data):
            again = elsewhere.note_of(self.data, self.data.recordings / file.parent.name / file.stem)
            try:
                if again is None or (again.storage, again.name) != (note.storage, note.name):
                    elsewhere.storage_at(note.storage).delete(note.name)
            except VaultError as error:
                failures += 1
                step.away = str(error)
                if failures == MOST_FAILURES:
                    return
                continue
            file.unlink(missing_ok=True)
            step.deleted += 1

    def _drop_copies(self, _step: Step, _to: str) -> None:
        """What was fetched to be played, and what a kill left between uploading and deleting."""
        room, now = MOST_COPIES_BYTES, self.now()
        copies = []
        for place in _lying(self.data):
            note = elsewhere.note_of(self.data, place)
            if note is None or not note.moved:
                continue
            try:
                found = place.stat()
            except FileNotFoundError:
                continue
            if found.st_mtime_ns == note.spoken_ns or found.st_mtime < now - COPY_SECONDS:
                elsewhere.drop_copy(self.data, place)
            else:
                copies.append((found.st_mtime, found.st_size, place))
        for _at, size, place in sorted(copies, reverse=True):
            room -= size
            if room < 0:
                elsewhere.drop_copy(self.data, place)

    def _come_home(self, step: Step, to: str) -> None:
        if to and self.now() < self._home_at + HOME_SECONDS:
            return
        failures, used = 0, set()
        for place, note in elsewhere.notes(self.data):
            if not note.moved and not place.is_file():  # deleted by somebody who knew of no bucket
                elsewhere.remove(self.data, place)
            if not note.moved or note.storage == to:
                elsewhere.date(self.data, place, note)
                used.add(note.storage)
                continue
            if shutil.disk_usage(self.data.root).free < note.size + ROOM_BYTES:
                step.away = "the disk has no room for what comes back from the bucket"
                return
            try:
                elsewhere.bring(self.data, place, compared, home=True)
            except FileNotFoundError:
                continue
            except (VaultError, Unreadable) as error:
                failures += 1
                step.away = str(error)
                used.add(note.storage)
                if failures == MOST_FAILURES:
                    return
                continue
            failures = 0
            step.home += 1
            if step.home == BATCH:
                return
        self._home_at = self.now()
        if used != set(elsewhere.addresses(self.data)):
            elsewhere.remember(self.data, used | {note.storage for _file, note in elsewhere.going(self.data)})

    def _go_up(self, step: Step, to: str) -> None:
        if not to:
            return
        failures, companies = 0, set(self.companies())
        for place in _lying(self.data):
            try:
                step.up += self._moved(place, to, companies)
                failures = 0
            except (FileNotFoundError, Unreadable):
                continue  # it was deleted meanwhile, or is none
            except VaultError as error:
                failures += 1
                step.away = str(error)
                if failures == MOST_FAILURES:
                    return
            if step.up == BATCH:
                return
        if not step.away and self.now() >= self._tidy_at + TIDY_SECONDS:
            self._tidy(step, to, companies)

    def _moved(self, place: Path, to: str, companies: Collection[str]) -> bool:
        before = elsewhere.note_of(self.data, place)
        if before is not None and before.moved:
            return False  # a copy
        with place.open("rb") as file:
            if file.read(1) != bytes((FORM,)):
                return False
            tenant = current().tenant_of(read_head(file))
            name = f"{tenant}/{place.parent.name}/{place.name}"
            if tenant not in companies or not is_name(name):
                return False
            found = os.fstat(file.fileno())
            note = Note(to, name, found.st_size, _digest(file), found.st_mtime_ns)
            storage = elsewhere.storage_at(to)
            elsewhere.begin(self.data, place, note)
            file.seek(0)
            storage.put(name, file)
        with storage.open(name) as back:
            if back.seek(0, os.SEEK_END) != note.size or _digest(back) != note.digest:
                raise VaultError("what was put into the bucket did not come back as it was")
        if elsewhere.settle(self.data, place, note):
            return True
        elsewhere.remove(self.data, place)
        return False

    def _tidy(self, step: Step, to: str, companies: Collection[str]) -> None:
        """What nothing here speaks of goes, once it was found so twice, a day apart: an older backup was restored."""
        former = [place for place in self.data.root.glob("before-restore-*") if place.is_dir()]
        kept = elsewhere.known(self.data, former)
        kept |= {(note.storage, note.name) for _file, note in elsewhere.going(self.data)}
        try:
            unknown = {(to, name) for name in names_at(to, companies) if (to, name) not in kept}
            for address, name in sorted(unknown & self._unknown):
                elsewhere.storage_at(address).delete(name)
                step.deleted += 1
        except VaultError as error:
            step.away = str(error)
            return
        self._unknown, self._tidy_at = unknown - self._unknown, self.now()


def waiting(data: DataFolder) -> Iterator[tuple[Path, float]]:
    """What is sealed and not in a bucket, with the moment when it was spoken."""
    for place in _lying(data):
        with suppress(OSError):
            note = elsewhere.note_of(data, place)
            if (note is None or not note.moved) and is_sealed(place):
                yield place, place.stat().st_mtime


def names_at(address: str, companies: Iterable[str]) -> Iterator[str]:
    """The sounds of these companies in a bucket. Raises VaultError."""
    storage = elsewhere.storage_at(address)
    for company in sorted(companies):
        for folder in FOLDERS:
            yield from storage.names(f"{company}/{folder}")


def compared(source: BinaryIO, target: BinaryIO, note: Note) -> None:
    """Copy what was fetched. Raises Unreadable where it is not what was put there."""
    digest, size = hashlib.sha256(), 0
    while piece := source.read(_PIECE_BYTES):
        size += len(piece)
        if size > note.size:
            break
        digest.update(piece)
        target.write(piece)
    if size != note.size or digest.hexdigest() != note.digest:
        raise Unreadable(Why.CHANGED)


def fetch(data: DataFolder, place: Path) -> None:
    """See to it that a sound lies on this machine for a while, where it can be played at a phone.

    Raises OSError, VaultError, Unreadable; FileNotFoundError where there is none."""
    note = elsewhere.note_of(data, place)
    try:
        if note is not None and note.moved:
            os.utime(place)  # a copy that was fetched before
        else:
            place.stat()
    except FileNotFoundError:
        elsewhere.bring(data, place, compared, home=False)


def _lying(data: DataFolder) -> Iterator[Path]:
    """What may be a whole recording, on this machine."""
    for folder in FOLDERS:
        for place in sorted((data.recordings / folder).glob("*.wav")):
            if not place.name.startswith("."):
                yield place


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()
