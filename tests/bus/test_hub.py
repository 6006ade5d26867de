"""The hub's own promises: cheap publishing, bounded memory, no trust in what comes over the socket."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from svara.bus import connect
from svara.bus.client import HubBus
from svara.bus.hub import Hub
from svara.bus.port import BusError, Event, Gap
from svara.bus.wire import (
    MAX_FRAME_BYTES,
    MAX_WAITING_BYTES,
    Ask,
    FrameReader,
    Lost,
    Publish,
    Subscribe,
    WireError,
    pack,
)
from svara.data import DataFolder


def run(story) -> None:
    async def whole() -> None:
        async with asyncio.timeout(20):
            await story

    uvloop.run(whole())


def test_a_reader_that_never_reads_slows_nobody_and_costs_little_memory(tmp_path: Path) -> None:
    async def story() -> None:
        hub = Hub(tmp_path / "bus")
        await hub.start()
        calls, web = HubBus(tmp_path / "bus"), HubBus(tmp_path / "bus")
        stuck = socket.socket(socket.AF_UNIX)
        stuck.connect(str(tmp_path / "bus"))
        stuck.sendall(pack(Subscribe(1, ("call",))))
        payload = os.urandom(4096)
        longest_publish_seconds, sent = 0.0, 0
        async with web.subscribe("call") as reader:
            for _ in range(50):
                began = time.perf_counter()
                for _ in range(50):
                    calls.publish("call.started", payload)
                longest_publish_seconds = max(longest_publish_seconds, time.perf_counter() - began)
                sent += 50
                for _ in range(50):
                    assert isinstance(await anext(reader), Event), "the awake reader lost nothing"
        assert sent * len(payload) > 4 * MAX_WAITING_BYTES
        assert longest_publish_seconds < 0.05
        assert max(channel.waiting_bytes for channel in hub.channels) < 2 * MAX_WAITING_BYTES

        # When it wakes up at last, it finds the oldest events, then that it lost some, then the newest.
        frames = []
        stuck.setblocking(False)
        cutter = FrameReader()
        loop = asyncio.get_running_loop()
        while not any(isinstance(frame, Lost) for frame in frames):
            frames += [frame for frame, _ in cutter.feed(await loop.sock_recv(stuck, 1 << 20))]
        calls.publish("call.ended", b"newest")
        while Publish("call.ended", b"newest") not in frames:
            frames += [frame for frame, _ in cutter.feed(await loop.sock_recv(stuck, 1 << 20))]
        assert frames.count(Lost()) == 1
        assert len(frames) < sent
        stuck.close()
        for bus in (calls, web):
            await bus.close()
        await hub.close()

    run(story())


def test_publishing_costs_microseconds(tmp_path: Path) -> None:
    async def story() -> None:
        hub = Hub(tmp_path / "bus")
        await hub.start()
        calls = HubBus(tmp_path / "bus")
        with pytest.raises(BusError):
            await calls.request("nobody", b"")  # connected from here on
        payload, best_seconds = b"x" * 200, 1.0
        for _ in range(20):
            began = time.perf_counter()
            for _ in range(500):
                calls.publish("call.started", payload)
            best_seconds = min(best_seconds, (time.perf_counter() - began) / 500)
            await asyncio.sleep(0)
        assert best_seconds < 20e-6, f"{best_seconds * 1e6:.1f} µs an event"
        await calls.close()
        await hub.close()

    run(story())


def test_events_that_could_not_be_sent_are_told_as_a_gap(tmp_path: Path) -> None:
    async def story() -> None:
        hub = Hub(tmp_path / "bus")
        await hub.start()
        calls, web = HubBus(tmp_path / "bus"), HubBus(tmp_path / "bus")
        async with web.subscribe("call") as reader:
            with pytest.raises(BusError):
                await calls.request("nobody", b"")
            for _ in range(3000):  # far more than may wait, in one turn of the loop
                calls.publish("call.started", b"x" * 2000)
            seen = []
            while Gap() not in seen:
                seen.append(await anext(reader))
            calls.publish("call.ended", b"newest")
            while (event := await anext(reader)) == Gap():
                pass
            assert event == Event("call.ended", b"newest")
        await calls.close()
        await web.close()
        await hub.close()

    run(story())


@pytest.mark.parametrize(
    "rubbish",
    [b"\x00\x00\x00\x02\xff\xff", (MAX_FRAME_BYTES + 1).to_bytes(4, "big"), b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x00"],
)
def test_rubbish_ends_that_connection_and_no_other(tmp_path: Path, rubbish: bytes) -> None:
    async def story() -> None:
        hub = Hub(tmp_path / "bus")
        await hub.start()
        calls = HubBus(tmp_path / "bus")
        async with calls.subscribe("call") as reader:
            stranger_reader, stranger = await asyncio.open_unix_connection(str(tmp_path / "bus"))
            stranger.write(rubbish)
            assert await stranger_reader.read() == b""
            stranger.close()
            calls.publish("call.started", b"still here")
            assert await anext(reader) == Event("call.started", b"still here")
        await calls.close()
        await hub.close()

    run(story())


def test_an_asker_that_dies_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story() -> None:
        hub = Hub(tmp_path / "bus")
        await hub.start()
        calls = HubBus(tmp_path / "bus")
        asked = asyncio.Event()

        async def handler(_payload: bytes) -> bytes:
            asked.set()
            await asyncio.sleep(60)
            return b""

        await calls.serve("calls", handler)
        _, asker = await asyncio.open_unix_connection(str(tmp_path / "bus"))
        asker.write(pack(Ask(7, "calls", b"?")))
        await asked.wait()
        assert len(hub.waiting) == 1
        asker.close()
        while len(hub.channels) > 1:
            await asyncio.sleep(0.01)
        assert not hub.waiting
        with pytest.raises(BusError, match="timeout"):
            await calls.request("calls", b"?", timeout_seconds=0.05)
        await asyncio.sleep(0.05)
        assert not hub.waiting
        await calls.close()
        await hub.close()

    run(story())


def test_only_the_owner_may_open_the_socket(tmp_path: Path) -> None:
    async def story() -> None:
        data = DataFolder(tmp_path / "data").create()
        hub = Hub(data.bus_socket)
        await hub.start()
        assert data.bus_socket.stat().st_mode & 0o777 == 0o600
        assert data.root.stat().st_mode & 0o777 == 0o700
        bus = connect(data)
        assert isinstance(bus, HubBus)
        await bus.close()
        await hub.close()
        assert not data.bus_socket.exists()

    run(story())


FRAMES = st.lists(st.builds(Publish, st.text(max_size=20), st.binary(max_size=200)), max_size=10)


@given(frames=FRAMES, cut=st.integers(1, 50))
def test_frames_survive_any_cutting_of_the_stream(frames: list[Publish], cut: int) -> None:
    stream = b"".join(pack(frame) for frame in frames)
    reader = FrameReader()
    found = [pair for at in range(0, len(stream), cut) for pair in reader.feed(stream[at : at + cut])]
    assert [frame for frame, _ in found] == frames
    assert b"".join(raw for _, raw in found) == stream


@given(st.binary(max_size=300))
def test_any_bytes_are_frames_or_an_error(data: bytes) -> None:
    reader = FrameReader()
    try:
        for frame, _ in reader.feed(data):
            assert frame is not None
    except WireError:
        pass
