"""Who of many is heard, and how loud: for a conference in which fifty microphones are open and one person speaks.

Three things, once every 20 ms, for all members at once:

- **Voice activity**: speech is what stands out from the noise of that member's own line, which is followed all the time (it
  falls at once and rises slowly). What begins is heard from its first loud frame on, and what ends is held for a moment, so
  that no word is cut.
- **The loudest few**: of those who speak at most `MOST_HEARD` are mixed, as RFC 7667 section 3.6.1 describes for mixers and
  every bridge does: fifty open microphones do not add up their noise. Who is heard already keeps the place against somebody
  who is only a little louder, so that nobody flickers.
- **Steady levels**: the level of each member's *speech* alone (pauses do not count: ITU-T P.56) is brought towards -26 dBov,
  the level at which ITU-T tests speech, by an amplification that is bounded and moves so slowly that nobody hears it move.
  It stands still while the member is silent: noise between words is never pulled up.

Pure: levels in, amplifications out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float32]
"""One figure for each member, by place: root mean square of samples of 16 bits."""

MOST_HEARD = 4
TARGET = 32768 * 10 ** (-26 / 20)
MOST_UP_DB = 12.0
MOST_DOWN_DB = -12.0
UP_DB_A_FRAME = 0.06
"""3 dB a second."""
DOWN_DB_A_FRAME = 0.2
"""10 dB a second: who shouts is brought down before the next sentence."""

_LEAST = 80.0
_MOST = 520.0
"""What is quieter is never speech (-52 dBov), what is louder always (-36 dBov)."""
_ABOVE_NOISE = 3.2
_RISE = 1.015
"""The noise floor may rise by 6 dB a second; it falls at once."""
_SUDDEN = 2.0
"""So far above the threshold one frame is enough; else two have to be."""
_HOLD_FRAMES = 20
"""0.4 seconds: a pause between two words."""
_KEEPS = 2.0
"""Who is heard counts for so much louder (6 dB)."""
_FADES = 0.93
"""By so much a frame the loudness by which members are compared falls: half in 0.2 seconds."""
_FOLLOWS = 0.02
"""How fast the speech level follows: within about a second."""

_FLOOR, _ONSET, _HOLD, _RECENT, _HEARD, _VOICE, _GAIN_DB = range(7)


class Loudness:
    """The members of one conference by place, from 0. `gains` are the amplifications of the last frame, 0 for who is not
    heard; `before` those of the frame before, from which one goes over smoothly."""

    def __init__(self) -> None:
        self._state = np.zeros((7, 0), np.float32)
        self.gains: Levels = np.zeros(0, np.float32)
        self.before: Levels = np.zeros(0, np.float32)

    def add(self) -> None:
        """One more, at the last place."""
        fresh = np.zeros((7, 1), np.float32)
        fresh[_FLOOR] = _LEAST / _ABOVE_NOISE
        self._state = np.concatenate((self._state, fresh), axis=1)
        self.gains = np.append(self.gains, np.float32(0))
        self.before = np.append(self.before, np.float32(0))

    def remove(self, place: int) -> None:
        """The one at this place goes; those behind move up."""
        self._state = np.delete(self._state, place, axis=1)
        self.gains = np.delete(self.gains, place)
        self.before = np.delete(self.before, place)

    def frame(self, levels: Levels) -> None:
        """20 ms with these levels (0: nothing came, or it is muted)."""
        floor, onset, hold, recent, heard, voice, gain_db = self._state
        there = levels >= 1.0
        quietest = np.float32(_LEAST / _ABOVE_NOISE)
        floor[:] = np.where(there, np.maximum(quietest, np.minimum(levels, floor * _RISE)), floor)
        threshold = np.minimum(floor * _ABOVE_NOISE, _MOST)
        loud = levels > threshold
        onset[:] = np.where(loud, onset + 1, 0)
        speech = (onset >= 2) | (levels > _SUDDEN * threshold)
        hold[:] = np.where(speech, _HOLD_FRAMES, np.maximum(hold - 1, 0))
        recent[:] = np.maximum(levels, recent * _FADES)
        heard[:] = self._loudest(hold > 0, recent * np.where(heard > 0, _KEEPS, 1.0))
        self._follow(speech, levels, voice, gain_db)
        self.before = self.gains
        self.gains = np.where(heard > 0, 10 ** (gain_db / 20), 0).astype(np.float32)

    def _loudest(self, active: NDArray[np.bool_], score: Levels) -> NDArray[np.bool_]:
        if np.count_nonzero(active) <= MOST_HEARD:
            return active
        chosen = np.zeros(len(active), bool)
        chosen[np.argpartition(np.where(active, score, -1.0), -MOST_HEARD)[-MOST_HEARD:]] = True
        return chosen

    def _follow(self, speech: NDArray[np.bool_], levels: Levels, voice: Levels, gain_db: Levels) -> None:
        power = levels * levels
        followed = np.where(voice > 0, voice + _FOLLOWS * (power - voice), power)
        voice[:] = np.where(speech, followed, voice)
        with np.errstate(divide="ignore"):
            wanted = 10 * np.log10(TARGET**2 / np.maximum(voice, 1.0))
        step = np.clip(np.clip(wanted, MOST_DOWN_DB, MOST_UP_DB) - gain_db, -DOWN_DB_A_FRAME, UP_DB_A_FRAME)
        gain_db += np.where(speech, step, 0.0).astype(np.float32)
