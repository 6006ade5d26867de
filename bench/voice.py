"""The voice process on one core: how many callers hear a prompt or music in even packets, and how many talks it records.

The callers are streams of one socket: each has a loopback address of its own (127.x.y.z), as each call has a port of its own
at the relay, and sends sound all the time, as callers do. When packets came in is told by the kernel.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import uvloop
from bench import process
from bench.report import Figure
from bench.rtp import PAYLOAD_BYTES, _address, _Header, _Iovec, _libc, open_socket

from svara.bus.client import HubBus
from svara.bus.hub import Hub
from svara.clock import LoopClock
from svara.data import DataFolder, put
from svara.media.relay import RelayError
from svara.media.voice.client import VoiceClient
from svara.media.voice.codecs import PCMA, encoder
from svara.media.voice.port import Playing, Recorded, Recording, Sound, VoiceEvent
from svara.media.wav import HEADER_BYTES, header
from svara.sealing.file import Reader, read_head
from svara.sealing.intake import new_private_key, open_intake_key, public_of

PROMPT_LEGS = 500
RECORDINGS = 150
INTAKE = new_private_key()
SECONDS = 12
TONE_HZ = 440
PROMPT_SECONDS = 30
_BATCH = 1024
_PACKET_BYTES = 12 + PAYLOAD_BYTES
_CONTROL_BYTES = 96
_SLOTS = 20


def measure(folder: Path) -> list[Figure]:
    """Both figures; the load has one core, the voice process the other."""
    os.sched_setaffinity(0, {process.LOAD_CORE})
    return _prompts(folder / "prompts") + _recordings(folder / "recordings")


def _prompts(folder: Path) -> list[Figure]:
    with _Voice(folder) as voice:
        prompt = voice.tone("prompt.wav", PROMPT_SECONDS)
        callers = _Callers(PROMPT_LEGS)
        voice.open_all(callers)
        for leg in range(PROMPT_LEGS):
            voice.do(lambda leg=leg: voice.client.play(f"{leg}.v", Playing("p", (prompt,), loop=True)))
        callers.talk(voice.address, 2)
        callers.arrived.clear()
        before, began = process.cpu_seconds(voice.pid), time.monotonic()
        callers.talk(voice.address, SECONDS)
        spent = (process.cpu_seconds(voice.pid) - before) / (time.monotonic() - began)
        memory = process.memory_bytes(voice.pid)
    gaps, heard, lost = callers.gaps_ms()
    off = np.sort(np.abs(gaps - 20))
    return [
        Figure("legs that hear a prompt, and talk", heard, "legs", PROMPT_LEGS, "at least"),
        Figure("CPU of the voice process", 100 * spent, "% of a core", 80, note=f"{PROMPT_LEGS} legs"),
        Figure("packets off their 20 ms, p99", float(off[int(0.99 * len(off))]), "ms", 3, note=f"of {len(off):,}"),
        Figure("packets off their 20 ms, p99.9", float(off[int(0.999 * len(off))]), "ms", 3),
        Figure("packets off their 20 ms, the worst", float(off[-1]), "ms"),
        Figure("packets not sent", lost, "packets", 0),
        Figure("memory", memory / 1e6, "MB"),
    ]


def _recordings(folder: Path) -> list[Figure]:
    with _Voice(folder) as voice:
        callers = _Callers(2 * RECORDINGS)
        voice.open_all(callers)
        callers.talk(voice.address, 1)
        for talk in range(RECORDINGS):
            recording = Recording(f"{talk}.wav", with_leg=f"{2 * talk + 1}.v", trim=False)
            voice.do(lambda talk=talk, recording=recording: voice.client.record(f"{2 * talk}.v", recording))
        callers.talk(voice.address, 1)
        before, began = process.cpu_seconds(voice.pid), time.monotonic()
        callers.talk(voice.address, SECONDS)
        spent = (process.cpu_seconds(voice.pid) - before) / (time.monotonic() - began)
        for talk in range(RECORDINGS):
            voice.do(lambda talk=talk: voice.client.stop_recording(f"{2 * talk}.v"))
        callers.talk(voice.address, 1)
        done = [voice.event() for _ in range(RECORDINGS)]
        whole = sum(_is_whole(voice.data.recordings / each.file) for each in done if isinstance(each, Recorded))
    return [
        Figure("stereo recordings at once, whole", whole, "recordings", RECORDINGS, "at least"),
        Figure("CPU of the voice process", 100 * spent, "% of a core", 100, note=f"{RECORDINGS} stereo recordings"),
    ]


def _is_whole(path: Path) -> bool:
    """The length is right, and both channels are the tone, but for what the load itself was late with."""
    with path.open("rb") as file:
        reader = Reader(file, open_intake_key(INTAKE, read_head(file)))
        wav = reader.read(HEADER_BYTES, reader.size)
    samples = np.frombuffer(wav, "<i2").reshape(-1, 2)[8000:-8000].astype(np.float64)
    if abs(len(samples) / 8000 - (SECONDS - 1)) > 1.5:
        return False
    parts = samples[: len(samples) // 800 * 800].reshape(-1, 800, 2)
    turn = np.exp(-2j * np.pi * TONE_HZ * np.arange(800) / 8000)[None, :, None]
    share = 2 * np.abs((parts * turn).mean(axis=1)) ** 2 / (parts**2).mean(axis=1).clip(1)
    return bool((share > 0.9).mean() > 0.98)


class _Voice:
    """A voice process on the server's core, with a bus and a client on a thread here."""

    def __init__(self, folder: Path) -> None:
        self.data = DataFolder(folder).create()
        put(self.data.intake, public_of(INTAKE).hex().encode())
        self._events: queue.Queue[VoiceEvent] = queue.Queue()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: uvloop.run(self._run()), daemon=True)
        self.address = ("127.0.0.1", 0)

    def __enter__(self) -> _Voice:
        command = [sys.executable, "-m", "svara", "serve", "voice", "--data", str(self.data.root)]
        self._process = subprocess.Popen(command, env=os.environ | {"SVARA_VOICE_ADDRESS": "127.0.0.1"})
        self.pid = self._process.pid
        self._thread.start()
        self._ready.wait(10)
        while not self.client.up:
            time.sleep(0.01)
        process.pin(self.pid, process.SERVER_CORE)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self.do(self._stop.set)
        self._thread.join(5)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        hub = Hub(self.data.bus_socket)
        await hub.start()
        line = HubBus(self.data.bus_socket)
        self.client = VoiceClient(line, LoopClock())
        self.client.on_event = self._events.put
        await self.client.start()
        self._ready.set()
        await self._stop.wait()
        self.client.leave()
        await line.close()
        await hub.close()

    def do(self, work: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(work)

    def event(self) -> VoiceEvent:
        return self._events.get(timeout=20)

    def open_all(self, callers: _Callers) -> None:
        answers: queue.Queue[bytes | RelayError] = queue.Queue()
        for leg, host in enumerate(callers.hosts):
            sdp = (
                f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
                f"m=audio {callers.port} RTP/AVP 8 101\r\n"
                "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
            ).encode()
            self.do(lambda leg=leg, sdp=sdp: self.client.open(f"{leg}.v", sdp, answers.put))
        for _ in callers.hosts:
            answer = answers.get(timeout=10)
            assert isinstance(answer, bytes), answer
        self.address = ("127.0.0.1", int(answer.split(b"m=audio ")[1].split()[0]))

    def tone(self, name: str, seconds: float) -> Sound:
        sound = (16000 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(seconds * 8000)) / 8000)).astype("<i2").tobytes()
        (self.data.sounds / name).write_bytes(header(8000, 1, len(sound)) + sound)
        return Sound(name)


class _Callers:
    """Streams that come from one socket under many addresses (IP_PKTINFO, ip(7)), and what they hear, by its destination."""

    def __init__(self, count: int) -> None:
        self._own = open_socket()
        self.port = self._own.getsockname()[1]
        self._own.close()
        self._own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._own.bind(("0.0.0.0", self.port))
        for option in (33, 32):
            self._own.setsockopt(socket.SOL_SOCKET, option, 64 * 1024 * 1024)
        self._own.setsockopt(socket.SOL_SOCKET, 35, 1)
        self._own.setblocking(False)
        self.hosts = [f"127.{1 + leg // 250}.0.{1 + leg % 250}" for leg in range(count)]
        self.arrived: list[np.ndarray] = []
        """(SSRC, nanoseconds, sequence, loudest A-law code is not silence) of packets."""
        self._send_ready(count)
        self._receive_ready()
        self._frame = 0
        encode = encoder(PCMA).encode
        tone = (9000 * np.sin(2 * np.pi * TONE_HZ * np.arange(8000) / 8000)).astype(np.int16)
        self._sound = np.frombuffer(encode(tone), np.uint8).reshape(50, PAYLOAD_BYTES)

    def _send_ready(self, count: int) -> None:
        self._packets = np.zeros((count, _PACKET_BYTES), np.uint8)
        self._packets[:, 0], self._packets[:, 1] = 0x80, 8
        self._packets[:, 8:12] = np.arange(1, count + 1, dtype=">u4").view(np.uint8).reshape(count, 4)
        self._to = ctypes.create_string_buffer(16)
        control = [
            struct.pack("=QiiI", 28, socket.IPPROTO_IP, 8, 0) + socket.inet_aton(host) + b"\0" * 8 for host in self.hosts
        ]
        self._controls = [ctypes.create_string_buffer(each, 32) for each in control]
        self._out_iovecs, self._out = (_Iovec * count)(), (_Header * count)()
        for index in range(count):
            self._out_iovecs[index].base = self._packets.ctypes.data + index * _PACKET_BYTES
            self._out_iovecs[index].length = _PACKET_BYTES
            each = self._out[index]
            each.name, each.name_length = ctypes.addressof(self._to), 16
            each.iov, each.iov_length = ctypes.addressof(self._out_iovecs) + index * ctypes.sizeof(_Iovec), 1
            each.control, each.control_length = ctypes.addressof(self._controls[index]), 32
        self._bounds = [round(count * slot / _SLOTS) for slot in range(_SLOTS + 1)]

    def _receive_ready(self) -> None:
        self._in = np.zeros((_BATCH, 256), np.uint8)
        self._in_control = np.zeros((_BATCH, _CONTROL_BYTES), np.uint8)
        self._in_iovecs, self._in_headers = (_Iovec * _BATCH)(), (_Header * _BATCH)()
        for index in range(_BATCH):
            self._in_iovecs[index].base, self._in_iovecs[index].length = self._in.ctypes.data + index * 256, 256
            each = self._in_headers[index]
            each.iov, each.iov_length = ctypes.addressof(self._in_iovecs) + index * ctypes.sizeof(_Iovec), 1
            each.control = self._in_control.ctypes.data + index * _CONTROL_BYTES
        offset, size = _Header.control_length.offset, ctypes.sizeof(_Header)
        raw = np.frombuffer(memoryview(self._in_headers).cast("B"), np.uint8).reshape(_BATCH, size)
        self._control_lengths = raw[:, offset : offset + 8]

    def talk(self, to: tuple[str, int], seconds: float) -> None:
        """All send their tone for a time, and what comes is noted."""
        self._to.raw = _address(to[1])
        began = time.monotonic()
        for tick in range(int(seconds * 1000)):
            slot = tick % _SLOTS
            if slot == 0:
                self._frame += 1
                self._packets[:, 2:4] = np.frombuffer(struct.pack(">H", self._frame & 0xFFFF), np.uint8)
                self._packets[:, 4:8] = np.frombuffer(struct.pack(">I", self._frame * 160), np.uint8)
                self._packets[:, 12:] = self._sound[self._frame % 50]
            first, last = self._bounds[slot], self._bounds[slot + 1]
            if last > first:
                start = ctypes.byref(self._out, first * ctypes.sizeof(_Header))
                _libc.sendmmsg(self._own.fileno(), start, last - first, 0)
            self._receive()
            ahead = began + (tick + 1) / 1000 - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)

    def _receive(self) -> None:
        while True:
            self._control_lengths[:] = np.frombuffer(struct.pack("<Q", _CONTROL_BYTES), np.uint8)
            count = _libc.recvmmsg(self._own.fileno(), self._in_headers, _BATCH, socket.MSG_DONTWAIT, None)
            if count <= 0:
                return
            packets = self._in[:count]
            stamps = self._in_control[:count, 16:32].copy().view("<i8")
            noted = np.empty((count, 4), np.int64)
            noted[:, 0] = packets[:, 8:12].copy().view(">u4").ravel()
            noted[:, 1] = stamps[:, 0] * 1_000_000_000 + stamps[:, 1]
            noted[:, 2] = packets[:, 2:4].copy().view(">u2").ravel()
            noted[:, 3] = (packets[:, 12:172] != 0xD5).any(axis=1)
            self.arrived.append(noted)
            if count < _BATCH:
                return

    def gaps_ms(self) -> tuple[np.ndarray, int, int]:
        """Milliseconds between the packets of each leg; how many legs heard sound all the time; packets that are missing."""
        noted = np.concatenate(self.arrived)
        gaps, heard, lost = [], 0, 0
        for ssrc in np.unique(noted[:, 0]):
            mine = noted[noted[:, 0] == ssrc]
            gaps.append(np.diff(mine[:, 1]) / 1e6)
            lost += int((np.diff(mine[:, 2]) % 65536 - 1).sum()) + max(0, SECONDS * 50 - 2 - len(mine))
            heard += bool(mine[:, 3].mean() > 0.99)
        return np.concatenate(gaps), heard, lost
