"""Frames of a file that grows: each opens by itself, in its order, and in no other file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.keys import ROLE, keys_in

from svara.sealing.errors import Unreadable, Why
from svara.sealing.frames import OVERHEAD_BYTES, Opener, Sealer
from svara.sealing.role import FileKeys, RoleKey, SealedFile

CONTENTS = st.lists(st.binary(max_size=60), min_size=1, max_size=6)


def written(key: AESGCM, contents: list[bytes]) -> tuple[bytes, list[int]]:
    """A file of frames, and where each begins."""
    sealer, file, begins = Sealer(key), b"", []
    for content in contents:
        begins.append(len(file))
        file += sealer.frame(content)
    return file, begins


@settings(deadline=None)
@given(CONTENTS)
def test_what_was_sealed_opens_in_its_order_and_nothing_of_it_is_in_clear(contents: list[bytes]) -> None:
    key = AESGCM(os.urandom(32))
    file, begins = written(key, contents)
    opener = Opener(key, 0)
    for at, content in zip(begins, contents, strict=True):
        assert opener.at(file, at) == content
        assert opener.passed(file, at) == 0
        assert len(content) < 8 or content not in file
    assert len(file) == sum(map(len, contents)) + OVERHEAD_BYTES * len(contents)


@settings(deadline=None)
@given(CONTENTS, st.data())
def test_a_frame_with_one_changed_bit_does_not_open(contents: list[bytes], data: st.DataObject) -> None:
    key = AESGCM(os.urandom(32))
    file, begins = written(key, contents)
    which = data.draw(st.integers(0, len(contents) - 1))
    end = ([*begins, len(file)])[which + 1]
    changed = bytearray(file)
    changed[data.draw(st.integers(begins[which], end - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert Opener(key).at(bytes(changed), begins[which]) is None


def test_a_frame_that_is_there_twice_counts_once_and_one_that_was_taken_out_is_missed() -> None:
    key = AESGCM(os.urandom(32))
    file, begins = written(key, [b"rings", b"answers", b"hangs up"])
    opener = Opener(key, 0)
    assert opener.at(file, begins[1]) == b"answers"
    assert opener.passed(file, begins[1]) == 1
    assert opener.at(file, begins[1]) is None
    assert opener.at(file, begins[0]) is None
    assert opener.at(file, begins[2]) == b"hangs up"


def test_frames_of_another_file_do_not_open() -> None:
    file, _ = written(AESGCM(os.urandom(32)), [b"rings"])
    assert Opener(AESGCM(os.urandom(32)), 0).at(file, 0) is None


def test_a_key_lies_wrapped_in_a_file_for_its_owner_alone_and_is_gone_when_it_is_destroyed(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    made = keys.make("journal-1")
    opened = keys.open("journal-1")
    assert opened.decrypt(bytes(12), made.encrypt(bytes(12), b"hello", None), None) == b"hello"
    assert keys.place("journal-1").stat().st_mode & 0o777 == 0o600
    assert keys.names() == ["journal-1"]
    keys.destroy("journal-1")
    keys.destroy("journal-1")
    with pytest.raises(Unreadable) as caught:
        keys.open("journal-1")
    assert caught.value.why is Why.DESTROYED


def test_a_key_opens_under_its_own_name_and_role_only(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    keys.make("journal-1")
    keys.place("journal-2").write_bytes(keys.place("journal-1").read_bytes())
    for keys_of, name in ((keys, "journal-2"), (FileKeys(keys.folder, RoleKey(bytes(32))), "journal-1")):
        with pytest.raises(Unreadable) as caught:
            keys_of.open(name)
        assert caught.value.why is Why.CHANGED
    assert "RoleKey()" in repr(ROLE)


def test_a_file_that_is_written_anew_destroys_the_key_of_the_one_before(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    queues = SealedFile(keys, "queues")
    keys.make("registrations-0000000000000000")
    first, _ = queues.new()
    second, _ = queues.new()
    queues.settled(second)
    queues.open(second + b"...")
    with pytest.raises(Unreadable):
        queues.open(first)
    assert len(keys.names()) == 2
