"""Sealed files with the file's key alone, as a process that records or plays them has it."""

from __future__ import annotations

import io
import os
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import CHUNK_BYTES, open_field, seal_field
from svara.sealing.file import (
    OVERHEAD_BYTES,
    FileKey,
    Reader,
    Writer,
    new_file_key,
    open_file,
    open_file_key,
    read_head,
    seal_file,
)

KEY = AESGCM(bytes(range(32)))
ANNA, BOB = b"anna-key", b"bob--key"
CHUNK = CHUNK_BYTES + OVERHEAD_BYTES
SIZES = st.sampled_from(
    [0, 1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 5, 3 * CHUNK_BYTES]
)


def content(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def sealed(data: bytes, key: FileKey | None = None) -> tuple[bytes, FileKey]:
    key = key or new_file_key(KEY, ANNA, b"recording:7")
    file = io.BytesIO()
    with Writer(file, key) as writer:
        writer.write(data)
    return file.getvalue(), key


def read(file: bytes, key: FileKey) -> bytes:
    reader = Reader(io.BytesIO(file), key)
    return reader.read(0, reader.size)


@given(SIZES, st.lists(st.integers(1, 90_000), max_size=8), st.booleans())
def test_what_is_written_in_any_pieces_is_read_in_any_ranges(size: int, pieces: list[int], flushed: bool) -> None:
    data = content(size)
    file, key = io.BytesIO(), new_file_key(KEY, ANNA, b"")
    writer = Writer(file, key)
    start = 0
    for piece in pieces:
        writer.write(data[start : start + piece])
        start += piece
        if flushed:
            writer.flush()
            assert read(file.getvalue(), key) == data[: min(start, size)]
    writer.write(data[start:])
    writer.close()
    reader = Reader(file, key)
    assert (reader.size, writer.size) == (size, size)
    for offset in (0, 1, size // 2, CHUNK_BYTES - 1, CHUNK_BYTES, size - 1, size, size + 9):
        for length in (0, 1, 70_000, size):
            assert reader.read(max(offset, 0), length) == data[max(offset, 0) : max(offset, 0) + length]
    assert b"".join(reader.chunks()) == data
    assert b"".join(reader.chunks(10, 66_000)) == data[10:66_010]


@given(SIZES)
def test_what_is_sealed_at_once_in_memory_is_the_same_form(size: int) -> None:
    data, key = content(size), new_file_key(KEY, ANNA, b"")
    assert read(seal_file(key, data), key) == data
    assert open_file(key, sealed(data, key)[0]) == data
    assert len(seal_file(key, data)) == len(sealed(data, key)[0])


@given(SIZES, st.data())
def test_one_changed_bit_anywhere_and_nothing_of_that_place_is_given_out(size: int, data: st.DataObject) -> None:
    file, key = sealed(content(size))
    place = data.draw(st.integers(0, len(file) - 1))
    changed = bytearray(file)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable) as error:
        read(bytes(changed), key)
    assert error.value.why is Why.CHANGED


@given(SIZES, st.data())
def test_a_file_cut_short_anywhere_does_not_open(size: int, data: st.DataObject) -> None:
    file, key = sealed(content(size))
    cut = data.draw(st.one_of(st.integers(0, len(file) - 1), st.sampled_from([len(key.head) + n * CHUNK for n in range(3)])))
    if cut < len(file):
        with pytest.raises(Unreadable):
            Reader(io.BytesIO(file[:cut]), key)


def test_chunks_in_another_order_or_of_another_file_or_added_do_not_open() -> None:
    data = content(4 * CHUNK_BYTES)
    file, key = sealed(data)
    start = len(key.head)
    chunks = [file[start + n * CHUNK : start + (n + 1) * CHUNK] for n in range(4)]
    other, _ = sealed(data)
    for wrong in (
        [chunks[1], chunks[0], *chunks[2:]],
        [chunks[0], chunks[2], chunks[3]],
        [chunks[0], *chunks],
        [*chunks, chunks[3]],
        [*chunks, chunks[0]],
        [other[start : start + CHUNK], *chunks[1:]],
    ):
        with pytest.raises(Unreadable):
            read(key.head + b"".join(wrong), key)


def test_a_range_of_a_damaged_file_is_read_where_it_is_sound_and_refused_where_it_is_not() -> None:
    data = content(3 * CHUNK_BYTES)
    file, key = sealed(data)
    damaged = bytearray(file)
    damaged[len(key.head) + CHUNK + 500] ^= 1
    reader = Reader(io.BytesIO(bytes(damaged)), key)
    assert reader.read(0, 1000) == data[:1000]
    assert reader.read(2 * CHUNK_BYTES, 10) == data[2 * CHUNK_BYTES : 2 * CHUNK_BYTES + 10]
    with pytest.raises(Unreadable):
        reader.read(CHUNK_BYTES - 1, 2)


def test_a_writer_that_was_killed_leaves_its_whole_chunks() -> None:
    data = content(3 * CHUNK_BYTES)
    file, key = sealed(data)
    left = io.BytesIO(file[: len(key.head) + 2 * CHUNK + 1234])
    with pytest.raises(Unreadable):
        Reader(left, key)
    reader = Reader(left, key, unfinished=True)
    assert reader.read(0, reader.size) == data[: 2 * CHUNK_BYTES]
    assert Reader(io.BytesIO(key.head), key, unfinished=True).size == 0


def test_what_failed_half_way_is_not_made_to_look_whole() -> None:
    file, key = io.BytesIO(), new_file_key(KEY, ANNA, b"")
    with suppress(OSError), Writer(file, key) as writer:
        writer.write(content(CHUNK_BYTES * 2))
        raise OSError("the disk is full")
    with pytest.raises(Unreadable):
        Reader(file, key)
    with pytest.raises(ValueError, match="end"):
        closed(key).write(b"more")


def closed(key: FileKey) -> Writer:
    writer = Writer(io.BytesIO(), key)
    writer.close()
    writer.close()
    return writer


def test_a_files_key_opens_from_its_head_only_in_its_place() -> None:
    file, key = sealed(b"hello")
    head = read_head(io.BytesIO(file))
    assert open_file_key(KEY, head, b"recording:7").key == key.key
    with pytest.raises(Unreadable):
        open_file_key(KEY, head, b"recording:8")
    with pytest.raises(Unreadable):
        open_file_key(AESGCM(bytes(32)), head, b"recording:7")
    other = FileKey(head.replace(ANNA, BOB), key.key)
    with pytest.raises(Unreadable):
        Reader(io.BytesIO(file), other)


@given(st.binary(max_size=300))
def test_any_bytes_are_opened_or_refused_and_never_crash(junk: bytes) -> None:
    key = new_file_key(KEY, ANNA, b"")
    with pytest.raises(Unreadable):
        read_head(io.BytesIO(junk[:60]))
    with pytest.raises(Unreadable):
        Reader(io.BytesIO(key.head + junk), key)
    with pytest.raises(Unreadable):
        open_field(KEY, junk, b"")


@given(st.binary(max_size=200), st.binary(max_size=30), st.data())
def test_a_field_opens_whole_and_in_its_place_or_not_at_all(value: bytes, context: bytes, data: st.DataObject) -> None:
    field = seal_field(KEY, ANNA + BOB, value, context)
    assert open_field(KEY, field, context) == value
    with pytest.raises(Unreadable):
        open_field(KEY, field, context + b"x")
    place = data.draw(st.integers(0, len(field) - 1))
    changed = bytearray(field)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable):
        open_field(KEY, bytes(changed), context)
    with pytest.raises(Unreadable):
        open_field(KEY, field[: data.draw(st.integers(0, len(field) - 1))], context)


def test_more_than_a_chunk_is_no_field() -> None:
    assert open_field(KEY, seal_field(KEY, ANNA, bytes(CHUNK_BYTES), b""), b"") == bytes(CHUNK_BYTES)
    with pytest.raises(ValueError, match="chunk"):
        seal_field(KEY, ANNA, bytes(CHUNK_BYTES + 1), b"")


def test_nothing_shows_a_key() -> None:
    key = new_file_key(KEY, ANNA, b"")
    writer = Writer(io.BytesIO(), key)
    writer.close()
    shown = repr(key) + str(key) + repr(writer) + f"{key!r}"
    assert key.key.hex() not in shown
    assert repr(key.key)[2:-1] not in shown
    with pytest.raises(ValueError, match="32"):
        FileKey(key.head, os.urandom(16))
