"""The journal keeps what happened, whatever happens to the process or to the bytes."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svara.calls import journal
from svara.calls.events import AnyEvent, CallEnded, CallStarted, LegAnswered, LegEnded, LegOffered, LegRinging, Party
from svara.calls.journal import Journal, JournalBusyError, Position, discard_before, read_from, recover

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
    return [event for _, event in read_from(folder, position)]


def test_what_was_written_is_read_in_order(tmp_path: Path) -> None:
    book = Journal(tmp_path)
    for event in talk("c1"):
        book.write([event])
    book.close()
    assert everything(tmp_path) == talk("c1")


def test_an_event_can_be_read_the_moment_write_returns(tmp_path: Path) -> None:
    book = Journal(tmp_path)
    position: Position | None = None
    for event in talk("c1"):
        book.write([event])
        [(position, read)] = read_from(tmp_path, position)
        assert read == event
    book.close()


def test_a_reader_goes_on_where_it_stopped_across_segments(tmp_path: Path) -> None:
    book = Journal(tmp_path, segment_bytes=300)
    written: list[AnyEvent] = []
    read: list[AnyEvent] = []
    position: Position | None = None
    for n in range(20):
        book.write(talk(f"c{n}"))
        written += talk(f"c{n}")
        if n % 3 == 0:
            fresh = list(read_from(tmp_path, position))
            read += [event for _, event in fresh]
            position = fresh[-1][0]
    read += everything(tmp_path, position)
    book.close()
    assert len(journal.segments(tmp_path)) > 5
    assert read == written


def test_the_newest_segment_alone_tells_which_calls_are_open(tmp_path: Path) -> None:
    book = Journal(tmp_path, segment_bytes=500)
    book.write(talk("answered")[:4], "answered", b"both dialogs")
    book.write(talk("ringing")[:3])
    for n in range(30):
        book.write(talk(f"other{n}"))
    book.close()
    newest = journal.segments(tmp_path)[-1]
    assert newest > 3
    assert discard_before(tmp_path, Position(newest, 0)) == newest - 1
    found = recover(tmp_path)
    assert sorted(found) == ["answered", "ringing"]
    assert found["answered"].answered
    assert found["answered"].state == b"both dialogs"
    assert found["answered"].legs == ["b1"]
    assert not found["ringing"].answered
    assert found["ringing"].legs == ["b1"]


def test_a_new_writer_carries_on_the_open_calls(tmp_path: Path) -> None:
    book = Journal(tmp_path)
    book.write(talk("c1")[:4], "c1", b"state 1")
    book.close()
    second = Journal(tmp_path, recover(tmp_path))
    second.write([], "c1", b"state 2")
    second.close()
    assert recover(tmp_path)["c1"].state == b"state 2"
    third = Journal(tmp_path, recover(tmp_path))
    third.write(talk("c1")[4:])
    third.close()
    assert recover(tmp_path) == {}
    assert everything(tmp_path) == talk("c1")


def test_history_may_not_discard_the_segment_that_recovery_needs(tmp_path: Path) -> None:
    book = Journal(tmp_path)
    book.write(talk("c1")[:4], "c1", b"state")
    assert discard_before(tmp_path, Position(99, 0)) == 0
    book.close()
    assert recover(tmp_path)["c1"].state == b"state"


def test_a_position_in_a_discarded_segment_means_the_oldest_kept(tmp_path: Path) -> None:
    book = Journal(tmp_path, segment_bytes=1)
    book.write(talk("c1"))
    book.write(talk("c2"))
    book.close()
    discard_before(tmp_path, Position(2, 0))
    assert everything(tmp_path, Position(1, 0)) == talk("c2")


def test_two_processes_never_write_one_journal(tmp_path: Path) -> None:
    book = Journal(tmp_path)
    with pytest.raises(JournalBusyError):
        Journal(tmp_path)
    book.close()
    Journal(tmp_path).close()


def _one_segment(folder: Path) -> tuple[Path, bytes, list[tuple[Position, AnyEvent]]]:
    book = Journal(folder)
    for event in talk("c1") + talk("c2"):
        book.write([event])
    book.close()
    path = journal.segment_path(folder, 1)
    return path, path.read_bytes(), list(read_from(folder, None))


def test_truncated_at_any_byte_all_whole_events_before_are_read(tmp_path: Path) -> None:
    path, data, written = _one_segment(tmp_path)
    for length in range(len(data)):
        path.write_bytes(data[:length])
        whole = [event for position, event in written if position.offset <= length]
        assert everything(tmp_path) == whole
        recover(tmp_path)


def test_damaged_at_any_byte_only_the_event_there_is_lost(tmp_path: Path) -> None:
    path, data, written = _one_segment(tmp_path)
    begins = [0, *(position.offset for position, _ in written)]
    Journal(tmp_path).close()  # a newer segment: nobody will finish this one any more
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
    Journal(folder).close()
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
    *_, (position, _) = read_from(tmp_path, None)
    assert everything(tmp_path, position) == []
    path.write_bytes(data)
    assert everything(tmp_path, position) == [written[-1][1]]


def test_a_long_segment_is_read_across_chunks(tmp_path: Path) -> None:
    book = Journal(tmp_path)
    for n in range(6):
        book.write(talk(f"c{n}")[:4], f"c{n}", bytes(900_000))
    book.close()
    assert len(everything(tmp_path)) == 24
    assert len(recover(tmp_path)) == 6


def test_a_full_disk_delays_the_journal_and_stops_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Journal(tmp_path)
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
from svara.calls.journal import Journal; from svara.calls.events import CallStarted
book = Journal(Path({str(tmp_path)!r}))
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
