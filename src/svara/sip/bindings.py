"""Where phones are registered, kept so that it survives `kill -9`.

Each change appends one sealed frame (`svara.sealing.frames`: MessagePack of login and all its bindings) with a single
write; the last frame of a login counts. A torn or damaged tail is ignored. When a file has grown well beyond what is alive,
the living entries are copied to a second file a few at a time, so that no call waits for it; what is read at start is the
first file, then the second. A file has a key of its own (`svara.sealing.role`); what an earlier version wrote in clear
(length, CRC-32, MessagePack) is read, and sealed at the next start.

Without the key bindings are in memory alone, until `unlock`.
"""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from svara import log
from svara.sealing.errors import Unreadable
from svara.sealing.frames import MAX_CONTENT_BYTES, OVERHEAD_BYTES, Opener, Sealer
from svara.sealing.role import FileKeys, SealedFile
from svara.sip.message import SipError
from svara.sip.transport.flow import Target
from svara.sip.uri import parse_uri

_LOG = log.get("sip.registrar")

_CLEAR_HEAD = struct.Struct("<II")
_KIND: Final = "registrations"
_COMPACT_ABOVE_BYTES: Final = 4_194_304
_COPIED_AT_ONCE: Final = 16


class Binding(msgspec.Struct, array_like=True, frozen=True):
    """One contact of a login (RFC 3261 section 10). New fields are added at the end, with defaults."""

    contact: str  # the URI, which requests to this phone carry as Request-URI
    flow_id: str  # the way to it; "" once its connection is gone
    transport: str
    remote: tuple[str, int]  # where the REGISTER came from
    path: tuple[str, ...]  # Route values for requests to it (RFC 3327)
    expires_at: float  # seconds since the epoch
    q_thousandths: int
    instance: str | None  # the device (RFC 5626)
    reg_id: int | None
    user_agent: str
    call_id: str
    cseq: int
    updated_at: float
    direct: bool  # the contact is the phone's own address as we see it: no address translation between

    @property
    def target(self) -> Target | None:
        """Where to connect when the flow is gone; None where only the phone can connect to us."""
        if not self.direct or self.transport not in ("UDP", "TCP"):
            return None
        try:
            uri = parse_uri(self.contact)
        except SipError:
            return None
        return Target(self.transport, uri.host, uri.port or 5060)


class BindingStore:
    """All bindings by login, in memory and on disk. `path` None: in memory alone; `keys` None: until `unlock`."""

    def __init__(
        self, path: Path | None, keys: FileKeys | None = None, *, compact_above_bytes: int = _COMPACT_ABOVE_BYTES
    ) -> None:
        self._path = path
        self._sealed: SealedFile | None = None
        self._sealer: Sealer | None = None
        self._next = path.with_name(f"{path.name}.next") if path else None
        self._threshold = compact_above_bytes
        self._bindings: dict[str, tuple[Binding, ...]] = {}
        self._encoder = msgspec.msgpack.Encoder()
        self._file = -1
        self._size = 0
        self._base = 0  # the size after the last compaction
        self._to_copy: list[str] | None = None
        if keys is not None:
            self.unlock(keys)

    def unlock(self, keys: FileKeys) -> list[str]:
        """The key is here: read the file, and write from now on. Returns the logins of which nothing was known before.

        Raises OSError.
        """
        if self._path is None:
            return []
        self._sealed = SealedFile(keys, _KIND)
        known = self._bindings
        self._bindings = {}
        self._read(self._path, self._sealed)
        found = [login for login in self._bindings if login not in known]
        self._bindings |= known
        self._open(self._path, self._sealed)
        return found

    def get(self, login: str) -> tuple[Binding, ...]:
        return self._bindings.get(login, ())

    def logins(self) -> list[str]:
        return list(self._bindings)

    def put(self, login: str, bindings: tuple[Binding, ...]) -> None:
        """Replace the bindings of a login. A full disk is logged; what is in memory counts."""
        if bindings:
            self._bindings[login] = bindings
        else:
            self._bindings.pop(login, None)
        if self._file >= 0:
            self._append(self._frame(login, bindings))
            if self._to_copy is not None:
                self._copy_some()
            elif self._size > self._threshold and self._size > 4 * self._base:
                self._begin_compaction()

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    # --- the file

    def _frame(self, login: str, bindings: tuple[Binding, ...]) -> bytes:
        assert self._sealer is not None  # noqa: S101 - a file is open
        return self._sealer.frame(self._encoder.encode((login, bindings)))

    def _append(self, data: bytes) -> None:
        try:
            written = os.write(self._file, data)
        except OSError as error:
            _LOG.error("a registration could not be written down", errno=error.errno)
            return
        if written == len(data):
            self._size += written
            return
        # Half a frame would hide every later one.
        _LOG.error("a registration could not be written down", errno=0)
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, self._size)

    def _read(self, path: Path, sealed: SealedFile) -> None:
        for file in (path, self._next):
            if file is not None:
                for login, bindings in read_frames(file, sealed):
                    if bindings:
                        self._bindings[login] = bindings
                    else:
                        self._bindings.pop(login, None)

    def _open(self, path: Path, sealed: SealedFile) -> None:
        fresh = path.with_name(f"{path.name}.fresh")
        head = self._begin(fresh, sealed, synced=True)
        for login, bindings in self._bindings.items():
            self._append(self._frame(login, bindings))
        os.fsync(self._file)
        fresh.replace(path)
        if self._next is not None:
            self._next.unlink(missing_ok=True)
        self._base = self._size
        sealed.settled(head)

    def _begin(self, path: Path, sealed: SealedFile, *, synced: bool) -> bytes:
        """A new file, to be written to from now on; returns its head."""
        head, key = sealed.new(synced=synced)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size = file, 0
        self._sealer = Sealer(key)
        self._append(head)
        return head

    def _begin_compaction(self) -> None:
        if self._next is None or self._sealed is None:
            return
        try:
            self._begin(self._next, self._sealed, synced=False)  # nobody waits for the disk; a power cut can cost it
        except OSError as error:
            _LOG.error("the registrations cannot be compacted", errno=error.errno)
            self._base = self._size
            return
        self._to_copy = list(self._bindings)

    def _copy_some(self) -> None:
        names = self._to_copy
        if names is None or self._next is None or self._path is None:
            return
        frames = []
        for _ in range(min(_COPIED_AT_ONCE, len(names))):
            login = names.pop()
            bindings = self._bindings.get(login)
            if bindings:
                frames.append(self._frame(login, bindings))
        if frames:
            self._append(b"".join(frames))
        if not names:
            self._to_copy = None
            self._next.replace(self._path)
            self._base = self._size


def read_frames(path: Path, sealed: SealedFile) -> Iterator[tuple[str, tuple[Binding, ...]]]:
    """The whole frames of a file, up to the first that is torn or damaged."""
    decoder = msgspec.msgpack.Decoder(tuple[str, tuple[Binding, ...]])
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    if SealedFile.is_sealed(content):
        try:
            frames = _sealed_frames(content, Opener(sealed.open(content), 0))
        except Unreadable as error:
            _LOG.error("the registrations cannot be read; phones register again", reason=error.why.value)
            return
    else:
        frames = _clear_frames(content)
    for data in frames:
        try:
            yield decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return


def _sealed_frames(content: bytes, opener: Opener) -> Iterator[bytes]:
    at = SealedFile.HEAD_BYTES
    while (data := opener.at(content, at)) is not None:
        opener.passed(content, at)
        at += OVERHEAD_BYTES + len(data)
        yield data


def _clear_frames(content: bytes) -> Iterator[bytes]:
    """Of a file that an earlier version wrote."""
    at = 0
    while at + _CLEAR_HEAD.size <= len(content):
        length, crc = _CLEAR_HEAD.unpack_from(content, at)
        at += _CLEAR_HEAD.size
        data = content[at : at + length]
        if length > MAX_CONTENT_BYTES or len(data) < length or zlib.crc32(data) != crc:
            return
        at += length
        yield data
