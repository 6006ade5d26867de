"""The doctor's own phone: it calls once, presses keys, and measures what it hears."""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from svara.cli import descriptions
from svara.cli.phone_call import PhoneCall
from svara.cli.softphone import SoftPhone
from svara.cli.sound import PACKET_SECONDS, Sound
from svara.media.addresses import own_addresses
from svara.media.voice import rtp
from svara.media.voice.codecs import PCMA, Pcm, decoder
from svara.sip.sdp import Sdp

RATE_HZ = 8000
FRAME_SAMPLES = 160
SILENT_DBFS = -50.0
"""What is softer nobody hears."""
_KEPT_PACKETS = 500
_FINER = 8
"""So much finer than a spectrum's own lines is a frequency read off it."""
_KEY_TICKS = 6
_KEY_ENDS = 3
_EVENT_HEADER = struct.Struct("!BBHII")


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of sound: how loud (RMS of what is no silence, dB of full scale), its strongest frequency, how much of the
    power is at it (0 to 1), and how much of the time it was no silence."""

    level_dbfs: float
    frequency_hz: float
    purity: float
    seconds: float


SILENCE = Heard(-96.0, 0.0, 0.0, 0.0)


def measure(samples: Pcm) -> Heard:
    """What a stretch of sound is like."""
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].astype(np.float64).reshape(-1, FRAME_SAMPLES) / 32768
    if not len(frames):
        return SILENCE
    power = (frames**2).mean(axis=1)
    loud = frames[power > 10 ** (SILENT_DBFS / 10)]
    if not len(loud):
        return SILENCE
    sound = loud.reshape(-1)
    size = _FINER * len(sound)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size)) ** 2
    peak = int(spectrum[1:].argmax()) + 1
    width = max(2 * _FINER, round(25 * size / RATE_HZ))
    at_peak = spectrum[max(1, peak - width) : peak + width + 1].sum()
    level = 10 * float(np.log10((loud**2).mean()))
    return Heard(level, peak * RATE_HZ / size, float(at_peak / spectrum[1:].sum()), len(sound) / RATE_HZ)


class Ear(Sound):
    """The sound of the doctor's phone. `keys` are those that came; `first_at` is when the first packet did (monotonic)."""

    def __init__(self) -> None:
        super().__init__(echo=False)
        self.keys = ""
        self.first_at: float | None = None
        self.told: tuple[str, int] | None = None
        """Where the server said that it takes our sound."""
        self.missing = 0
        """Packets that did not come, by the gaps in their numbers."""
        self._heard: list[bytes] = []
        self._presses = rtp.KeyReceiver()
        self._last = -1

    def send_to(self, remote: tuple[str, int], payload: int) -> None:
        """An address that is not this machine's own is that of a router before it, which seldom lets us come back in: the
        sound takes the way that it takes behind the router."""
        self.told = remote
        here = own_addresses()
        local = self._transport.get_extra_info("sockname")[0] if self._transport is not None else remote[0]
        super().send_to(remote if remote[0] in here else (local, remote[1]), payload)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        packet = rtp.read(data)
        if packet is None or 192 <= data[1] <= 223:
            return
        if self.first_at is None:
            self.first_at = time.monotonic()
        if packet.payload_type == descriptions.EVENTS:
            self.keys += self._presses.received(packet) or ""
        elif packet.payload_type == self._payload:
            self._heard.append(packet.payload)
            del self._heard[:-_KEPT_PACKETS]
        gap = (packet.sequence - self._last - 1) & 0xFFFF
        if self._last >= 0 and gap < 1000:
            self.missing += gap
        self._last = packet.sequence
        super().datagram_received(data, addr)

    def forget(self) -> None:
        """Only what comes from now on counts."""
        self._heard.clear()

    def hears(self) -> Heard:
        """What came since, five seconds of it at most. Our offer puts PCMA first, and a server takes the first it knows."""
        return measure(decoder(PCMA).decode(b"".join(self._heard[-250:])))

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for it; False when the time is over."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():  # noqa: ASYNC110  the sound is measured as it comes
                    await asyncio.sleep(PACKET_SECONDS)
        except TimeoutError:
            return False
        return True

    async def press(self, key: str) -> None:
        """Send a key (RFC 4733)."""
        timestamp, marker = self._timestamp, 0x80
        for tick in range(_KEY_TICKS + _KEY_ENDS):
            ended = tick >= _KEY_TICKS
            length = min(tick + 1, _KEY_TICKS) * FRAME_SAMPLES
            payload = bytes((rtp.KEYS.index(key), 10 | (0x80 if ended else 0))) + length.to_bytes(2, "big")
            header = _EVENT_HEADER.pack(0x80, descriptions.EVENTS | marker, self._sequence, timestamp, self._source)
            self._sequence, marker = (self._sequence + 1) & 0xFFFF, 0
            if self._transport is not None and self._remote is not None:
                self._transport.sendto(header + payload, self._remote)
            if not ended:
                await asyncio.sleep(PACKET_SECONDS)


class TrialCall(PhoneCall):
    """A call of the doctor's phone; what it hears is in `ear`."""

    def __init__(self, phone: SoftPhone) -> None:
        super().__init__(phone, f"{secrets.token_hex(12)}@svara.invalid", secrets.token_hex(8), echo=False)
        self.sound = self.ear = Ear()

    def _offer(self) -> Sdp:
        return descriptions.offer(self._agent.local_host, self._port, keys=True)
