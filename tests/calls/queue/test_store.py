"""What outlives the calls process: written before anybody is answered, synced elsewhere, and once for many."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office
from tests.keys import keys_in

from svara.calls.commands import Done, SetAgent
from svara.calls.queue.model import AgentChoice
from svara.calls.queue.store import KeptPlace, Lasting, Store, read
from svara.people.office import Member, Queue


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each time somebody waited for the disk."""
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", waited.append)
    return waited


def test_whoever_writes_does_not_wait_for_the_disk_and_the_next_process_reads_it(tmp_path: Path, synced: list[int]) -> None:
    work: list[Callable[[], None]] = []
    store = Store(tmp_path / "queues", keys_in(tmp_path), work.append)
    synced.clear()
    for number in range(50):
        store.of("t-acme").choices[f"p{number}"] = AgentChoice(f"p{number}", paused=True)
        store.write()
    assert synced == []
    assert len(work) == 1
    work.pop()()
    assert len(synced) == 1
    store.of("t-acme").kept["call1"] = KeptPlace("call1", "q", "101", 0.0)
    store.write()
    work.pop()()
    assert len(synced) == 2
    next_one = Store(tmp_path / "queues", keys_in(tmp_path)).of("t-acme")
    assert (len(next_one.choices), list(next_one.kept)) == (50, ["call1"])


def test_what_is_written_while_the_disk_works_is_synced_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    store = Store(tmp_path / "queues", keys_in(tmp_path))

    def slow(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 1:
            store.write()

    monkeypatch.setattr(os, "fsync", slow)
    store.write()
    assert len(synced) == 2


def test_a_disk_that_refuses_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store = Store(tmp_path / "queues", keys_in(tmp_path))
    monkeypatch.setattr(os, "fsync", refuses)
    store.write()
    monkeypatch.undo()
    store.write()
    monkeypatch.setattr(os, "fdopen", refuses)
    store.of("t-acme").choices["anna"] = AgentChoice("anna", paused=True)
    store.write()
    monkeypatch.undo()
    assert Store(tmp_path / "queues", keys_in(tmp_path)).of("t-acme").choices == {}


def test_everybody_who_is_paused_at_once_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = ("anna", "bob", "cecilie")
    queue = Queue("q", "support", extension="600", members=tuple(Member(f"p-acme-{name}") for name in agents))
    office = Office(tmp_path, offices.office(acme={"queues": (queue,)}))
    written: list[Store] = []
    write = Store.write
    monkeypatch.setattr(Store, "write", lambda store: written.append(store) or write(store))
    room = office.hall._rooms["t-acme"]
    paused = [room.machine.agent(f"p-acme-{name}", room.now, state="paused") for name in agents]
    room.take(tuple(action for actions in paused for action in actions))
    assert len(written) == 1
    assert isinstance(office.hall.answer(SetAgent("t-acme", "p-acme-anna", "available")), Done)
    assert len(written) == 2
    assert [
        name for name in agents if f"p-acme-{name}" in Store(tmp_path / "queues", keys_in(tmp_path)).of("t-acme").choices
    ] == [
        "bob",
        "cecilie",
    ]
    office.close()


def test_what_an_earlier_version_left_in_clear_is_read_and_sealed_at_the_next_start(tmp_path: Path) -> None:
    place = tmp_path / "queues"
    kept = {"call1": KeptPlace("call1", "q", "+4722334455", 0.0)}
    place.write_bytes(msgspec.msgpack.encode({"t-acme": Lasting(kept=kept)}))
    assert Store(place, keys_in(tmp_path)).of("t-acme").kept == kept
    assert b"4722334455" not in place.read_bytes()
    assert Store(place, keys_in(tmp_path)).of("t-acme").kept == kept


def test_a_changed_file_counts_as_empty_and_gives_nothing_out(tmp_path: Path) -> None:
    place = tmp_path / "queues"
    store = Store(place, keys_in(tmp_path))
    store.of("t-acme").choices["anna"] = AgentChoice("anna", paused=True)
    store.write()
    content = place.read_bytes()
    for at in (3, 10, 20, len(content) - 1):
        place.write_bytes(content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :])
        assert read(place, keys_in(tmp_path)) == {}
    place.write_bytes(content)
    assert list(read(place, keys_in(tmp_path))) == ["t-acme"]


def test_without_the_key_it_is_in_memory_and_what_was_written_before_comes_with_it(tmp_path: Path) -> None:
    place = tmp_path / "queues"
    store = Store(place, keys_in(tmp_path))
    store.of("t-acme").choices |= {name: AgentChoice(name, paused=True, reason="lunch") for name in ("anna", "bob")}
    store.write()
    before = place.read_bytes()
    locked = Store(place, None)
    locked.of("t-acme").choices["bob"] = AgentChoice("bob")
    locked.write()
    assert place.read_bytes() == before
    locked.unlock(keys_in(tmp_path))
    known = read(place, keys_in(tmp_path))["t-acme"].choices
    assert {name: choice.paused for name, choice in known.items()} == {"anna": True, "bob": False}
