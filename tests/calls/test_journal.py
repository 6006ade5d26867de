"""The journal keeps what happened, whatever happens to the process or to the bytes."""

from __future__ import annotations

import errno
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.keys import ROLE, journal_in, keys_in

from svara.calls import journal
from svara.calls.events import AnyEvent, CallEnded, CallStarted, LegAnswered, LegEnded, LegOffered, LegRinging, Party
from svara.calls.journal import Journal, JournalBusyError, discard_before, read_from, recover
from svara.calls.segments import JournalFolder, Position
from svara.clock import VirtualClock
from svara.sealing.errors import Unreadable

Logged = Callable[[], list[Any]]


@pytest.fixture
def logged() -> Iterator[Logged]:
    """What is said in the log from now on."""
    with structlog.testing.capture_logs() as lines:
        yield lambda: lines


ANNA = Party(number="101", name="Anna Berg", person="p-anna", login="acme-anna")
BOB = Party(number="102", name="Bob Lind", person="p-bob", login="acme-bob")


def talk(call: str, at: float = 1000.0) -> list[AnyEvent]:
    """Anna calls Bob, they talk, Bob hangs up."""
    return [
        CallStarted(call, at, tenant="t-acme", caller=ANNA, dialled="102", callee=BOB),
        LegOffered(call, at, leg="b1", to=BOB),
        LegRinging(call, at + 1, leg="b1"),
        LegAnswered(call, at + 5, leg="b1", to=BOB),
        LegEnded(call, at + 65, leg="b1", status=200, reason="hung up"),
        CallEnded(call, at + 65, outcome="answered", by="callee", end_reason="hung up"),
    ]


def everything(folder: Path, position: Position | None = None) -> list[AnyEvent]:
    return [event for _, event in read_from(journal_in(folder), position)]


def test_what_was_written_is_read_in_order(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path))
    for event in talk("c1"):
        book.write([event])
    book.close()
    assert everything(tmp_path) == talk("c1")


def test_an_event_can_be_read_the_moment_write_returns(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path))
    position: Position | None = None
    for event in talk("c1"):
        book.write([event])
        [(position, read)] = read_from(journal_in(tmp_path), position)
        assert read == event
    book.close()


def test_a_reader_goes_on_where_it_stopped_across_segments(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path), segment_bytes=300)
    written: list[AnyEvent] = []
    read: list[AnyEvent] = []
    position: Position | None = None
    for n in range(20):
        book.write(talk(f"c{n}"))
        written += talk(f"c{n}")
        if n % 3 == 0:
            fresh = list(read_from(journal_in(tmp_path), position))
            read += [event for _, event in fresh]
            position = fresh[-1][0]
    read += everything(tmp_path, position)
    book.close()
    assert len(journal_in(tmp_path).numbers()) > 5
    assert read == written


def test_the_newest_segment_alone_tells_which_calls_are_open(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path), segment_bytes=500)
    book.write(talk("answered")[:4], "answered", b"both dialogs")
    book.write(talk("ringing")[:3])
    for n in range(30):
        book.write(talk(f"other{n}"))
    book.close()
    newest = journal_in(tmp_path).numbers()[-1]
    assert newest > 3
    assert discard_before(journal_in(tmp_path), Position(newest, 0)) == newest - 1
    found = recover(journal_in(tmp_path))
    assert sorted(found) == ["answered", "ringing"]
    assert found["answered"].answered
    assert found["answered"].state == b"both dialogs"
    assert found["answered"].legs == ["b1"]
    assert not found["ringing"].answered
    assert found["ringing"].legs == ["b1"]


def test_a_new_writer_carries_on_the_open_calls(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path))
    book.write(talk("c1")[:4], "c1", b"state 1")
    book.close()
    second = Journal(journal_in(tmp_path), recover(journal_in(tmp_path)))
    second.write([], "c1", b"state 2")
    second.close()
    assert recover(journal_in(tmp_path))["c1"].state == b"state 2"
    third = Journal(journal_in(tmp_path), recover(journal_in(tmp_path)))
    third.write(talk("c1")[4:])
    third.close()
    assert recover(journal_in(tmp_path)) == {}
    assert everything(tmp_path) == talk("c1")


def test_history_may_not_discard_the_segment_that_recovery_needs(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path))
    book.write(talk("c1")[:4], "c1", b"state")
    assert discard_before(journal_in(tmp_path), Position(99, 0)) == 0
    book.close()
    assert recover(journal_in(tmp_path))["c1"].state == b"state"


def test_a_position_in_a_discarded_segment_means_the_oldest_kept(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path), segment_bytes=1)
    book.write(talk("c1"))
    book.write(talk("c2"))
    book.close()
    discard_before(journal_in(tmp_path), Position(2, 0))
    assert everything(tmp_path, Position(1, 0)) == talk("c2")


def test_two_processes_never_write_one_journal(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path))
    with pytest.raises(JournalBusyError):
        Journal(journal_in(tmp_path))
    book.close()
    Journal(journal_in(tmp_path)).close()


def _one_segment(folder: Path) -> tuple[Path, bytes, list[tuple[Position, AnyEvent]]]:
    book = Journal(journal_in(folder))
    for event in talk("c1") + talk("c2"):
        book.write([event])
    book.close()
    path = journal_in(folder).place(1)
    return path, path.read_bytes(), list(read_from(journal_in(folder), None))


def test_truncated_at_any_byte_all_whole_events_before_are_read(tmp_path: Path) -> None:
    path, data, written = _one_segment(tmp_path)
    for length in range(len(data)):
        path.write_bytes(data[:length])
        whole = [event for position, event in written if position.offset <= length]
        assert everything(tmp_path) == whole
        recover(journal_in(tmp_path))


def test_damaged_at_any_byte_only_the_event_there_is_lost(tmp_path: Path) -> None:
    path, data, written = _one_segment(tmp_path)
    begins = [0, *(position.offset for position, _ in written)]
    Journal(journal_in(tmp_path)).close()  # a newer segment: nobody will finish this one any more
    for offset in range(len(data)):
        damaged = bytearray(data)
        damaged[offset] ^= 0xFF
        path.write_bytes(damaged)
        hit = max(n for n, begin in enumerate(begins) if begin <= offset)
        assert everything(tmp_path) == [event for n, (_, event) in enumerate(written) if n != hit]


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 5))
def test_rubbish_between_two_events_never_hides_them(
    tmp_path_factory: pytest.TempPathFactory, rubbish: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    path, data, written = _one_segment(folder)
    Journal(journal_in(folder)).close()
    at = written[cut][0].offset
    path.write_bytes(data[:at] + rubbish + data[at:])
    assert everything(folder) == [event for _, event in written]


def test_zeros_after_a_power_cut_are_no_events(tmp_path: Path) -> None:
    path, data, written = _one_segment(tmp_path)
    path.write_bytes(data + bytes(4096))
    assert everything(tmp_path) == [event for _, event in written]


def test_an_unfinished_frame_waits_for_its_writer(tmp_path: Path) -> None:
    path, data, written = _one_segment(tmp_path)
    path.write_bytes(data[:-5])
    *_, (position, _) = read_from(journal_in(tmp_path), None)
    assert everything(tmp_path, position) == []
    path.write_bytes(data)
    assert everything(tmp_path, position) == [written[-1][1]]


def test_a_long_segment_is_read_across_chunks(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path))
    for n in range(6):
        book.write(talk(f"c{n}")[:4], f"c{n}", bytes(900_000))
    book.close()
    assert len(everything(tmp_path)) == 24
    assert len(recover(journal_in(tmp_path))) == 6


def test_a_full_disk_delays_the_journal_and_stops_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Journal(journal_in(tmp_path))
    book.write(talk("c1")[:1])
    real_write = os.write

    def full(fd: int, data: bytes) -> int:
        if len(data) > 20:
            return real_write(fd, data[:20])
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(journal.os, "write", full)
    monkeypatch.setattr(journal, "MAX_PENDING_BYTES", 10_000)
    book.write(talk("c1")[1:2])
    monkeypatch.setattr(journal.os, "write", lambda *_: full(-1, b""))
    book.write(talk("c1")[2:3])
    assert book.failures == 2
    monkeypatch.setattr(journal.os, "write", real_write)
    book.write(talk("c1")[3:])
    book.close()
    assert everything(tmp_path) == talk("c1")


def test_everything_written_before_kill_9_is_there_after_it(tmp_path: Path) -> None:
    script = f"""
import sys; from pathlib import Path
from tests.keys import ROLE, journal_in, keys_in
from svara.calls.journal import Journal; from svara.calls.events import CallStarted
book = Journal(journal_in(Path({str(tmp_path)!r})))
for n in range(10**9):
    book.write([CallStarted(str(n), float(n))])
    sys.stdout.write(f"{{n}}\\n"); sys.stdout.flush()
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = "".join(process.stdout.readline() for _ in range(500))
    process.send_signal(signal.SIGKILL)
    told += process.stdout.read()
    process.wait()
    known = [int(line) for line in told.split("\n")[:-1]]
    kept = [int(event.call) for event in everything(tmp_path)]
    assert kept == list(range(len(kept)))
    assert len(kept) > known[-1]


# --- sealed


def test_nothing_of_a_call_is_on_the_disk_in_clear(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path))
    book.write(talk("c1")[:4], "c1", b"the state of both dialogs")
    book.close()
    Journal(journal_in(tmp_path), recover(journal_in(tmp_path))).close()  # a checkpoint holds the state, too
    files = [place.read_bytes() for place in tmp_path.rglob("*") if place.is_file()]
    assert sum(map(len, files)) > 500
    for word in (b"Anna Berg", b"p-anna", b"acme-bob", b"t-acme", b"the state of both dialogs", b"c1"):
        assert not [content for content in files if word in content], word


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_frames_torn_changed_left_out_or_put_twice_cost_only_what_they_touch(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    path, content, written = _one_segment(folder)
    Journal(journal_in(folder)).close()
    begins = [0, *(position.offset for position, _ in written)]
    kept, file = [], b""
    for n, (_, event) in enumerate(written):
        frame = content[begins[n] : begins[n + 1]]
        match data.draw(st.sampled_from(["whole", "whole", "torn", "changed", "left out", "twice"])):
            case "whole":
                kept.append(event)
            case "torn":
                frame = frame[: data.draw(st.integers(0, len(frame) - 1))]
            case "changed":
                at = data.draw(st.integers(0, len(frame) - 1))
                frame = frame[:at] + bytes((frame[at] ^ data.draw(st.integers(1, 255)),)) + frame[at + 1 :]
            case "left out":
                frame = b""
            case "twice":
                kept.append(event)
                frame *= 2
        file += frame
    path.write_bytes(file)
    assert everything(folder) == kept
    recover(journal_in(folder))


def test_a_changed_place_is_said_once(tmp_path: Path, logged: Logged) -> None:
    path, content, written = _one_segment(tmp_path)
    Journal(journal_in(tmp_path)).close()
    path.write_bytes(content[:40] + bytes((content[40] ^ 1,)) + content[41:])
    reader = journal_in(tmp_path)
    for _ in range(3):
        assert len(list(read_from(reader, None))) == len(written) - 1
    said = [line for line in logged() if "damaged or changed" in line["event"]]
    assert [(line["segment"], line["log_level"]) for line in said] == [(1, "error")]


def test_a_frame_that_was_left_out_is_said(tmp_path: Path, logged: Logged) -> None:
    path, content, written = _one_segment(tmp_path)
    path.write_bytes(content[: written[0][0].offset] + content[written[1][0].offset :])
    assert len(everything(tmp_path)) == len(written) - 1
    assert [line["count"] for line in logged() if "missing" in line["event"]] == [1]


def test_a_discarded_segment_s_key_is_destroyed_and_a_copy_of_it_says_nothing(tmp_path: Path) -> None:
    book = Journal(journal_in(tmp_path), segment_bytes=1)
    book.write(talk("c1"))
    book.write(talk("c2"))
    book.close()
    folder = journal_in(tmp_path)
    copy = folder.place(1).read_bytes()
    assert discard_before(folder, Position(2, 0)) == 1
    folder.place(1).write_bytes(copy)  # a backup that somebody else made brings it back
    assert everything(tmp_path) == talk("c2")


def test_what_is_in_history_leaves_the_disk_within_the_hour_also_in_a_small_office(tmp_path: Path) -> None:
    clock = VirtualClock()
    book = Journal(journal_in(tmp_path), monotonic=clock.monotonic)
    clock.advance(3601)
    book.renew()
    assert journal_in(tmp_path).numbers() == [1], "nothing was written in it"
    book.write(talk("c1")[:4], "c1", b"state")
    book.renew()
    book.write(talk("c2"))
    assert journal_in(tmp_path).numbers() == [1, 2]
    book.close()
    assert discard_before(journal_in(tmp_path), Position(2, 0)) == 1
    assert everything(tmp_path) == talk("c2")
    assert recover(journal_in(tmp_path))["c1"].state == b"state"


def test_keys_of_segments_that_are_not_there_any_more_go_at_the_next_start(tmp_path: Path) -> None:
    Journal(journal_in(tmp_path)).close()
    journal_in(tmp_path).place(1).unlink()
    Journal(journal_in(tmp_path)).close()
    assert len(keys_in(tmp_path).names()) == 1


# --- without the key


def test_without_the_key_what_happens_waits_in_memory_and_nothing_is_on_the_disk(tmp_path: Path) -> None:
    earlier = Journal(journal_in(tmp_path))
    earlier.write(talk("before")[:4], "before", b"state")
    earlier.close()
    before = {place: place.read_bytes() for place in tmp_path.rglob("*") if place.is_file()}
    locked = JournalFolder(tmp_path, keys_in(tmp_path).folder)
    book = Journal(locked)
    book.write(talk("c1"))
    book.write(talk("c2")[:4], "c2", b"state 2")
    book.renew()
    assert {place: place.read_bytes() for place in tmp_path.rglob("*") if place.is_file()} == before
    with pytest.raises(Unreadable):
        recover(locked)
    locked.unlock(ROLE)
    left_open = recover(locked)
    book.unlock(left_open)
    book.write(talk("before")[4:])
    book.close()
    assert list(left_open) == ["before"]
    assert everything(tmp_path) == [*talk("before")[:4], *talk("c1"), *talk("c2")[:4], *talk("before")[4:]]
    assert {call: one.state for call, one in recover(journal_in(tmp_path)).items()} == {"c2": b"state 2"}


def test_memory_has_its_bounds_and_what_is_lost_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_PENDING_BYTES", 500)
    book = Journal(JournalFolder(tmp_path, keys_in(tmp_path).folder))
    for n in range(20):
        book.write(talk(f"c{n}"))
    assert book.lost_bytes > 0
    book.close()


# --- what an earlier version left in clear


def in_clear(folder: Path, number: int, happened: list[AnyEvent], state: bytes = b"") -> list[int]:
    """A segment as it was written before; gives where each frame ends."""
    content, ends = b"", []
    bodies = [b"\x01" + msgspec.msgpack.encode(event) for event in happened]
    if state:
        bodies.append(b"\x02" + msgspec.msgpack.encode([happened[-1].call, state]))
    for body in bodies:
        content += struct.pack("<II", len(body), crc32(body)) + body
        ends.append(len(content))
    (folder / f"{number:010d}.journal").write_bytes(content)
    return ends


def test_a_journal_in_clear_is_read_once_more_and_sealed_at_the_first_start(tmp_path: Path) -> None:
    in_clear(tmp_path, 1, talk("c1"))
    ends = in_clear(tmp_path, 2, talk("c2")[:4], b"state")
    assert everything(tmp_path) == [*talk("c1"), *talk("c2")[:4]], "also before it is sealed"
    left_open = recover(journal_in(tmp_path))
    assert left_open["c2"].state == b"state"
    book = Journal(journal_in(tmp_path), left_open)
    book.write(talk("c2")[4:])
    book.close()
    assert not list(tmp_path.glob("*.journal"))
    assert not [place for place in tmp_path.rglob("*") if place.is_file() and b"Anna Berg" in place.read_bytes()]
    assert everything(tmp_path) == [*talk("c1"), *talk("c2")]
    assert everything(tmp_path, Position(2, ends[1])) == talk("c2")[2:], "a place that was read up to stays that place"
    assert discard_before(journal_in(tmp_path), Position(3, 0)) == 2
    assert everything(tmp_path) == talk("c2")[4:]


def test_sealing_what_was_in_clear_may_be_killed(tmp_path: Path) -> None:
    in_clear(tmp_path, 1, talk("c1"))
    (tmp_path / "0000000001.sealing").write_bytes(b"half of it")
    journal_in(tmp_path).seal_old()
    in_clear(tmp_path, 1, talk("c1"))  # killed before the clear one was removed
    Journal(journal_in(tmp_path)).close()
    assert everything(tmp_path) == talk("c1")
    assert sorted(place.suffix for place in tmp_path.glob("0*")) == [".former", ".sealed"]
