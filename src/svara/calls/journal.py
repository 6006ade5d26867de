"""The calls journal: what happened, on disk before the outside world learns of it.

Guarantees: an event handed to `Journal.write` is in the kernel when `write` returns, so it survives `kill -9`; nothing of it
is on the disk in clear; a torn, damaged or changed place, at whatever byte, costs the frames it touches and no other; the
newest segment alone tells which calls were open, because every segment begins with a checkpoint of them; writing never waits
for the disk (a thread syncs at an interval, so a power cut can cost that interval), nor for a key.

Without the key (`JournalFolder.locked`) what happens waits in memory until `Journal.unlock`. The form of the files is in
`svara.calls.segments`.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from svara import log
from svara.calls import events
from svara.calls.events import AnyEvent
from svara.calls.segments import EVENT, INVITED, OPEN, STATE, JournalFolder, Position
from svara.sealing.frames import Sealer

SEGMENT_BYTES = 32 << 20
SEGMENT_SECONDS = 3600.0
"""A segment in which something was written ends after so long (`Journal.renew`): what is in history leaves the disk then,
also in a small office."""
SYNC_SECONDS = 0.25
MAX_PENDING_BYTES = 16 << 20
"""How much is kept in memory while the disk refuses to take it; beyond that events are lost, and counted."""

_logger = log.get("calls.journal")


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
    invited: dict[str, bytes] = {}
    """Our INVITEs to which nobody has said yes or no: by the leg, as they were handed to `Journal.invited`."""

    def fold(self, event: AnyEvent) -> None:
        """Take in one event of this call."""
        if isinstance(event, events.LegOffered):
            self.legs.append(event.leg)
        elif isinstance(event, events.LegAnswered):
            self.answered = True
            self.invited.pop(event.leg, None)
        elif isinstance(event, events.LegEnded):
            self.invited.pop(event.leg, None)
            if event.leg in self.legs:
                self.legs.remove(event.leg)


class _State(msgspec.Struct, array_like=True):
    call: str
    state: bytes


class _Invited(msgspec.Struct, array_like=True):
    call: str
    leg: str
    invitation: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_event = msgspec.msgpack.Decoder(AnyEvent).decode
_decode_open = msgspec.msgpack.Decoder(OpenCall).decode
_decode_state = msgspec.msgpack.Decoder(_State).decode
_decode_invited = msgspec.msgpack.Decoder(_Invited).decode
_EVENT, _STATE, _OPEN, _INVITED = bytes((EVENT,)), bytes((STATE,)), bytes((OPEN,)), bytes((INVITED,))


class Journal:
    """The one writer of a journal folder.

    `open_calls` is what an earlier process left open (see `recover`); those calls are carried on from the first byte.
    Raises JournalBusyError when another process writes there.
    """

    def __init__(
        self,
        folder: JournalFolder,
        open_calls: dict[str, OpenCall] | None = None,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        sync_seconds: float = SYNC_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._monotonic = monotonic
        self._open = dict(open_calls or {})
        self._pending = bytearray()
        self._waiting: list[bytes] | None = []
        """What is not sealed yet, for want of the key; None once the key is here."""
        self._waiting_bytes = 0
        self.bytes_written = 0
        self.failures = 0
        self.lost_bytes = 0
        self._lock_fd = os.open(folder.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_fd)
            raise JournalBusyError(str(folder.path)) from error
        for leftover in (*folder.path.glob("*.begun"), *folder.path.glob("*.sealing")):
            leftover.unlink()
        self._number = max(folder.numbers(), default=0)
        self._fd = -1
        self._size = self._begun_size = 0
        self._begun_at = 0.0
        self._seal: Callable[[bytes], bytes] = self._wait
        self._sync = _Sync(sync_seconds)
        if not folder.locked:
            try:
                self.unlock()
            except OSError:
                self._sync.close()
                os.close(self._lock_fd)
                raise
        self._sync.start()

    def unlock(self, left_open: Mapping[str, OpenCall] | None = None) -> None:
        """The folder's key is here: what waited is written, and what an earlier version left in clear is sealed.

        `left_open`: what an earlier process left open, where that could not be told before. Raises OSError, Unreadable.
        """
        self._folder.seal_old()
        self._folder.forget_keys()
        self._open = {**(left_open or {}), **self._open}
        self._number = max(self._folder.numbers(), default=0)
        self._begin_segment()
        waited, self._waiting = self._waiting or [], None
        self._append(b"".join(map(self._seal, waited)))

    def write(self, happened: Sequence[AnyEvent], call: str = "", state: bytes = b"") -> None:
        """Append events, and with them the newest `state` of `call` where one is given, in one system call."""
        frames: list[bytes] = []
        for event in happened:
            self._fold(event)
            frames.append(self._seal(_EVENT + _encode(event)))
        if state and (opened := self._open.get(call)) is not None:
            opened.state = state
            frames.append(self._seal(_STATE + _encode(_State(call, state))))
        if self._waiting is None:
            self._append(b"".join(frames))
        if self._size >= self._segment_bytes and not self._pending:
            self._next_segment()

    def invited(self, call: str, leg: str, invitation: bytes) -> None:
        """Append an INVITE that is about to be sent, so that it can be gone on with, until its leg was answered or ended."""
        if (opened := self._open.get(call)) is not None:
            opened.invited[leg] = invitation
            frame = self._seal(_INVITED + _encode(_Invited(call, leg, invitation)))
            if self._waiting is None:
                self._append(frame)

    def renew(self) -> None:
        """To be called now and then: a segment that is old enough makes room for the next."""
        old = self._monotonic() - self._begun_at >= SEGMENT_SECONDS
        if old and self._waiting is None and self._size > self._begun_size and not self._pending:
            self._next_segment()

    def _next_segment(self) -> None:
        try:
            self._begin_segment()
        except OSError as error:
            self._failed(error)
            self._size -= self._segment_bytes // 8  # tried again after another eighth of a segment

    def _wait(self, content: bytes) -> bytes:
        """In place of sealing: what happened waits in memory for the key."""
        if self._waiting is not None and self._waiting_bytes + len(content) <= MAX_PENDING_BYTES:
            self._waiting_bytes += len(content)
            self._waiting.append(content)
        else:
            self.lost_bytes += len(content)
        return b""

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
        begun = self._folder.path / f"{number:010d}.begun"
        seal = Sealer(self._folder.new_key(number)).frame
        fd = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            checkpoint = b"".join(seal(_OPEN + _encode(opened)) for opened in self._open.values())
            size, view = len(checkpoint), memoryview(checkpoint)
            while view:
                view = view[os.write(fd, view) :]
            begun.rename(self._folder.place(number))
        except OSError:
            os.close(fd)
            begun.unlink(missing_ok=True)
            raise
        if self._fd >= 0:
            self._sync.retire(self._fd)
        self._seal = seal
        self._number, self._fd, self._size, self._begun_size = number, fd, size, size
        self._begun_at = self._monotonic()
        self._sync.begin(fd, self._folder.key_place(number))

    def close(self) -> None:
        """Sync what was written and let go of the folder."""
        self._sync.close()
        if self._fd >= 0:
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
        self._keys: list[Path] = []
        self._closing = threading.Event()

    def begin(self, fd: int, key: Path) -> None:
        """From now on sync this descriptor; and once, before it, the file of its key."""
        self._keys.append(key)
        self.fd = fd
        self.dirty = True

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
            while self._keys:
                _sync_file(self._keys[0])
                self._keys.pop(0)
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


def _sync_file(place: Path) -> None:
    """Have a small file, and that it is there, on the disk."""
    for each in (place, place.parent):
        with suppress(FileNotFoundError):  # discarded already
            fd = os.open(each, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)


# --- reading


def read_from(folder: JournalFolder, position: Position | None) -> Iterator[tuple[Position, AnyEvent]]:
    """Events from `position` (None: from the oldest kept) to the present end, each with the position after it.

    Ends at the present end; called again with the last position it goes on from there, into newer segments too.
    Damaged places are stepped over. A position in a segment that was discarded means the oldest kept.
    Raises Unreadable while the role's key is missing.
    """
    for after, kind, body in folder.frames(position):
        if kind == EVENT:
            try:
                yield after, _decode_event(body)
            except msgspec.DecodeError:
                _logger.error("an event in the journal has an unknown form; left out", segment=after.segment)


def recover(folder: JournalFolder) -> dict[str, OpenCall]:
    """The calls that the last writer left open, by id. Raises Unreadable while the role's key is missing."""
    found: dict[str, OpenCall] = {}
    numbers = folder.numbers()
    if not numbers:
        return found
    for _, kind, body in folder.frames(Position(numbers[-1], 0), growing=False):
        try:
            if kind == OPEN:
                opened = _decode_open(body)
                found[opened.call] = opened
            elif kind == STATE:
                saved = _decode_state(body)
                if saved.call in found:
                    found[saved.call].state = saved.state
            elif kind == INVITED:
                asked = _decode_invited(body)
                if asked.call in found:
                    found[asked.call].invited[asked.leg] = asked.invitation
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


def discard_before(folder: JournalFolder, position: Position) -> int:
    """Delete the segments that end before `position`, and destroy their keys; gives how many. The newest always stays:
    recovery needs it."""
    old = [number for number in folder.numbers()[:-1] if number < position.segment]
    for number in old:
        folder.discard(number)
    return len(old)
