"""A voice engine without network, threads or waiting: phones are lists of packets, and time passes when the test says so."""

from __future__ import annotations

import random
import struct
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tests.peers import sealed, sound

from svara.clock import VirtualClock
from svara.media.voice.codecs import CODECS, Codec, decoder, encoder
from svara.media.voice.engine import Engine, Surroundings
from svara.media.voice.library import Library
from svara.media.voice.port import VoiceEvent

OURS = ("127.0.0.1", 40000)
PERIOD_SECONDS = 0.02
TYPES = {"pcma": 8, "pcmu": 0, "g722": 9, "opus": 107}
MAPS = {
    "pcma": "a=rtpmap:8 PCMA/8000",
    "pcmu": "a=rtpmap:0 PCMU/8000",
    "g722": "a=rtpmap:9 G722/8000",
    "opus": "a=rtpmap:107 opus/48000/2",
}


class AtOnce(Executor):
    """Does what it is given while it is given it; what is given meanwhile comes after."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        self._waiting.append(partial(work, *args, **named))
        if len(self._waiting) == 1:
            while self._waiting:
                self._waiting[0]()
                self._waiting.popleft()
        return Future()


class Phone:
    """What stands behind the relay: an address, one codec, a tone that it sends, and what it hears."""

    def __init__(
        self, studio: Studio, codec: str = "pcma", *, events: bool = True, ptime: int = 20, frequency_hz: float = 0
    ) -> None:
        self.studio = studio
        self.codec: Codec = CODECS[codec]
        self.port = studio.next_port()
        self.address = ("127.0.0.1", self.port)
        self.events = events
        self.packets: list[bytes] = []
        self.arrived: list[float] = []
        self.frequency_hz = frequency_hz
        self.talks = frequency_hz > 0
        self._encoder = encoder(self.codec)
        self._sequence, self._timestamp, self.ssrc = 65530, 2**32 - 3000, self.port
        self._at = 0
        self._seconds = ptime / 1000
        studio.phones[self.address] = self

    def sdp(self, direction: str = "sendrecv", host: str = "127.0.0.1") -> bytes:
        name, kind = self.codec.name, TYPES[self.codec.name]
        events = " 101" if self.events else ""
        maps = MAPS[name] + ("\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15" if self.events else "")
        return (
            f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {self.port} RTP/AVP {kind}{events}\r\n{maps}\r\na={direction}\r\n"
        ).encode()

    # --- what it says

    def say(self, samples: Any) -> None:
        """One packet of these samples (floats between -1 and 1, or 16 bit)."""
        if samples.dtype != np.int16:
            samples = (samples * 32767).astype(np.int16)
        self.send(TYPES[self.codec.name], self._encoder.encode(samples))
        self._timestamp += round(self._seconds * self.codec.clock_rate_hz)

    def hum(self) -> None:
        """The next 20 ms of its tone."""
        count = round(self._seconds * self.codec.rate_hz)
        times = (self._at + np.arange(count)) / self.codec.rate_hz
        self._at += count
        self.say(0.3 * np.sin(2 * np.pi * self.frequency_hz * times))

    def send(self, kind: int, payload: bytes, *, timestamp: int | None = None, marker: bool = False) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        stamp = (self._timestamp if timestamp is None else timestamp) & 0xFFFFFFFF
        header = struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, stamp, self.ssrc)
        self.studio.engine.received(header + payload, self.address)

    def press(self, key: str, *, ends: int = 3, packets: int = 5) -> None:
        """One press by RFC 4733: several packets of one timestamp, and the end three times."""
        code = "0123456789*#ABCD".index(key)
        self._timestamp += 160 * (packets + 2)
        for number in range(packets):
            self.send(101, struct.pack("!BBH", code, 0x0A, 160 * (number + 1)), marker=number == 0)
        for _ in range(ends):
            self.send(101, struct.pack("!BBH", code, 0x8A, 160 * (packets + 1)))
        self._timestamp += 160

    # --- what it hears

    def heard(self, last_seconds: float | None = None) -> sound.Samples:
        decode = decoder(self.codec).decode
        parts = [decode(packet[12:]) for packet in self.packets]
        samples = (np.concatenate(parts) if parts else np.zeros(0)) / 32768
        return samples if last_seconds is None else samples[-round(last_seconds * self.codec.rate_hz) :]

    def tone(self, last_seconds: float = 0.4) -> float:
        """The strongest tone of what it heard last, in Hz; 0 for silence."""
        return round(sound.dominant(self.heard(last_seconds), self.codec.rate_hz)[0])

    def strength(self, frequency_hz: float, last_seconds: float = 0.4) -> float:
        return sound.strength(self.heard(last_seconds), frequency_hz, self.codec.rate_hz)

    def forget(self) -> None:
        self.packets.clear()
        self.arrived.clear()

    @property
    def timestamps(self) -> list[int]:
        return [int.from_bytes(packet[4:8], "big") for packet in self.packets]

    @property
    def sequences(self) -> list[int]:
        return [int.from_bytes(packet[2:4], "big") for packet in self.packets]


class StallingClock(VirtualClock):
    """Time that goes on while the process does not run."""

    def __init__(self) -> None:
        super().__init__()
        self._stalled = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._stalled

    def stall(self, seconds: float) -> None:
        self._stalled += seconds


class Studio:
    def __init__(self, folder: Path) -> None:
        self.clock = StallingClock()
        self.vault_is_there = True
        self.sounds = folder / "sounds"
        self.recordings = folder / "recordings"
        self.sounds.mkdir(exist_ok=True)
        self.recordings.mkdir(exist_ok=True)
        self.phones: dict[Any, Phone] = {}
        self.events: list[VoiceEvent] = []
        self.tell: Callable[[str, VoiceEvent], None] = lambda _owner, event: self.events.append(event)
        self.library = Library(self.sounds, self.recordings, AtOnce(), self._ask_key)
        self._ports = iter(range(20000, 30000, 2))
        self.engine = Engine(
            Surroundings(
                clock=self.clock,
                random=random.Random(7),
                addresses=(OURS,),
                send=self._send,
                library=self.library,
                recordings=self.recordings,
                intake=sealed.PUBLIC,
                disk=AtOnce(),
                post=lambda work: work(),
                on_event=self._told,
            )
        )

    def _ask_key(self, file: str, head: bytes, then: Callable[[bytes | None], None]) -> None:
        then(sealed.key_of(file, head) if self.vault_is_there else None)

    def _told(self, owner: str, event: VoiceEvent) -> None:
        self.tell(owner, event)

    def next_port(self) -> int:
        return next(self._ports)

    def _send(self, data: bytes, to: Any) -> None:
        phone = self.phones.get(to)
        if phone is not None:
            phone.packets.append(data)
            phone.arrived.append(self.clock.monotonic())

    def phone(self, leg: str, codec: str = "pcma", *, direction: str = "sendrecv", **how: Any) -> Phone:
        """A phone whose leg is open."""
        phone = Phone(self, codec, **how)
        self.engine.open("calls", leg, phone.sdp(direction))
        return phone

    def tone_file(self, name: str, frequency_hz: float, seconds: float, rate_hz: int = 8000) -> str:
        sound.write_wav(self.sounds / name, sound.tone(frequency_hz, seconds, rate_hz), rate_hz)
        return name

    def pass_time(self, seconds: float) -> None:
        """Let time pass; phones that talk send their packets evenly."""
        for _ in range(round(seconds / PERIOD_SECONDS)):
            for phone in self.phones.values():
                if phone.talks:
                    phone.hum()
            self.clock.advance(PERIOD_SECONDS)
