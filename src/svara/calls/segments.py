"""The journal's segments on the disk: which there are, their keys, and the whole frames in them.

A segment is a file of frames that are sealed one by one (`svara.sealing.frames`) under a key of its own, which is destroyed
with it (`svara.sealing.role`). The content of a frame is one byte of kind and msgpack. A segment gets its name only when its
checkpoint is complete, and after its key is there.

Two older forms are read still: segments in clear, as they were before (frames: length u32, CRC-32 u32, both little-endian,
payload), and the same after `JournalFolder.seal_old`, sealed whole, so that a place in them stays the same place.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol
from zlib import crc32

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara import log
from svara.data import stamp
from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import KEY_ID_BYTES
from svara.sealing.file import Reader, Writer, new_file_key, open_file_key, read_head
from svara.sealing.frames import HEAD, MAX_CONTENT_BYTES, OVERHEAD_BYTES, Opener
from svara.sealing.role import FileKeys, RoleKey

EVENT, STATE, OPEN, INVITED = 1, 2, 3, 4

_SEALED, _CLEAR, _ONCE_CLEAR = ".sealed", ".journal", ".former"
_FORMS = (_SEALED, _CLEAR, _ONCE_CLEAR)
_KEYS = "journal-"
_CHUNK_BYTES = 2 * (MAX_CONTENT_BYTES + OVERHEAD_BYTES)
_NOBODY = bytes(KEY_ID_BYTES)

_logger = log.get("calls.journal")

Read = Callable[[int, int], bytes]
"""So many bytes from a place of the file, in its own form: (offset, length) -> bytes."""


class Position(NamedTuple):
    """A place between two frames; everything before it has been read."""

    segment: int
    offset: int


class JournalFolder:
    """One journal. `keys` is the folder of its segments' keys; without the `role`'s key nothing sealed is read or written
    (`unlock` brings it later). Not for several threads at once."""

    def __init__(self, path: Path, keys: Path, role: RoleKey | None = None) -> None:
        self.path = path
        self.keys_folder = keys
        self._keys: FileKeys | None = None
        self._kept: tuple[int, tuple[int, int] | None, AESGCM] | None = None
        self._came_to: tuple[Position, int] | None = None
        """Where reading ended last, and the number of the frame that comes there."""
        self._said: Position | None = None
        if role is not None:
            self.unlock(role)

    @property
    def locked(self) -> bool:
        """Whether the role's key is missing."""
        return self._keys is None

    def unlock(self, role: RoleKey) -> None:
        """The role's key is here."""
        self._keys = FileKeys(self.keys_folder, role)

    @property
    def keys(self) -> FileKeys:
        """Raises Unreadable while the role's key is missing."""
        if self._keys is None:
            raise Unreadable(Why.LOCKED)
        return self._keys

    def numbers(self) -> list[int]:
        """The numbers of the segments that there are, oldest first."""
        known = (place for place in self.path.glob("*.*") if place.suffix in _FORMS)
        return sorted({int(place.stem) for place in known if place.stem.isdecimal()})

    def place(self, number: int, suffix: str = _SEALED) -> Path:
        return self.path / f"{number:010d}{suffix}"

    def new_key(self, number: int) -> AESGCM:
        """The key of a segment that begins. Not synced to the disk yet: see `key_place`. Raises OSError, Unreadable."""
        return self.keys.make(_name(number), synced=False)

    def key_place(self, number: int) -> Path:
        """Raises Unreadable."""
        return self.keys.place(_name(number))

    def discard(self, number: int) -> None:
        """Delete a segment and destroy its key. Raises OSError, Unreadable."""
        for suffix in _FORMS:
            self.place(number, suffix).unlink(missing_ok=True)
        self.keys.destroy(_name(number))

    def forget_keys(self) -> None:
        """Destroy keys of segments that are not there, as after a restore. Raises OSError, Unreadable."""
        there = {_name(number) for number in self.numbers()}
        for name in self.keys.names():
            if name.startswith(_KEYS) and name not in there:
                self.keys.destroy(name)

    def seal_old(self) -> None:
        """Seal the segments that an earlier version left in clear. Killed meanwhile, it is done by the next that tries.

        Raises OSError, Unreadable.
        """
        for clear in sorted(self.path.glob(f"*{_CLEAR}")):
            if clear.stem.isdecimal():
                self._seal_old(clear, int(clear.stem))

    def _seal_old(self, clear: Path, number: int) -> None:
        key = new_file_key(self.keys.make(_name(number)), _NOBODY, _context(number))
        beside = self.place(number, ".sealing")
        with clear.open("rb") as source, beside.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            with Writer(file, key) as writer:
                while piece := source.read(_CHUNK_BYTES):
                    writer.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.place(number, _ONCE_CLEAR))
        clear.unlink()
        _logger.info("a part of the journal that was in clear is sealed now", segment=number)

    # --- reading

    def frames(self, position: Position | None, *, growing: bool = True) -> Iterator[tuple[Position, int, bytes]]:
        """Every whole frame from `position` on: the position after it, its kind and its body.

        In a `growing` journal an unfinished frame at the end of the newest segment may still be finished by its writer.
        Raises Unreadable while the role's key is missing; a segment whose own key is gone is stepped over, and said.
        """
        numbers = self.numbers()
        if position is not None:
            numbers = [number for number in numbers if number >= position.segment]
        for number in numbers:
            start = position.offset if position is not None and number == position.segment else 0
            try:
                with self._opened(number, start) as (read, form):
                    may_grow = growing and number == numbers[-1]
                    for after, payload in _frames(read, start, form, partial(self._damaged, number), growing=may_grow):
                        came_to = Position(number, after)
                        if isinstance(form, Opener) and form.expected is not None:
                            self._came_to = came_to, form.expected
                        yield came_to, payload[0], payload[1:]
            except FileNotFoundError:
                continue  # discarded meanwhile
            except Unreadable as error:
                if self.locked:
                    raise
                if self._is_there(number) and self._is_new(Position(number, -1)):  # else discarded meanwhile
                    _logger.error("a part of the journal cannot be read; left out", segment=number, reason=error.why.value)

    def _damaged(self, number: int, offset: int, length: int) -> None:
        if self._is_new(Position(number, offset)):
            _logger.error("a damaged or changed place in the journal was stepped over", segment=number, bytes=length)

    def _is_new(self, place: Position) -> bool:
        """Whether this place was not the last of which something was said: once is enough, however often it is read."""
        said, self._said = self._said, place
        return place != said

    def _is_there(self, number: int) -> bool:
        return any(self.place(number, suffix).exists() for suffix in _FORMS)

    @contextmanager
    def _opened(self, number: int, start: int) -> Iterator[tuple[Read, _Form]]:
        """How a segment is read. Raises FileNotFoundError, OSError, Unreadable."""
        try:
            fd = os.open(self.place(number), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            with self._opened_old(number) as read:
                yield read, _Clear()
            return
        try:
            came_to, expected = self._came_to or (None, None)
            expected = 0 if start == 0 else expected if came_to == (number, start) else None
            yield lambda offset, length: os.pread(fd, length, offset), Opener(self._key(number), expected)
        finally:
            os.close(fd)

    @contextmanager
    def _opened_old(self, number: int) -> Iterator[Read]:
        try:
            fd = os.open(self.place(number, _CLEAR), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            with closing(self.place(number, _ONCE_CLEAR).open("rb")) as file:
                key = open_file_key(self.keys.open(_name(number)), read_head(file), _context(number))
                yield Reader(file, key).read
            return
        try:
            yield lambda offset, length: os.pread(fd, length, offset)
        finally:
            os.close(fd)

    def _key(self, number: int) -> AESGCM:
        """A segment's key, kept while it is the one that is read."""
        written = stamp(self.key_place(number))
        if written is None or self._kept is None or self._kept[:2] != (number, written):
            self._kept = number, written, self.keys.open(_name(number))
        return self._kept[2]


class _Form(Protocol):
    """How frames are told in a segment (see `svara.sealing.frames.Opener`)."""

    def at(self, chunk: bytes, at: int) -> bytes | None: ...

    def passed(self, chunk: bytes, at: int) -> int: ...

    def unfinished(self, chunk: bytes, at: int) -> bool: ...


class _Clear:
    """Frames of a segment that an earlier version wrote."""

    head = struct.Struct("<II")

    def at(self, chunk: bytes, at: int) -> bytes | None:
        begin = at + self.head.size
        if begin > len(chunk):
            return None
        length, check = self.head.unpack_from(chunk, at)
        if not 0 < length <= MAX_CONTENT_BYTES or begin + length > len(chunk) or not EVENT <= chunk[begin] <= OPEN:
            return None
        payload = chunk[begin : begin + length]
        return payload if crc32(payload) == check else None

    def passed(self, chunk: bytes, at: int) -> int:  # noqa: ARG002
        return 0

    def unfinished(self, chunk: bytes, at: int) -> bool:
        if at + self.head.size > len(chunk):
            return True
        length: int = self.head.unpack_from(chunk, at)[0]
        return 0 < length <= MAX_CONTENT_BYTES and at + self.head.size + length > len(chunk)


def _frames(
    read: Read, offset: int, form: _Form, damaged: Callable[[int, int], None], *, growing: bool
) -> Iterator[tuple[int, bytes]]:
    around = _Clear.head.size if isinstance(form, _Clear) else OVERHEAD_BYTES
    while chunk := read(offset, _CHUNK_BYTES):
        last = len(chunk) < _CHUNK_BYTES
        at = 0
        while (payload := form.at(chunk, at)) is not None:
            if missing := form.passed(chunk, at):
                _logger.warning("frames of the journal are missing", count=missing)
            at += around + len(payload)
            if payload and EVENT <= payload[0] <= INVITED:
                yield offset + at, payload
        rest = len(chunk) - at
        if not last and rest < OVERHEAD_BYTES + MAX_CONTENT_BYTES:
            offset += at  # a frame that the chunk cut in two
            continue
        if growing and form.unfinished(chunk, at):
            return
        step = next((n for n in range(at + 1, len(chunk) - HEAD.size) if form.at(chunk, n) is not None), None)
        if step is not None:
            damaged(offset + at, step - at)
            offset += step
        elif last:
            if rest and not growing:
                damaged(offset + at, rest)
            return
        else:
            offset += len(chunk) - OVERHEAD_BYTES - MAX_CONTENT_BYTES


def _name(number: int) -> str:
    return f"{_KEYS}{number:010d}"


def _context(number: int) -> bytes:
    return f"journal:{number}".encode()
