"""The one form in which sounds are kept: mono, 16 bit, 16 kHz, about equally loud, without silence at both ends.

Pure functions over arrays of samples. Whatever is played on a call has passed `shape`, so nobody is startled by a prompt
that is louder than the one before, and a clip joins the next without a pause that nobody asked for.
"""

from __future__ import annotations

import io
import wave

import numpy as np
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray

from svara.media.sounds.limits import RATE_HZ, SoundError

LOUDNESS_DBFS = -20.0
"""The level (RMS) of what is not silence, full scale of a square wave being 0 dBFS."""
PEAK_DBFS = -1.0
"""No sample is louder."""
MOST_GAIN_DB = 24.0
"""Noise is not raised to a shout."""
SILENCE_DB = -45.0
"""Below the loudest part by this much, or below -60 dBFS, is silence."""
LONGEST_SILENCE_SECONDS = 0.5
"""More of it at either end is cut, down to `KEPT_SILENCE_SECONDS`."""
KEPT_SILENCE_SECONDS = 0.1

_BLOCK = RATE_HZ // 100
_FLOOR = 10 ** (-60 / 20)

Samples = NDArray[np.float32]
"""Mono at `RATE_HZ`, 1.0 is full scale."""


def at_our_rate(samples: NDArray[np.int16], rate_hz: int) -> Samples:
    """What was made at another rate."""
    resampled: Samples = soxr.resample(samples.astype(np.float32) / np.float32(32768.0), rate_hz, RATE_HZ)
    return resampled.astype(np.float32)


def shape(samples: Samples) -> NDArray[np.int16]:
    """The samples as they are kept. Raises SoundError when there is nothing to hear in them."""
    if not samples.size:
        raise SoundError("holds no sound")
    sound: Samples = np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -8.0, 8.0).astype(np.float32)
    sound -= np.float32(sound.mean(dtype=np.float64))
    sound, levels = _trim(sound)
    sound *= _gain(levels)
    return (_limit(sound) * 32767.0).round().astype(np.int16)


def levels(sound: Samples) -> NDArray[np.float32]:
    """The level (RMS) of each block of 10 ms; what does not fill a block at the end counts as if silence followed."""
    blocks = _blocks(sound)
    each: NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", blocks, blocks) / np.float32(_BLOCK))
    return each


def _trim(sound: Samples) -> tuple[Samples, NDArray[np.float32]]:
    """Cut long silence at both ends; gives the levels of the blocks that are no silence, too."""
    each = levels(sound)
    heard = np.flatnonzero(each > max(_FLOOR, float(each.max()) * 10 ** (SILENCE_DB / 20)))
    if not heard.size:
        raise SoundError("is nothing but silence")
    first, last = int(heard[0]) * _BLOCK, (int(heard[-1]) + 1) * _BLOCK
    longest, kept = int(LONGEST_SILENCE_SECONDS * RATE_HZ), int(KEPT_SILENCE_SECONDS * RATE_HZ)
    begin = first - kept if first > longest else 0
    end = last + kept if sound.size - last > longest else sound.size
    return sound[begin:end], each[heard]


def _gain(heard: NDArray[np.float32]) -> np.float32:
    level = float(np.sqrt(np.mean(np.square(heard, dtype=np.float64))))
    most = 10 ** (MOST_GAIN_DB / 20)
    return np.float32(min(10 ** (LOUDNESS_DBFS / 20) / level, most))


def _limit(sound: Samples) -> Samples:
    """Turn down, for some milliseconds, what would be louder than the peak; nothing is clipped.

    Each block's gain is also that of its neighbours where theirs is smaller, and the gain moves along a straight line from
    the middle of a block to the middle of the next: so it is nowhere above what its block allows.
    """
    ceiling = np.float32(10 ** (PEAK_DBFS / 20))
    peaks = np.abs(_blocks(sound)).max(axis=1)
    if float(peaks.max()) <= ceiling:
        return sound
    gains = np.minimum(1.0, ceiling / np.maximum(peaks, ceiling))
    padded = np.concatenate((gains[:1], gains, gains[-1:]))
    lowest = np.minimum(np.minimum(padded[:-2], padded[1:-1]), padded[2:])
    middles = (np.arange(lowest.size) + 0.5) * _BLOCK
    limited: Samples = (sound * np.interp(np.arange(sound.size), middles, lowest)).astype(np.float32)
    return np.clip(limited, -ceiling, ceiling)  # rounding


def _blocks(sound: Samples) -> Samples:
    padded = np.zeros(-(-sound.size // _BLOCK) * _BLOCK, dtype=np.float32)
    padded[: sound.size] = sound
    return padded.reshape(-1, _BLOCK)


def to_wav(samples: NDArray[np.int16]) -> bytes:
    """A WAV file of `RATE_HZ`, mono, 16 bit."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE_HZ)
        written.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def from_wav(data: bytes) -> tuple[NDArray[np.int16], int]:
    """The samples and the rate (Hz) of a mono 16-bit WAV file, also of one that was streamed and does not know its length.

    Raises SoundError for any other.
    """
    try:
        with wave.open(io.BytesIO(data), "rb") as read:
            if read.getnchannels() != 1 or read.getsampwidth() != 2:
                raise SoundError("is not a mono 16-bit WAV file")
            samples = read.readframes(len(data) // 2)
            return np.frombuffer(samples[: len(samples) // 2 * 2], dtype="<i2").astype(np.int16), read.getframerate()
    except (wave.Error, EOFError) as error:
        raise SoundError("is not a WAV file") from error
