"""The calls journal: what happened, on disk before the outside world learns of it.

Guarantees: an event handed to `Journal.write` is in the kernel when `write` returns, so it survives `kill -9`; a torn or
damaged place, at whatever byte, costs the frames it touches and no other; the newest segment alone tells which calls were
open, because every segment begins with a checkpoint of them; writing never waits for the disk (a thread syncs at an
interval, so a power cut can cost that interval).

A segment is a file of frames: length u32, CRC-32 u32 (both little-endian; the CRC covers the payload), payload. The
payload is one byte of kind and msgpack: an event of `svara.calls.events`, or what recovery needs of an open call.
A segment gets its name only when its checkpoint is complete.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import msgspec

from svara import log
from svara.calls import events
from svara.calls.events import AnyEvent

MAX_FRAME_BYTES = 1 << 20
SEGMENT_BYTES = 32 << 20
SYNC_SECONDS = 0.25
MAX_PENDING_BYTES = 16 << 20
"""How much is kept in memory while the disk refuses to take it; beyond that events are lost, and counted."""

EVENT, STATE, OPEN = 1, 2, 3

_HEADER = struct.Struct("<II")
_CHUNK_BYTES = 2 * (MAX_FRAME_BYTES + _HEADER.size)
_SUFFIX = ".journal"

_logger = log.get("calls.journal")


class Position(NamedTuple):
    """A place between two frames; everything before it has been read."""

    segment: int
    offset: int


class JournalBusyError(Exception):
    """Another process writes this journal."""


class OpenCall(msgspec.Struct, array_like=True):
    """A call that has begun and not ended: what a restarted server needs to take it up, or to end its record."""

    call: str
    answered: bool = False
    legs: list[str] = []
    """Legs that were offered and have not ended."""
    state: bytes = b""
    """The newest state handed to `write`; empty where the call had none yet."""

    def fold(self, event: AnyEvent) -> None:
        """Take in one event of this call."""
        if isinstance(event, events.LegOffered):
            self.legs.append(event.leg)
        elif isinstance(event, events.LegAnswered):
            self.answered = True
        elif isinstance(event, events.LegEnded) and event.leg in self.legs:
            self.legs.remove(event.leg)


class _State(msgspec.Struct, array_like=True):
    call: str
    state: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_event = msgspec.msgpack.Decoder(AnyEvent).decode
_decode_open = msgspec.msgpack.Decoder(OpenCall).decode
_decode_state = msgspec.msgpack.Decoder(_State).decode
_KIND = {EVENT: b"\x01", STATE: b"\x02", OPEN: b"\x03"}
_KIND_CRC = {kind: crc32(mark) for kind, mark in _KIND.items()}
_EVENT_CRC = _KIND_CRC[EVENT]
_pack = _HEADER.pack


def frame(kind: int, body: bytes) -> bytes:
    """One frame, as it stands in a segment."""
    mark = _KIND[kind]
    return _HEADER.pack(len(body) + 1, crc32(body, _KIND_CRC[kind])) + mark + body


def segments(folder: Path) -> list[int]:
    """The numbers of the segments in `folder`, oldest first."""
    return sorted(int(path.stem) for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal())


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:010d}{_SUFFIX}"


class Journal:
    """The one writer of a journal folder.

    `open_calls` is what an earlier process left open (see `recover`); those calls are carried on from the first byte.
    Raises JournalBusyError when another process writes there.
    """

    def __init__(
        self,
        folder: Path,
        open_calls: dict[str, OpenCall] | None = None,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        sync_seconds: float = SYNC_SECONDS,
    ) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._open = dict(open_calls or {})
        self._pending = bytearray()
        self.bytes_written = 0
        self.failures = 0
        self.lost_bytes = 0
        self._lock_fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_fd)
            raise JournalBusyError(str(folder)) from error
        for leftover in folder.glob("*.begun"):
            leftover.unlink()
        self._number = max(segments(folder), default=0)
        self._fd = -1
        self._size = 0
        self._sync = _Sync(sync_seconds)
        try:
            self._begin_segment()
        except OSError:
            self._sync.close()
            os.close(self._lock_fd)
            raise
        self._sync.start()

    def write(self, happened: Sequence[AnyEvent], call: str = "", state: bytes = b"") -> None:
        """Append events, and with them the newest `state` of `call` where one is given, in one system call."""
        frames: list[bytes] = []
        for event in happened:
            self._fold(event)
            body = _encode(event)
            frames += (_pack(len(body) + 1, crc32(body, _EVENT_CRC)), b"\x01", body)
        if state and (opened := self._open.get(call)) is not None:
            opened.state = state
            frames.append(frame(STATE, _encode(_State(call, state))))
        self._append(b"".join(frames))
        if self._size >= self._segment_bytes and not self._pending:
            try:
                self._begin_segment()
            except OSError as error:
                self._failed(error)
                self._size -= self._segment_bytes // 8  # tried again after another eighth of a segment

    def _fold(self, event: AnyEvent) -> None:
        kind = type(event)
        if kind is events.LegRinging:
            return
        if kind is events.CallStarted:
            self._open[event.call] = OpenCall(event.call)
        elif kind is events.CallEnded:
            self._open.pop(event.call, None)
        elif (opened := self._open.get(event.call)) is not None:
            opened.fold(event)

    def _append(self, data: bytes) -> None:
        if self._pending:  # the disk refused something before: what is new waits behind it
            if len(self._pending) + len(data) > MAX_PENDING_BYTES:
                self.lost_bytes += len(data)
            else:
                self._pending += data
            data = bytes(self._pending)
            self._pending.clear()
        written = 0
        try:
            written = os.write(self._fd, data)
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except OSError as error:
            self._failed(error)
            self._pending += data[written:]
        self._size += written
        self.bytes_written += written
        self._sync.dirty = True

    def _failed(self, error: OSError) -> None:
        self.failures += 1
        if self.failures == 1 or self.failures % 1000 == 0:
            _logger.error("the journal cannot be written; calls go on", errno=error.errno, failures=self.failures)

    def _begin_segment(self) -> None:
        number = self._number + 1
        begun = self._folder / f"{number:010d}.begun"
        fd = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            checkpoint = b"".join(frame(OPEN, _encode(opened)) for opened in self._open.values())
            size, view = len(checkpoint), memoryview(checkpoint)
            while view:
                view = view[os.write(fd, view) :]
            begun.rename(segment_path(self._folder, number))
        except OSError:
            os.close(fd)
            begun.unlink(missing_ok=True)
            raise
        if self._fd >= 0:
            self._sync.retire(self._fd)
        self._number, self._fd, self._size = number, fd, size
        self._sync.fd = fd
        self._sync.dirty = True

    def close(self) -> None:
        """Sync what was written and let go of the folder."""
        self._sync.close()
        os.close(self._fd)
        os.close(self._lock_fd)


class _Sync(threading.Thread):
    """Calls fdatasync at an interval, so that nobody else ever waits for the disk."""

    def __init__(self, seconds: float) -> None:
        super().__init__(name="journal-sync", daemon=True)
        self.fd = -1
        self.dirty = False
        self._seconds = seconds
        self._retired: list[int] = []
        self._closing = threading.Event()

    def retire(self, fd: int) -> None:
        """Sync this descriptor once more and close it."""
        self._retired.append(fd)

    def run(self) -> None:
        while not self._closing.wait(self._seconds):
            self._once()

    def _once(self) -> None:
        try:
            while self._retired:
                os.fdatasync(self._retired[0])
                os.close(self._retired.pop(0))
            if self.dirty:
                self.dirty = False
                os.fdatasync(self.fd)
        except OSError as error:
            _logger.error("the journal cannot be synced to disk", errno=error.errno)

    def close(self) -> None:
        self._closing.set()
        if self.is_alive():
            self.join()
        self._once()


# --- reading


def read_from(folder: Path, position: Position | None) -> Iterator[tuple[Position, AnyEvent]]:
    """Events from `position` (None: from the oldest kept) to the present end, each with the position after it.

    Ends at the present end; called again with the last position it goes on from there, into newer segments too.
    Damaged places are stepped over. A position in a segment that was discarded means the oldest kept.
    """
    for after, kind, body in _frames(folder, position):
        if kind == EVENT:
            try:
                yield after, _decode_event(body)
            except msgspec.DecodeError:
                _logger.error("an event in the journal has an unknown form; left out", segment=after.segment)


def recover(folder: Path) -> dict[str, OpenCall]:
    """The calls that the last writer left open, by id."""
    found: dict[str, OpenCall] = {}
    numbers = segments(folder)
    if not numbers:
        return found
    for _, kind, body in _frames(folder, Position(numbers[-1], 0), growing=False):
        try:
            if kind == OPEN:
                opened = _decode_open(body)
                found[opened.call] = opened
            elif kind == STATE:
                saved = _decode_state(body)
                if saved.call in found:
                    found[saved.call].state = saved.state
            elif kind == EVENT:
                event = _decode_event(body)
                if isinstance(event, events.CallStarted):
                    found[event.call] = OpenCall(event.call)
                elif isinstance(event, events.CallEnded):
                    found.pop(event.call, None)
                elif event.call in found:
                    found[event.call].fold(event)
        except msgspec.DecodeError:
            _logger.error("a frame in the journal has an unknown form; left out", segment=numbers[-1])
    return found


def discard_before(folder: Path, position: Position) -> int:
    """Delete the segments that end before `position`; gives how many. The newest always stays: recovery needs it."""
    numbers = segments(folder)
    old = [number for number in numbers[:-1] if number < position.segment]
    for number in old:
        segment_path(folder, number).unlink(missing_ok=True)
    return len(old)


def _frames(folder: Path, position: Position | None, *, growing: bool = True) -> Iterator[tuple[Position, int, bytes]]:
    """Every whole frame from `position` on: the position after it, its kind and its body.

    In a `growing` journal an unfinished frame at the end of the newest segment may still be finished by its writer.
    """
    numbers = segments(folder)
    if position is not None:
        numbers = [number for number in numbers if number >= position.segment]
    for number in numbers:
        start = position.offset if position is not None and number == position.segment else 0
        try:
            with segment_path(folder, number).open("rb", buffering=0) as file:
                for after, payload in _segment(file.fileno(), start, growing=growing and number == numbers[-1]):
                    yield Position(number, after), payload[0], payload[1:]
        except FileNotFoundError:
            continue  # discarded meanwhile


def _segment(fd: int, offset: int, *, growing: bool) -> Iterator[tuple[int, bytes]]:
    while chunk := os.pread(fd, _CHUNK_BYTES, offset):
        last = len(chunk) < _CHUNK_BYTES
        at = 0
        while (payload := _frame_at(chunk, at)) is not None:
            at += _HEADER.size + len(payload)
            yield offset + at, payload
        rest = len(chunk) - at
        if not last and rest < _HEADER.size + MAX_FRAME_BYTES:
            offset += at  # a frame that the chunk cut in two
            continue
        if growing and _unfinished(chunk, at):
            return
        step = next((n for n in range(at + 1, len(chunk) - _HEADER.size) if _frame_at(chunk, n) is not None), None)
        if step is not None:
            _logger.warning("a damaged place in the journal was stepped over", bytes=step - at)
            offset += step
        elif last:
            return
        else:
            offset += len(chunk) - _HEADER.size - MAX_FRAME_BYTES


def _frame_at(chunk: bytes, at: int) -> bytes | None:
    """The payload of the whole, undamaged frame at `at`, if there is one."""
    if at + _HEADER.size > len(chunk):
        return None
    length, check = _HEADER.unpack_from(chunk, at)
    begin = at + _HEADER.size
    if not 0 < length <= MAX_FRAME_BYTES or begin + length > len(chunk) or not EVENT <= chunk[begin] <= OPEN:
        return None
    payload = chunk[begin : begin + length]
    return payload if crc32(payload) == check else None


def _unfinished(chunk: bytes, at: int) -> bool:
    """Whether what stands at `at` may be the beginning of a frame."""
    if at + _HEADER.size > len(chunk):
        return True
    length: int = _HEADER.unpack_from(chunk, at)[0]
    return 0 < length <= MAX_FRAME_BYTES and at + _HEADER.size + length > len(chunk)
