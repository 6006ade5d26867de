"""A real rtpengine, run as `svara serve media` runs it, with the relay that asks it: for tests that are not asynchronous."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import uvloop
from tests.patience import patience
from tests.peers.ports import FOR_AN_ENGINE, SoundPorts

from svara.clock import LoopClock
from svara.data import DataFolder
from svara.media import main as media_main
from svara.media.relay import Kind, LegQuality, RelayError
from svara.media.rtpengine import RtpEngine

TIMEOUT_SECONDS = 10.0


class RunningEngine:
    """The media role and a relay on an event loop of their own; the methods wait for their result."""

    def __init__(self, data: DataFolder, ports: str, dead_seconds: float = 30.0) -> None:
        self.data = data
        self.ports = ports
        self.lost = threading.Event()
        self.silent: list[tuple[str, str]] = []
        self.ended_in_seconds = 0.0
        self._dead_seconds = dead_seconds
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=lambda: uvloop.run(self._run()), daemon=True)

    def start(self) -> None:
        # Only while it starts: a server that a later test starts must not inherit these few ports.
        with mock.patch.dict(os.environ, {"SVARA_MEDIA_ADDRESS": "127.0.0.1", "SVARA_MEDIA_PORTS": self.ports}):
            self._thread.start()
            assert self._ready.wait(patience(TIMEOUT_SECONDS)), "rtpengine did not start"
        self.until(lambda: self.relay.up)

    def stop(self) -> None:
        began = time.monotonic()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(patience(TIMEOUT_SECONDS))
        self.ended_in_seconds = time.monotonic() - began
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.relay = RtpEngine(LoopClock(), self.data, dead_seconds=self._dead_seconds)
        self.relay.on_lost = self.lost.set
        self.relay.on_silent = lambda session, leg: self.silent.append((session, leg))
        self.relay.start()
        await media_main.main(self.data, {}, self._stop, self._ready.set)
        self.relay.close()

    def until(self, condition: Callable[[], bool], timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        end = time.monotonic() + patience(timeout_seconds)
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.01)

    def pid(self) -> int:
        """The process id of the rtpengine that runs for this data folder."""
        control = self.data.media_ng.read_text().split()[1]
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes().split(b"\0")
                if command[0].endswith(b"rtpengine") and f"--listen-ng=127.0.0.1:{control}".encode() in command:
                    return int(folder.name)
        raise AssertionError("no rtpengine runs")

    # --- the relay, waiting

    def try_offer(self, session: str, leg: str, to_leg: str, sdp: bytes, to: Kind = "rtp") -> bytes | RelayError:
        return self._wait(lambda done: self.relay.offer(session, leg, to_leg, sdp, done, to=to))

    def offer(self, session: str, leg: str, to_leg: str, sdp: bytes, to: Kind = "rtp") -> bytes:
        result = self.try_offer(session, leg, to_leg, sdp, to)
        assert isinstance(result, bytes), result
        return result

    def answer(self, session: str, leg: str, to_leg: str, sdp: bytes, to: Kind = "rtp") -> bytes:
        result = self._wait(lambda done: self.relay.answer(session, leg, to_leg, sdp, done, to=to))
        assert isinstance(result, bytes), result
        return result

    def copy(self, session: str, leg: str, to_leg: str) -> bytes:
        result = self._wait(lambda done: self.relay.copy(session, leg, to_leg, done))
        assert isinstance(result, bytes), result
        return result

    def copied(self, session: str, to_leg: str, answer: bytes) -> None:
        self._loop.call_soon_threadsafe(self.relay.copied, session, to_leg, answer)

    def watch(self, session: str, legs: tuple[str, ...], *, hearer: str = "") -> None:
        self._loop.call_soon_threadsafe(lambda: self.relay.watch(session, legs, hearer=hearer))

    def free(self, session: str, legs: list[str]) -> None:
        self._loop.call_soon_threadsafe(self.relay.free, session, legs)

    def ports_in_use(self) -> int:
        """UDP sockets of the engine for sound; it has another one to be asked over."""
        own = set()
        for path in Path(f"/proc/{self.pid()}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                own.add(str(path.readlink()))
        table = Path("/proc/net/udp").read_text().splitlines()[1:]
        return sum(f"socket:[{line.split()[9]}]" in own for line in table) - 1

    def delete(self, session: str) -> dict[str, LegQuality]:
        result = self._wait(lambda done: self.relay.delete(session, done))
        assert isinstance(result, tuple), result
        return {quality.leg: quality for quality in result}

    def _wait(self, ask: Callable[[Callable[[object], None]], None]) -> object:  # type: ignore[misc]
        results: list[object] = []
        self._loop.call_soon_threadsafe(ask, results.append)
        self.until(lambda: bool(results))
        return results[0]


@contextlib.contextmanager
def running_engine(tmp_path: Path, ports: str = "", count: int = 100, dead_seconds: float = 30.0) -> Iterator[RunningEngine]:
    """An engine with these ports, or with `count` (at most 100) of its own, so that several tests can run at once."""
    own = SoundPorts(FOR_AN_ENGINE)
    first, _ = own.range
    engine = RunningEngine(DataFolder(tmp_path).create(), ports or f"{first}-{first + count - 1}", dead_seconds)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
        own.close()
