"""Sealed files: chunks of 64 kB, each under a random key of its own, readable from any place in them.

    02 | owners | key id (8) each | nonce (12) | wrapped file key (48) | chunk ...
    chunk: nonce (12) | wrapped chunk key (48) | content and tag (16)

The file key is random; the owners' key wraps it, with the head and the context as associated data. Each chunk's key is
wrapped by the file key with the chunk's number and whether it is the last as associated data, so that chunks cannot change
places, be left out, or be the end too soon. All chunks but the last hold 65,536 bytes; the size of the content follows from
the size of the file and is proved by the last chunk, which is read first.

`Writer` and `Reader` need no more than the `FileKey`: a process that records or plays is given that, and no other key.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import (
    CHUNK_BYTES,
    KEY_BYTES,
    KEY_ID_BYTES,
    MOST_OWNERS,
    NONCE_BYTES,
    ONCE,
    TAG_BYTES,
    WRAPPED_BYTES,
    head_of,
    key_ids_of,
    unwrap,
    wrap,
)

FORM = 2
INTAKE_FORM = 3
"""Of a file whose key is sealed with a public key (`svara.sealing.intake`)."""
INTAKE_HEAD_BYTES = 1 + 32 + WRAPPED_BYTES
OVERHEAD_BYTES = WRAPPED_BYTES + TAG_BYTES
"""How much longer a sealed chunk is than its content."""
_SEALED_CHUNK_BYTES = CHUNK_BYTES + OVERHEAD_BYTES
_MOST_HEAD_BYTES = 2 + MOST_OWNERS * KEY_ID_BYTES + WRAPPED_BYTES


class FileKey:
    """What opens one file and nothing else: its head, which the file begins with, and its key. Never shown."""

    __slots__ = ("head", "key")

    def __init__(self, head: bytes, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a file key has 32 bytes")
        self.head = head
        self.key = key

    def __repr__(self) -> str:
        return "FileKey()"


def new_file_key(kek: AESGCM, key_ids: bytes, context: bytes) -> FileKey:
    """A key for a new file of the owners with these key ids, whose key together is `kek`."""
    key, head = new_content_key(), head_of(FORM, key_ids)
    return FileKey(head + wrap(kek, key, head + context), key)


def new_content_key() -> bytes:
    """A random key for what is in one file."""
    return os.urandom(KEY_BYTES)


def open_file_key(kek: AESGCM, head: bytes, context: bytes) -> FileKey:
    """The key in a file's head (`read_head`). Raises Unreadable."""
    start = len(head) - WRAPPED_BYTES
    return FileKey(head, unwrap(kek, head[start:], head[:start] + context))


def read_head(file: BinaryIO) -> bytes:
    """The head of a sealed file. Raises Unreadable where it is none."""
    file.seek(0)
    begin = file.read(_MOST_HEAD_BYTES)
    if begin[:1] == bytes((INTAKE_FORM,)) and len(begin) >= INTAKE_HEAD_BYTES:
        return begin[:INTAKE_HEAD_BYTES]
    if begin[:1] != bytes((FORM,)):
        raise Unreadable(Why.CHANGED)
    length = 2 + len(key_ids_of(begin)) + WRAPPED_BYTES
    if len(begin) < length:
        raise Unreadable(Why.CHANGED)
    return begin[:length]


class Writer:
    """Seals what is written to it into `file`, from its begin. Call `close`, or the file has no end and does not open.

    At most one chunk waits in memory. `flush` writes it too, as if it were the end, so that a process that is killed later
    leaves a file that opens; that needs a file that can be written over. As a context manager it closes, but not when the
    block failed: half a thing is not made to look whole.
    """

    __slots__ = ("_chunk", "_closed", "_file", "_files_key", "_number", "_waiting")

    def __init__(self, file: BinaryIO, key: FileKey) -> None:
        self._file = file
        self._files_key = AESGCM(key.key)
        self._number = 0
        self._waiting = bytearray()
        self._chunk: int | None = None  # where the waiting chunk already stands in the file
        self._closed = False
        file.write(key.head)

    @property
    def size(self) -> int:
        """How many bytes of content there are so far."""
        return (self._number - self._closed) * CHUNK_BYTES + len(self._waiting)

    def write(self, content: bytes | bytearray | memoryview) -> int:
        """Add content; returns its length. Raises ValueError after `close`."""
        if self._closed:
            raise ValueError("the file has its end")
        view = memoryview(content)
        start = 0
        while len(self._waiting) + len(view) - start > CHUNK_BYTES:  # what fills a chunk exactly may be the last: it waits
            if not self._waiting:
                self._put(view[start : start + CHUNK_BYTES], last=False)
                start += CHUNK_BYTES
                continue
            fits = CHUNK_BYTES - len(self._waiting)
            self._waiting += view[start : start + fits]
            start += fits
            self._put(self._waiting, last=False)
            self._waiting = bytearray()
        self._waiting += view[start:]
        return len(view)

    def flush(self) -> None:
        """Make the file whole as it is now; more can be written."""
        place = self._file.tell() if self._chunk is None else self._chunk
        self._put(self._waiting, last=True)
        self._number -= 1
        self._chunk = place
        self._file.flush()

    def close(self) -> None:
        """Write the last chunk, once; the file itself stays open."""
        if not self._closed:
            self._closed = True
            self._put(self._waiting, last=True)
            self._file.flush()

    def _put(self, content: bytearray | memoryview, *, last: bool) -> None:
        noise = os.urandom(NONCE_BYTES + KEY_BYTES)
        nonce, key = noise[:NONCE_BYTES], noise[NONCE_BYTES:]
        if self._chunk is not None:
            self._file.seek(self._chunk)
            self._chunk = None
        self._file.write(nonce + self._files_key.encrypt(nonce, key, _place(self._number, last)))
        self._file.write(AESGCM(key).encrypt(ONCE, content, None))
        self._number += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()

    def __repr__(self) -> str:
        return f"Writer(size={self.size})"


class Reader:
    """Reads sealed content from any place. Raises Unreadable at once where the file has no proper end.

    `unfinished` is for what a killed process left behind: the whole chunks before a broken end are the content then.
    """

    __slots__ = ("_content", "_file", "_files_key", "_last", "_number", "_start", "size")

    def __init__(self, file: BinaryIO, key: FileKey, *, unfinished: bool = False) -> None:
        if read_head(file) != key.head:
            raise Unreadable(Why.CHANGED)
        self._file = file
        self._files_key = AESGCM(key.key)
        self._start = len(key.head)
        self._number = -1
        self._content = b""
        self._last = -1
        length = file.seek(0, os.SEEK_END) - self._start
        chunks, rest = divmod(length, _SEALED_CHUNK_BYTES)
        try:
            if not chunks and not rest:
                raise Unreadable(Why.CHANGED)
            self._last = chunks if rest else chunks - 1
            self.size = self._last * CHUNK_BYTES + len(self._chunk(self._last))
        except Unreadable:
            if not unfinished:
                raise
            self._last = -1
            self.size = self._whole_chunks(chunks) * CHUNK_BYTES

    def read(self, offset: int, length: int) -> bytes:
        """Content from `offset` on, `length` bytes or up to the end. Raises Unreadable, and gives nothing then."""
        if offset < 0 or length < 0:
            raise ValueError("a range begins at 0 or later and is not shorter than nothing")
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        first, last = offset // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        if first == last:
            return self._chunk(first)[offset - first * CHUNK_BYTES : end - first * CHUNK_BYTES]
        whole = _Room(end - offset)
        for number in range(first, last + 1):
            start = number * CHUNK_BYTES
            into = slice(max(start, offset) - offset, min(start + CHUNK_BYTES, end) - offset)
            if into.stop - into.start == CHUNK_BYTES and number != self._number:
                self._open(number, whole.view[into])
            else:
                whole.view[into] = self._chunk(number)[max(offset - start, 0) : end - start]
        return whole.content()

    def chunks(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The same in pieces of at most 64 kB, for content that does not fit in memory; each piece is proved before it is
        given, those after it are not yet."""
        end = self.size if length is None else min(offset + length, self.size)
        while offset < end:
            piece = self.read(offset, min(end, (offset // CHUNK_BYTES + 1) * CHUNK_BYTES) - offset)
            offset += len(piece)
            yield piece

    def _whole_chunks(self, most: int) -> int:
        """How many chunks before the broken end are whole: the last of them proves its place, and all do when read."""
        for count in range(most, 0, -1):
            try:
                self._chunk(count - 1)
            except Unreadable:
                continue
            return count
        return 0

    def _chunk(self, number: int) -> bytes:
        if number != self._number:
            self._content = self._open(number)
            self._number = number
        return self._content

    def _open(self, number: int, into: memoryview | None = None) -> bytes:
        """A chunk's content; if it is a whole chunk's room, it is put `into` that, and nothing is returned."""
        self._file.seek(self._start + number * _SEALED_CHUNK_BYTES)
        sealed = memoryview(self._file.read(_SEALED_CHUNK_BYTES))
        return _open_chunk(self._files_key, sealed, number, number == self._last, into)

    def __repr__(self) -> str:
        return f"Reader(size={self.size})"


def seal_file(key: FileKey, content: bytes) -> bytes:
    """What a `Writer` makes of `content`, at once and in memory."""
    chunks = max(1, -(-len(content) // CHUNK_BYTES))
    room, files_key, source = (
        _Room(len(key.head) + len(content) + chunks * OVERHEAD_BYTES),
        AESGCM(key.key),
        memoryview(content),
    )
    room.view[: len(key.head)] = key.head
    start = len(key.head)
    noise = os.urandom(chunks * (NONCE_BYTES + KEY_BYTES))
    for number in range(chunks):
        nonce, chunks_key = noise[:NONCE_BYTES], noise[NONCE_BYTES : NONCE_BYTES + KEY_BYTES]
        noise = noise[NONCE_BYTES + KEY_BYTES :]
        wrapped = nonce + files_key.encrypt(nonce, chunks_key, _place(number, number == chunks - 1))
        room.view[start : start + WRAPPED_BYTES] = wrapped
        piece = source[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        end = start + OVERHEAD_BYTES + len(piece)
        AESGCM(chunks_key).encrypt_into(ONCE, piece, None, room.view[start + WRAPPED_BYTES : end])
        start = end
    return room.content()


def open_file(key: FileKey, sealed: bytes) -> bytes:
    """The whole content of a file in memory. Raises Unreadable."""
    if sealed[: len(key.head)] != key.head:
        raise Unreadable(Why.CHANGED)
    files_key, source = AESGCM(key.key), memoryview(sealed)[len(key.head) :]
    chunks = -(-len(source) // _SEALED_CHUNK_BYTES)
    size = len(source) - chunks * OVERHEAD_BYTES
    if size <= 0:
        return _open_chunk(files_key, source, 0, True)
    room = _Room(size)
    for number in range(chunks):
        chunk = source[number * _SEALED_CHUNK_BYTES : (number + 1) * _SEALED_CHUNK_BYTES]
        into = slice(number * CHUNK_BYTES, (number + 1) * CHUNK_BYTES)
        _open_chunk(files_key, chunk, number, number == chunks - 1, room.view[into])
    return room.content()


def _open_chunk(files_key: AESGCM, sealed: memoryview, number: int, last: bool, into: memoryview | None = None) -> bytes:
    """A chunk's content; where there is room `into` which it fits exactly, it is put there, and nothing is returned."""
    if len(sealed) < OVERHEAD_BYTES or (not last and len(sealed) < _SEALED_CHUNK_BYTES):
        raise Unreadable(Why.CHANGED)
    content = sealed[WRAPPED_BYTES:]
    try:
        key = AESGCM(files_key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:WRAPPED_BYTES], _place(number, last)))
        if into is None:
            return key.decrypt(ONCE, content, None)
        key.decrypt_into(ONCE, content, None, into)
    except InvalidTag:
        raise Unreadable(Why.CHANGED) from None
    return b""


class _Room:
    """Room for bytes of a known length, which become `bytes` without being copied: copying costs more than AES.

    That needs that no slice of `view` has a name when `content` is called.
    """

    __slots__ = ("_file", "view")

    def __init__(self, length: int) -> None:
        self._file = io.BytesIO()
        self._file.seek(length - 1)
        self._file.write(b"\0")
        self.view = self._file.getbuffer()

    def content(self) -> bytes:
        self.view.release()
        return self._file.getvalue()


def _place(number: int, last: bool) -> bytes:
    """What a chunk's key is bound to."""
    return number.to_bytes(8, "big") + (b"\1" if last else b"\0")
