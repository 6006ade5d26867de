"""Pressed keys out of the sound itself, for callers whose network has no telephone-event (ITU-T Q.23, Q.24).

Speech must not press keys. A block of sound is a key only when one low and one high tone hold nearly all of its energy, at
levels that belong together, and when the same key is found in blocks that follow one another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svara.media.voice.codecs import Pcm

LOW_HZ = (697.0, 770.0, 852.0, 941.0)
HIGH_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
_KEYS = ("123A", "456B", "789C", "*0#D")

RATE_HZ = 8000
_BLOCK = 208
"""26 ms: long enough to tell 697 from 770 Hz, short enough for two blocks in the 40 ms that Q.24 wants to be heard."""
_HOP = 80
_BLOCKS_FOR_A_KEY = 2
_BLOCKS_FOR_AN_END = 2
_LEAST_LEVEL = 32768.0 * 10 ** ((-29.0 - 3.14) / 20)
"""Root mean square of the quietest tone pair that counts: -29 dBm0 (Q.24, weaker ones are noise)."""
_TONES_SHARE = 0.82
"""How much of the energy the two tones must hold."""
_LOUDEST_LOW = 10 ** (9.0 / 10)
_LOUDEST_HIGH = 10 ** (7.0 / 10)
"""Twist: how much stronger the low, or the high tone may be."""


_OUT_OF_TUNE = (0.985, 0.9925, 1.0, 1.0075, 1.015)
"""A key may be 1.5 % out of tune (Q.24), which a block of this length would hear only in part."""


def _probes() -> NDArray[np.float64]:
    """For each frequency a complex tone over a block, as its cosine and sine: block @ probes is a Goertzel filter each."""
    times = np.arange(_BLOCK) / RATE_HZ
    angles = 2 * np.pi * np.outer(times, np.outer(np.array(LOW_HZ + HIGH_HZ), np.array(_OUT_OF_TUNE)).reshape(-1))
    return np.concatenate((np.cos(angles), np.sin(angles)), axis=1)


_PROBES = _probes()


class KeyDetector:
    """Listens to one stream at 8 kHz. One key for each press, when its tone has lasted for 36 ms."""

    __slots__ = ("_count", "_gap", "_key", "_pressed", "_rest")

    def __init__(self) -> None:
        self._rest: Pcm = np.zeros(0, np.int16)
        self._key = ""
        self._count = 0
        self._gap = 0
        self._pressed = ""

    def listen(self, frame: Pcm) -> str:
        """The keys that begin with these samples: nearly always none."""
        sound = np.concatenate((self._rest, frame))
        count = (len(sound) - _BLOCK) // _HOP + 1
        if count <= 0:
            self._rest = sound
            return ""
        self._rest = sound[count * _HOP :]
        blocks = np.lib.stride_tricks.sliding_window_view(sound, _BLOCK)[::_HOP].astype(np.float64)
        return "".join(self._step(found) for found in keys_of(blocks))

    def silence(self) -> None:
        """Nothing came for 20 ms."""
        for _ in range(2):
            self._step("")
        self._rest = np.zeros(0, np.int16)

    def _step(self, found: str) -> str:
        if found and found == self._key:
            self._count += 1
        else:
            self._key, self._count = found, 1
        if self._pressed and found != self._pressed:
            self._gap += 1
            if self._gap >= _BLOCKS_FOR_AN_END:
                self._pressed = ""
        else:
            self._gap = 0
        if found and found != self._pressed and self._count >= _BLOCKS_FOR_A_KEY:
            self._pressed, self._gap = found, 0
            return found
        return ""


def keys_of(blocks: NDArray[np.float64]) -> list[str]:
    """The key in each block (rows of `_BLOCK` samples), "" where there is none."""
    energy = np.einsum("ij,ij->i", blocks, blocks)
    loud = energy > _BLOCK * _LEAST_LEVEL**2
    keys = [""] * len(blocks)
    if not loud.any():
        return keys
    both = blocks @ _PROBES
    half = both.shape[1] // 2
    power = (both[:, :half] ** 2 + both[:, half:] ** 2) * (2.0 / _BLOCK)
    power = power.reshape(len(blocks), 8, -1).max(axis=2)
    for row in np.flatnonzero(loud):
        low, high = power[row, :4], power[row, 4:]
        best_low, best_high = int(low.argmax()), int(high.argmax())
        a, b = float(low[best_low]), float(high[best_high])
        if a + b < _TONES_SHARE * energy[row] or a > b * _LOUDEST_LOW or b > a * _LOUDEST_HIGH:
            continue
        keys[row] = _KEYS[best_low][best_high]
    return keys
