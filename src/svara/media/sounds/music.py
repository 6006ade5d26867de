"""The music that Svara brings, made by this program from nothing: nobody's licence is needed to play it to waiting callers.

A calm piece of about 77 seconds, made for the telephone: its notes lie where a narrow line carries them, it has no drums and
no surprises. It is drawn on a circle, so its end runs into its beginning without a seam. `PEDAL_HZ` sounds softly from the
first moment to the last, so a program can tell this music from speech and from other tones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svara.media.sounds.form import to_wav
from svara.media.sounds.limits import RATE_HZ, SoundError

BEAT_SECONDS = 0.8
BEATS = 96
SAMPLES = int(BEAT_SECONDS * BEATS * RATE_HZ)
PEDAL_HZ = round(440 * 2 ** (-2 / 12) * SAMPLES / RATE_HZ) * RATE_HZ / SAMPLES
"""About the G above middle C, which is in every chord; a whole number of periods in the piece."""
PEDAL_SHARE = 0.5
"""How strong the pedal is beside everything else (RMS)."""
LEVEL_DBFS = -24.0
"""The level (RMS) of the whole: a little softer than what is spoken."""
VERSION = "1"
"""Changes with the piece, so that an older one is replaced."""

_SEED = 20_231
_HIGHEST_HZ = 3_300.0

Sound = NDArray[np.float64]

# Semitones from the A above middle C (440 Hz). To each chord the G of the pedal belongs; each lasts four beats.
_CHORDS = (
    (-21, -14, -9, -5, 3),  # C
    (-17, -10, -5, 2),  # Em7
    (-12, -9, -5, 3),  # Am7
    (-16, -12, -9, -5, 0),  # Fmaj9
    (-21, -14, -9, -5, 3),
    (-12, -9, -5, 7),
    (-19, -12, -7, -4, 0),  # Dm11
    (-14, -10, -7, 2),  # G
)
# The melody: for each chord and round, pairs of the beat within the chord and the semitone.
_MELODY = (
    ((0, 3), (1.5, 2), (2, -5)),
    ((0.5, 2), (2, -5), (3, 2)),
    ((0, 3), (2, 7), (3.5, 5)),
    ((1, 3), (2, 2), (3, 0)),
    ((0, -5), (2, 3)),
    ((0.5, 3), (1.5, 5), (2.5, 3), (3, 2)),
    ((0, 0), (2, 5), (3, 3)),
    ((0, 2), (2, -5)),
    ((0, 7), (1.5, 5), (2, 3)),
    ((0.5, 2), (2, 3), (3, 5)),
    ((0, 7), (2, 3)),
    ((1, 8), (2, 7), (3, 3)),
    ((0, 3), (1, 2), (2, -5)),
    ((0.5, 0), (2, 3), (3, 7)),
    ((0, 5), (1.5, 3), (2.5, 0)),
    ((0, 2), (1, 0), (2, -5)),
    ((2, 3),),
    ((0, 2), (2, -5)),
    ((0, 3), (2, 0)),
    ((0, 0), (2, 3)),
    ((0, 7), (1.5, 5), (2, 3)),
    ((0, 3), (2, 2)),
    ((0, 0), (1.5, 2), (2.5, 5)),
    ((0, 2), (2, -5)),
)


def compose() -> Sound:
    """The piece: `SAMPLES` samples at `RATE_HZ`, the same every time; after the last comes the first again."""
    piece = np.zeros(SAMPLES)
    for index in range(BEATS // 4):
        for semitone in _CHORDS[index % len(_CHORDS)]:
            _add(piece, index * 4, _pad(_hz(semitone), 4.0 * BEAT_SECONDS))
        for beat, semitone in _MELODY[index]:
            _add(piece, index * 4 + beat, 1.4 * _bell(_hz(semitone), 2.4))
    piece = _room(piece)
    piece += PEDAL_SHARE * np.sqrt(2 * np.mean(piece**2)) * np.sin(2 * np.pi * PEDAL_HZ * np.arange(SAMPLES) / RATE_HZ)
    level = float(np.sqrt(np.mean(piece**2)))
    return piece * (10 ** (LEVEL_DBFS / 20) / level)


def as_wav() -> bytes:
    """The piece in the form of all sounds."""
    piece = compose()
    if np.abs(piece).max() >= 1.0:
        raise SoundError("the music is too loud")
    return to_wav((piece * 32767).round().astype(np.int16))


def _hz(semitone: float) -> float:
    return float(440.0 * 2 ** (semitone / 12))


def _add(piece: Sound, beat: float, note: Sound) -> None:
    """Let a note begin at that beat; what would sound after the end sounds at the beginning."""
    places = (int(beat * BEAT_SECONDS * RATE_HZ) + np.arange(note.size)) % SAMPLES
    piece[places] += note


def _harmonics(hz: float, seconds: float, strengths: tuple[float, ...], detune: float = 0.0) -> Sound:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    note = np.zeros(t.size)
    for n, strength in enumerate(strengths, 1):
        if n * hz < _HIGHEST_HZ:
            note += strength * (
                np.sin(2 * np.pi * n * hz * (1 + detune) * t) + np.sin(2 * np.pi * n * hz * (1 - detune) * t)
            )
    return note


def _pad(hz: float, seconds: float) -> Sound:
    """A soft, long tone that swells and fades into the next chord."""
    fade = 1.2
    note = _harmonics(hz, seconds + fade, (0.4, 0.4, 0.3, 0.2, 0.13, 0.09, 0.06), detune=0.0012)
    n = int(fade * RATE_HZ)
    note[:n] *= np.sin(np.linspace(0, np.pi / 2, n)) ** 2
    note[-n:] *= np.cos(np.linspace(0, np.pi / 2, n)) ** 2
    return 0.16 * note


def _bell(hz: float, seconds: float) -> Sound:
    """A plucked tone whose overtones die away first."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    note = sum(
        strength * np.exp(-t * (1.6 + 1.1 * n)) * np.sin(2 * np.pi * n * hz * t)
        for n, strength in ((1, 0.6), (2, 0.35), (3, 0.18), (4, 0.1))
        if n * hz < _HIGHEST_HZ
    )
    attack, release = int(0.008 * RATE_HZ), int(0.2 * RATE_HZ)
    sound: Sound = np.asarray(note)
    sound[:attack] *= np.linspace(0, 1, attack)
    sound[-release:] *= np.linspace(1, 0, release)
    return 0.5 * sound


def _room(piece: Sound) -> Sound:
    """The sound of a room, by convolution on the circle: no seam in it either."""
    noise = np.random.Generator(np.random.PCG64(_SEED)).standard_normal(int(1.4 * RATE_HZ))
    echo = noise * np.exp(-np.arange(noise.size) / (0.33 * RATE_HZ))
    echo[: int(0.012 * RATE_HZ)] = 0.0
    echo *= 0.32 / np.sqrt(np.sum(echo**2))
    echo[0] = 1.0
    wet = np.fft.irfft(np.fft.rfft(piece) * np.fft.rfft(echo, SAMPLES), SAMPLES)
    return np.asarray(wet)
