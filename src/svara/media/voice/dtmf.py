"""Pressed keys out of the sound itself, for callers whose network has no telephone-event (ITU-T Q.23, Q.24).

Speech must not press keys. A block of sound is a key only when one low and one high tone hold nearly all of its energy, at
levels that belong together, and when the same key is found in blocks that follow one another.
"""

from __future__ import annotations

from collections.abc import Sequence

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
_FRAME = 160
_KEPT = _BLOCK - _HOP
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


def _probes() -> NDArray[np.float32]:
    """For each frequency a complex tone over a block, as its cosine and sine: block @ probes is a Goertzel filter each."""
    times = np.arange(_BLOCK) / RATE_HZ
    angles = 2 * np.pi * np.outer(times, np.outer(np.array(LOW_HZ + HIGH_HZ), np.array(_OUT_OF_TUNE)).reshape(-1))
    return np.concatenate((np.cos(angles), np.sin(angles)), axis=1).astype(np.float32)


_PROBES = _probes()


class KeyDetector:
    """Listens to one stream at 8 kHz: `hear` what came every 20 ms, then `listen`."""

    __slots__ = ("_count", "_gap", "_key", "_pressed", "sound")

    def __init__(self) -> None:
        self.sound: Pcm = np.zeros(_KEPT + _FRAME, np.int16)
        """The last frame, and so much before it as its blocks need."""
        self._key = ""
        self._count = 0
        self._gap = 0
        self._pressed = ""

    def hear(self, frame: Pcm | None) -> None:
        """The next 20 ms; None: nothing came."""
        sound = self.sound
        sound[:_KEPT] = sound[_FRAME:]
        sound[_KEPT:] = 0 if frame is None else frame

    def step(self, found: str) -> str:
        """The key that is told now, after this was found in the next block; nearly always none."""
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


def listen(detectors: Sequence[KeyDetector]) -> list[str]:
    """For each, the keys whose press is told now: a press is told once, when its tone has lasted for 36 ms.

    All that are due at one moment together, because that costs a fifth of one by one.
    """
    sounds = np.stack([detector.sound for detector in detectors]).astype(np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(sounds, _BLOCK, axis=1)[:, ::_HOP]
    found = keys_of(blocks.reshape(-1, _BLOCK))
    each = blocks.shape[1]
    return [
        "".join([detector.step(key) for key in found[number * each : (number + 1) * each]])
        for number, detector in enumerate(detectors)
    ]


def keys_of(blocks: NDArray[np.float32]) -> list[str]:
    """The key in each block (rows of `_BLOCK` samples), "" where there is none."""
    keys = [""] * len(blocks)
    energy = np.einsum("ij,ij->i", blocks, blocks)
    loud = np.flatnonzero(energy > _BLOCK * _LEAST_LEVEL**2)
    if not len(loud):
        return keys
    both = blocks[loud] @ _PROBES
    half = both.shape[1] // 2
    power = (both[:, :half] ** 2 + both[:, half:] ** 2) * (2.0 / _BLOCK)
    power = power.reshape(len(loud), 2, 4, -1).max(axis=3)
    best = power.max(axis=2)
    a, b = best[:, 0], best[:, 1]
    pure = (a + b >= _TONES_SHARE * energy[loud]) & (a <= b * _LOUDEST_LOW) & (b <= a * _LOUDEST_HIGH)
    for row in np.flatnonzero(pure):
        low, high = power[row].argmax(axis=1)
        keys[loud[row]] = _KEYS[low][high]
    return keys
