"""Keys that a leg presses towards its phone: as telephone-events where the phone has them (RFC 4733), else as their tones.

Who talks through the mixer presses keys for the one at the other end; what comes as an event is not in the sound, and has to
be sent on.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from svara.media.voice.codecs import Pcm
from svara.media.voice.dtmf import HIGH_HZ, LOW_HZ
from svara.media.voice.rtp import KEYS

MAX_WAITING = 32
"""Keys beyond these are dropped: nobody presses so fast."""
TICKS = 6
"""A key is 120 ms long; 40 ms are the least that has to be understood (ITU-T Q.24)."""
_ENDS = 3
"""How often the end of an event is said (RFC 4733 section 2.5.1.4)."""
_PAUSE_TICKS = 4
_LEVEL = 0.16
"""Peak of each of the two frequencies, of full scale."""
_VOLUME = 10
"""In -dBm0, for who makes a tone of the event."""
_ROWS = ("123A", "456B", "789C", "*0#D")


class Event(NamedTuple):
    """What goes out in one period of 20 ms about a key: `since` is how many periods ago it began."""

    payload: bytes
    since: int


class KeySender:
    """The keys of one leg. Once in each period either `event` or `tone` is asked."""

    __slots__ = ("_key", "_tick", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._key = ""
        self._tick = 0

    def press(self, key: str) -> None:
        if len(self._waiting) < MAX_WAITING and key in KEYS:
            self._waiting.append(key)

    def event(self, unit: int) -> Event | None:
        """The telephone-event of this period, which takes the place of sound; `unit` is how long a period is in it."""
        tick = self._next(TICKS + _ENDS - 1)
        if tick is None:
            return None
        length = min(tick + 1, TICKS)
        flags = _VOLUME | (0x80 if tick + 1 >= TICKS else 0)
        return Event(bytes((KEYS.index(self._key), flags)) + (length * unit).to_bytes(2, "big"), tick)

    def tone(self, samples: int, rate_hz: int) -> Pcm | None:
        """The sound of the key in this period."""
        tick = self._next(TICKS)
        if tick is None:
            return None
        times = (np.arange(samples) + tick * samples) / rate_hz
        row = next(index for index, keys in enumerate(_ROWS) if self._key in keys)
        low_hz, high_hz = LOW_HZ[row], HIGH_HZ[_ROWS[row].index(self._key)]
        sound = np.sin(2 * np.pi * low_hz * times) + np.sin(2 * np.pi * high_hz * times)
        return (_LEVEL * 32767 * sound).astype(np.int16)

    def _next(self, length: int) -> int | None:
        """How many periods of the key have gone out; None while there is none, or between two."""
        if not self._key:
            if not self._waiting:
                return None
            self._key, self._tick = self._waiting.popleft(), 0
        tick, self._tick = self._tick, self._tick + 1
        if self._tick >= length + _PAUSE_TICKS:
            self._key = ""
        return tick if tick < length else None
