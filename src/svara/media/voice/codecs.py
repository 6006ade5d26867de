"""The four codecs of the voice process, in frames of 20 ms.

G.711 is done with numpy tables (ITU-T G.711), G.722 and Opus (RFC 6716) by FFmpeg. A codec has the rate at which we make and
mix its sound, which for Opus is 16 kHz: nobody hears more through a telephone's loudspeaker, and it is a third of the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal, Protocol

import av
import av.error
import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""Mono samples."""
CodecName = Literal["pcma", "pcmu", "g722", "opus"]

FRAME_SECONDS = 0.02
_OPUS_BITS_A_SECOND = 32_000
_MAX_OPUS_PACKET_BYTES = 1275 * 6


@dataclass(frozen=True, slots=True)
class Codec:
    """`rate_hz`: of the samples that we give and get; `clock_rate_hz`: of RTP timestamps (8000 for G.722 too: RFC 3551)."""

    name: CodecName
    rate_hz: int
    clock_rate_hz: int

    @property
    def frame_samples(self) -> int:
        return self.rate_hz // 50

    @property
    def frame_units(self) -> int:
        """RTP timestamp units of a frame."""
        return self.clock_rate_hz // 50


PCMA = Codec("pcma", 8000, 8000)
PCMU = Codec("pcmu", 8000, 8000)
G722 = Codec("g722", 16000, 8000)
OPUS = Codec("opus", 16000, 48000)
CODECS: dict[str, Codec] = {codec.name: codec for codec in (OPUS, G722, PCMA, PCMU)}
"""By preference, where we are asked to make an offer."""


class Encoder(Protocol):
    def encode(self, frame: Pcm) -> bytes:
        """The payload of exactly one frame of samples."""
        ...


class Decoder(Protocol):
    def decode(self, payload: bytes) -> Pcm:
        """The samples of one payload, of whatever length; a payload that is damaged gives none."""
        ...


def encoder(codec: Codec) -> Encoder:
    """A new encoder; it remembers what it has encoded, so it is for one stream."""
    if codec.name in ("pcma", "pcmu"):
        return _G711(codec.name)
    return _FfmpegEncoder(codec)


def decoder(codec: Codec) -> Decoder:
    """A new decoder, for one stream."""
    if codec.name in ("pcma", "pcmu"):
        return _G711(codec.name)
    return _FfmpegDecoder(codec)


@cache
def silence(codec: Codec) -> bytes:
    """The payload of a frame of silence."""
    encode = encoder(codec).encode
    still = np.zeros(codec.frame_samples, np.int16)
    return [encode(still) for _ in range(5)][-1]


# --- G.711


def _alaw_values() -> Pcm:
    codes = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (codes >> 4) & 7, codes & 15
    value = np.where(exponent == 0, mantissa * 16 + 8, (mantissa * 16 + 264) << np.maximum(exponent - 1, 0))
    return np.where(codes & 0x80, value, -value).astype(np.int16)


def _ulaw_values() -> Pcm:
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    value = ((((codes & 15) << 3) + 132) << ((codes >> 4) & 7)) - 132
    return np.where(codes & 0x80, -value, value).astype(np.int16)


def _codes(values: Pcm) -> NDArray[np.uint8]:
    """For each 16-bit sample (as unsigned index) the code whose value is nearest; of two zeros, the positive one."""
    order = np.argsort(values, kind="stable")
    ordered = values[order].astype(np.int32)
    samples = np.arange(-32768, 32768, dtype=np.int32)
    right = np.clip(np.searchsorted(ordered, samples), 1, 255)
    nearest = np.where(samples - ordered[right - 1] < ordered[right] - samples, right - 1, right)
    codes: NDArray[np.uint8] = np.roll(order[nearest].astype(np.uint8), 32768)
    return codes


_VALUES: dict[str, Pcm] = {"pcma": _alaw_values(), "pcmu": _ulaw_values()}
_CODES: dict[str, NDArray[np.uint8]] = {name: _codes(values) for name, values in _VALUES.items()}
_CODES["pcmu"][0] = 0xFF


class _G711:
    __slots__ = ("_codes", "_values")

    def __init__(self, name: str) -> None:
        self._values = _VALUES[name]
        self._codes = _CODES[name]

    def encode(self, frame: Pcm) -> bytes:
        return self._codes[frame.view(np.uint16)].tobytes()

    def decode(self, payload: bytes) -> Pcm:
        return self._values[np.frombuffer(payload, np.uint8)]


# --- FFmpeg's


class _FfmpegEncoder:
    __slots__ = ("_at", "_context", "_last", "_rate_hz")

    def __init__(self, codec: Codec) -> None:
        context = av.AudioCodecContext.create("libopus" if codec.name == "opus" else "g722", "w")
        context.sample_rate = codec.rate_hz
        context.format = av.AudioFormat("s16")
        context.layout = av.AudioLayout("mono")
        context.time_base = Fraction(1, codec.rate_hz)
        if codec.name == "opus":
            context.bit_rate = _OPUS_BITS_A_SECOND
            context.options = {"application": "voip", "frame_duration": "20", "vbr": "on", "compression_level": "4"}
        context.open()
        self._context = context
        self._rate_hz = codec.rate_hz
        self._at = 0
        self._last = b""

    def encode(self, frame: Pcm) -> bytes:
        sound = av.AudioFrame.from_ndarray(frame.reshape(1, -1), format="s16", layout="mono")
        sound.sample_rate = self._rate_hz
        sound.pts = self._at
        self._at += len(frame)
        packets = self._context.encode(sound)
        if packets:
            self._last = bytes(packets[0])
        return self._last


class _FfmpegDecoder:
    __slots__ = ("_context", "_resampler")

    def __init__(self, codec: Codec) -> None:
        context = av.AudioCodecContext.create("libopus" if codec.name == "opus" else "g722", "r")
        context.sample_rate = 48000 if codec.name == "opus" else 16000
        context.layout = av.AudioLayout("mono")
        context.open()
        self._context = context
        self._resampler = Resampler(48000, codec.rate_hz) if codec.name == "opus" else None

    def decode(self, payload: bytes) -> Pcm:
        if len(payload) > _MAX_OPUS_PACKET_BYTES:
            return np.zeros(0, np.int16)
        try:
            frames = self._context.decode(av.Packet(payload))
        except (av.error.FFmpegError, ValueError):
            return np.zeros(0, np.int16)
        if not frames:
            return np.zeros(0, np.int16)
        sound = np.concatenate([_samples(frame) for frame in frames])
        return self._resampler.resample(sound) if self._resampler else sound


def _samples(frame: av.AudioFrame) -> Pcm:
    samples: Pcm = frame.to_ndarray().reshape(-1).astype(np.int16, copy=False)
    return samples


class Resampler:
    """Changes the rate of one stream, piece by piece, with a delay of less than a frame; it may give a little more or less
    than the rates say for a piece, never over the whole."""

    __slots__ = ("_at", "_from_hz", "_resampler")

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=to_hz)
        self._from_hz = from_hz
        self._at = 0

    def resample(self, samples: Pcm) -> Pcm:
        sound = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        sound.sample_rate = self._from_hz
        sound.pts = self._at
        sound.time_base = Fraction(1, self._from_hz)
        self._at += len(samples)
        parts = [_samples(frame) for frame in self._resampler.resample(sound)]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)
