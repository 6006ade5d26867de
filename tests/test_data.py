"""A file in the data folder is in place whole or not at all, whatever the disk does."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tests.keys import keys_in

from svara.calls.queue.store import Store
from svara.data import put


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_file_is_replaced_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    place = tmp_path / "sounds" / "acme" / "hello.wav"
    for content in (b"before", b"after"):
        put(place, content)
        assert place.read_bytes() == content
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert names(place.parent) == ["hello.wav"]


@pytest.mark.parametrize("refuses", ["fsync", "fdopen"])
def test_a_disk_that_refuses_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: str
) -> None:
    place = tmp_path / "house" / "office.msgpack"
    put(place, b"before")

    def full(handle: int, *_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, refuses, full)
    with pytest.raises(OSError, match="no space"):
        put(place, b"after")
    assert place.read_bytes() == b"before"
    assert names(place.parent) == ["office.msgpack"]


def test_queues_whose_choices_cannot_be_written_work_on_and_leave_nothing_behind(tmp_path: Path) -> None:
    house = tmp_path / "house"
    (house / "queues" / "in the way").mkdir(parents=True)
    store = Store(house / "queues", keys_in(tmp_path))
    store.of("acme")
    store.write()
    assert names(house) == ["queues"]
