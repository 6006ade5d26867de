"""What one leg hears, in even frames of 20 ms: jitter buffer, decoder, and the same sound at other rates for who asks."""

from __future__ import annotations

import numpy as np

from svara.media.voice.codecs import Codec, Pcm, Resampler, decoder
from svara.media.voice.jitter import JitterBuffer
from svara.media.voice.rtp import Packet

_MOST_KEPT_SECONDS = 0.2


class Ear:
    """One incoming stream. `take()` once every 20 ms; `frame` and `frame_at` then give what was heard, until the next."""

    __slots__ = ("_buffer", "_decoder", "_others", "_resamplers", "_rest", "codec", "frame")

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.frame: Pcm | None = None
        """Samples at the codec's rate; None: nothing came."""
        self._buffer = JitterBuffer(codec.frame_units)
        self._decoder = decoder(codec)
        self._rest: Pcm | None = None
        self._resamplers: dict[int, tuple[Resampler, list[Pcm]]] = {}
        self._others: dict[int, Pcm | None] = {}

    def put(self, packet: Packet) -> None:
        self._buffer.put(packet)

    def take(self) -> Pcm | None:
        """The next 20 ms."""
        payloads = self._buffer.take()
        size = self.codec.frame_samples
        self._others.clear()
        if payloads is not None and len(payloads) == 1 and self._rest is None:
            sound = self._decoder.decode(payloads[0])
            if len(sound) == size:
                self.frame = sound
                return sound
            payloads = None
            self._rest = sound
        self.frame = self._even(payloads or (), size)
        return self.frame

    def _even(self, payloads: list[bytes] | tuple[()], size: int) -> Pcm | None:
        """Payloads that are shorter or longer than 20 ms become even frames."""
        parts = [] if self._rest is None else [self._rest]
        parts += [self._decoder.decode(payload) for payload in payloads]
        if not parts:
            return None
        sound = np.concatenate(parts)[-int(_MOST_KEPT_SECONDS * self.codec.rate_hz) :]
        self._rest = sound[size:] if len(sound) > size else None
        if len(sound) < size:
            sound = np.concatenate((sound, np.zeros(size - len(sound), np.int16)))
        return sound[:size]

    def frame_at(self, rate_hz: int) -> Pcm | None:
        """The frame at 8 or 16 kHz."""
        if rate_hz == self.codec.rate_hz or self.frame is None:
            return self.frame
        if rate_hz not in self._others:
            self._others[rate_hz] = self._resampled(self.frame, rate_hz)
        return self._others[rate_hz]

    def _resampled(self, frame: Pcm, rate_hz: int) -> Pcm | None:
        size = rate_hz // 50
        resampler, kept = self._resamplers.setdefault(rate_hz, (Resampler(self.codec.rate_hz, rate_hz), []))
        sound = np.concatenate((*kept, resampler.resample(frame)))
        kept[:] = [sound[size:][-size:]]
        if len(sound) < size:
            kept[:] = [sound]
            return None
        return sound[:size]
