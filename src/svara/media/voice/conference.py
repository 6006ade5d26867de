"""A conference: each member hears all others and never oneself.

One sum is made of those who speak, for each sampling rate that somebody needs; a member who speaks hears the sum without
the own voice, everybody else the sum itself (N-1 mixing, RFC 4353 section 5.6: of N members in O(N)). Whoever hears the
same in the same codec is sent the same payload, which is encoded once; who speaks has an encoder of their own.

Guarantees: what a muted member says is in nobody's sound and in no recording; what somebody says who did not agree is in
nobody's recording; between words there is a soft noise instead of dead silence, as if the line were open (RFC 3389 tells why
people want it); the sum stays below full scale (`svara.media.voice.mixing`). One member's bad network is that member's own:
each has a jitter buffer, and a frame that is not there is missing from the sum, not waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from svara.media.voice import tones
from svara.media.voice.codecs import Codec, Encoder, Pcm, encoder
from svara.media.voice.loudness import Loudness
from svara.media.voice.mixing import limited

if TYPE_CHECKING:
    from svara.media.voice.leg import Leg
    from svara.media.voice.port import Seat

Sum = NDArray[np.float32]
Chime = Literal["join", "leave", "beep"]

COMFORT = 32768 * 10 ** (-62 / 20)
"""Root mean square of the soft noise: -62 dBov."""
_COMFORT_SECONDS = 2
MAX_CHIMES = 3
"""So many tones may sound at once; who comes then comes without."""


class Conference:
    """See the module. All members' legs are in one slot of the schedule, so that their frames belong together."""

    def __init__(self, slot: int, failed: Callable[[Leg], None]) -> None:
        self.slot = slot
        self._failed = failed
        self._members: list[Leg] = []
        self._seats: dict[str, Seat] = {}
        self._loudness = Loudness()
        self._chimes: list[tuple[Chime, int]] = []
        self._frame = 0
        self._sums: dict[int, Sum] = {}
        self._taped: dict[int, Sum] = {}
        self._voices: dict[tuple[str, int], Sum] = {}
        """What each member who is heard contributes now, by leg and rate."""
        self._heard: dict[int, Pcm] = {}
        self._payloads: dict[Codec, bytes] = {}
        self._encoders: dict[Codec, Encoder] = {}

    def __len__(self) -> int:
        return len(self._members)

    def seat(self, leg: Leg, seat: Seat) -> None:
        """The leg takes part from now on, or in another way than before."""
        if leg.id not in self._seats:
            self._members.append(leg)
            self._loudness.add()
        self._seats[leg.id] = seat

    def leave(self, leg: Leg) -> None:
        """The leg takes part no more."""
        if self._seats.pop(leg.id, None) is not None:
            place = self._members.index(leg)
            del self._members[place]
            self._loudness.remove(place)

    def chime(self, kind: Chime) -> None:
        """Everybody hears a tone."""
        if len(self._chimes) < MAX_CHIMES:
            self._chimes.append((kind, 0))

    # --- once every 20 ms, before the members' legs send

    def hear(self) -> None:
        """Take what came from everybody, and add it up."""
        for leg in list(self._members):
            try:
                leg.hear()
            except Exception:
                self._failed(leg)
        self._frame += 1
        self._loudness.frame(self._levels())
        self._voices.clear()
        self._sums.clear()
        self._taped.clear()
        self._heard.clear()
        self._payloads.clear()
        taping = [leg for leg in self._members if leg.recorder is not None]
        rates = {leg.codec.rate_hz for leg in self._members if leg.codec is not None}
        for rate_hz in rates | {leg.recorder.rate_hz for leg in taping if leg.recorder is not None}:
            self._add_up(rate_hz)
        self._chimes = [(kind, place + 1) for kind, place in self._chimes if (place + 1) * 0.02 < _seconds(kind)]
        for leg in taping:
            self._tape(leg)

    def _levels(self) -> NDArray[np.float32]:
        levels = np.zeros(len(self._members), np.float32)
        by_size: dict[int, tuple[list[int], list[Pcm]]] = {}
        for place, leg in enumerate(self._members):
            frame = leg.ear.frame if leg.ear is not None else None
            if frame is not None and self._speaks(leg):
                places, frames = by_size.setdefault(len(frame), ([], []))
                places.append(place)
                frames.append(frame)
        for size, (places, frames) in by_size.items():
            sound = np.stack(frames).astype(np.float32)
            levels[places] = np.sqrt(np.einsum("ij,ij->i", sound, sound) / size)
        return levels

    def _speaks(self, leg: Leg) -> bool:
        """Whoever does not want to hear the conference has put it on hold: their music is nobody's."""
        return leg.sends and not self._seats[leg.id].muted

    def _add_up(self, rate_hz: int) -> None:
        size = rate_hz // 50
        total, taped = np.zeros(size, np.float32), np.zeros(size, np.float32)
        gains, before = self._loudness.gains, self._loudness.before
        for place in np.flatnonzero((gains > 0) | (before > 0)).tolist():
            leg = self._members[place]
            seat = self._seats[leg.id]
            frame = leg.ear.frame_at(rate_hz) if leg.ear is not None and self._speaks(leg) else None
            if frame is None:
                continue
            first, last = float(before[place]), float(gains[place])
            gain = last if first == last else np.linspace(first, last, size, dtype=np.float32)
            voice = frame.astype(np.float32) * np.float32(gain) if first == last else frame * gain
            self._voices[leg.id, rate_hz] = voice
            total += voice
            if seat.taped:
                taped += voice
        self._taped[rate_hz] = taped
        total = total + _comfort(rate_hz, self._frame)
        for kind, place in self._chimes:
            tone = _tone(kind, rate_hz)[place * size : (place + 1) * size]
            total[: len(tone)] += tone
        self._sums[rate_hz] = total

    def _tape(self, leg: Leg) -> None:
        """Left what the member says, right what the others say, of those who agreed."""
        recorder = leg.recorder
        if recorder is None:
            return
        own = self._voices.get((leg.id, recorder.rate_hz))
        others = self._taped[recorder.rate_hz]
        left = None
        if own is not None and self._seats[leg.id].taped:
            others, left = others - own, limited(own)
        recorder.add(left, limited(others))

    # --- what a member hears

    def others(self, leg: Leg, rate_hz: int) -> Pcm:
        """All but this one, in this period."""
        own = self._voices.get((leg.id, rate_hz))
        if own is not None:
            return limited(self._sums[rate_hz] - own)
        if rate_hz not in self._heard:
            self._heard[rate_hz] = limited(self._total(rate_hz))
        return self._heard[rate_hz]

    def payload(self, leg: Leg, codec: Codec) -> bytes | None:
        """The same, encoded; None for who speaks, whose sound is nobody else's."""
        if (leg.id, codec.rate_hz) in self._voices:
            return None
        if codec not in self._payloads:
            if codec not in self._encoders:
                self._encoders[codec] = encoder(codec)
            self._payloads[codec] = self._encoders[codec].encode(self.others(leg, codec.rate_hz))
        return self._payloads[codec]

    def _total(self, rate_hz: int) -> Sum:
        """A leg that changed its codec between two periods may need a rate that was not added up."""
        if rate_hz not in self._sums:
            self._add_up(rate_hz)
        return self._sums[rate_hz]


def _comfort(rate_hz: int, frame: int) -> Sum:
    noise = _noise(rate_hz)
    size = rate_hz // 50
    start = frame % (len(noise) // size) * size
    return noise[start : start + size]


@cache
def _noise(rate_hz: int) -> Sum:
    """Two seconds of soft noise without a beginning or an end, darker than white: high frequencies hiss."""
    size = rate_hz * _COMFORT_SECONDS
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(size))
    frequencies_hz = np.fft.rfftfreq(size, 1 / rate_hz)
    spectrum *= np.where(frequencies_hz > 100, 1 / np.sqrt(1 + (frequencies_hz / 800) ** 2), 0)
    noise = np.fft.irfft(spectrum, size)
    found: Sum = (noise * COMFORT / np.sqrt((noise**2).mean())).astype(np.float32)
    return found


@cache
def _tone(kind: Chime, rate_hz: int) -> Sum:
    return tones.samples(kind, "", rate_hz).astype(np.float32)


def _seconds(kind: Chime) -> float:
    return sum(part.seconds for part in tones.parts(kind, ""))
