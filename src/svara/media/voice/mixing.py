"""Several voices in one: the sum, kept below full scale by a soft limiter instead of being clipped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svara.media.voice.codecs import Pcm

_KNEE = 0.7 * 32767
"""Below this nothing is changed; above, the rest up to full scale is approached and never reached."""
_ROOM = 32767 - _KNEE


def mix(voices: Sequence[Pcm]) -> Pcm:
    """The sum of frames of one length."""
    if len(voices) == 1:
        return voices[0]
    total = np.zeros(len(voices[0]), np.int32)
    for voice in voices:
        total += voice
    return limited(total)


def limited(total: NDArray[np.int32] | NDArray[np.float32]) -> Pcm:
    """A sum of voices, of any size, as samples: each sample by itself, so that nothing pumps."""
    if float(np.abs(total).max(initial=0)) > _KNEE:
        size = np.abs(total)
        limited = np.where(size > _KNEE, _KNEE + _ROOM * np.tanh((size - _KNEE) / _ROOM), size)
        return (np.sign(total) * limited).astype(np.int16)
    return total.astype(np.int16)
