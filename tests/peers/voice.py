"""A real voice process, the bus, and a client of it: for tests that are not asynchronous."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import uvloop
from tests.patience import patience
from tests.peers import sealed, sound

from svara.bus.client import HubBus
from svara.bus.hub import Hub
from svara.clock import LoopClock
from svara.data import DataFolder
from svara.media.relay import RelayError
from svara.media.voice.client import VoiceClient
from svara.media.voice.port import Sound, VoiceEvent

TIMEOUT_SECONDS = 10.0


class RunningVoice:
    """A voice process, the bus, and a client of it on an event loop of their own; the methods may be called from a test."""

    def __init__(self, data: DataFolder) -> None:
        self.data = data
        self.events: queue.Queue[VoiceEvent] = queue.Queue()
        self.lost = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: uvloop.run(self._run()), daemon=True)

    def start(self) -> None:
        sealed.publish(self.data)
        self.process = self._spawn()
        self._thread.start()
        assert self._ready.wait(patience(TIMEOUT_SECONDS))
        self.until(lambda: self.voice.up)

    def stop(self) -> None:
        self.process.terminate()
        code = self.process.wait(patience(TIMEOUT_SECONDS))
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(TIMEOUT_SECONDS)
        assert code == 0

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "svara", "serve", "voice", "--data", str(self.data.root)]
        return subprocess.Popen(command, env=os.environ | {"SVARA_VOICE_ADDRESS": "127.0.0.1"})

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        self.process = self._spawn()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        hub = Hub(self.data.bus_socket)
        await hub.start()
        line = HubBus(self.data.bus_socket)
        self.voice = VoiceClient(line, LoopClock())
        self.voice.on_event = self.events.put
        self.voice.on_lost = self.lost.set
        await self.voice.start()
        self._ready.set()
        await self._stop.wait()
        self.voice.leave()
        await line.close()
        await hub.close()

    def do(self, work: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(work)

    def open(self, leg: str, offer: bytes) -> bytes:
        answers: queue.Queue[bytes | RelayError] = queue.Queue()
        self.do(lambda: self.voice.open(leg, offer, answers.put))
        answer = answers.get(timeout=patience(TIMEOUT_SECONDS))
        assert isinstance(answer, bytes), answer
        return answer

    def event(self) -> VoiceEvent:
        return self.events.get(timeout=patience(TIMEOUT_SECONDS))

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + patience(TIMEOUT_SECONDS)
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.01)

    def tone_file(self, name: str, frequency_hz: float, seconds: float) -> Sound:
        sound.write_wav(self.data.sounds / name, sound.tone(frequency_hz, seconds))
        return Sound(name)


@contextlib.contextmanager
def running_voice(folder: Path) -> Iterator[RunningVoice]:
    """A voice process that is stopped at the end, and then has to end well."""
    running = RunningVoice(DataFolder(folder).create())
    running.start()
    try:
        yield running
    finally:
        running.stop()
