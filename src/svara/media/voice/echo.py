"""Somebody who hears themselves: what they say comes back a second later, so that they know their own voice from the line.

Softer each time, so that a loudspeaker beside its microphone does not begin to howl. Pure: one call of `turn` is 20 ms.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from svara.media.voice.codecs import Pcm

DELAY_FRAMES = 50
SOFTER = 0.7
LOUD = 330.0
"""Root mean square of samples of 16 bits (-40 dBov): what is quieter is the noise of a line."""
ENOUGH_FRAMES = 8
"""So many loud frames are somebody who speaks."""


class Echo:
    """The last second of one leg. `heard` is called once, when something was said."""

    def __init__(self, heard: Callable[[], object]) -> None:
        self._heard: Callable[[], object] | None = heard
        self._kept: deque[Pcm | None] = deque()
        self._loud = 0

    def turn(self, frame: Pcm | None, samples: int) -> Pcm | None:
        """Take what came in now, and give what came in a second ago; None for silence. `samples` are in a frame now: what
        came in by another codec is not heard any more."""
        if (
            self._heard is not None
            and frame is not None
            and float(np.sqrt(np.mean(np.square(frame, dtype=np.float64)))) > LOUD
        ):
            self._loud += 1
            if self._loud >= ENOUGH_FRAMES:
                heard, self._heard = self._heard, None
                heard()
        self._kept.append(frame)
        if len(self._kept) <= DELAY_FRAMES:
            return None
        then = self._kept.popleft()
        return (then * SOFTER).astype(np.int16) if then is not None and len(then) == samples else None
