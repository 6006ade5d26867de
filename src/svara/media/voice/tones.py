"""Call progress tones as people know them from their own telephone network (ITU-T E.180, supplement 2).

A tone is one turn of its cadence as samples; what repeats is repeated by who plays it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from svara.media.voice.codecs import Pcm

Kind = Literal["ringback", "busy", "congestion", "beep", "join", "leave"]
ONCE: frozenset[Kind] = frozenset(("beep", "join", "leave"))

_LEVEL = 0.16
"""Peak of one frequency, of full scale: about -13 dBm0, in the middle of what E.180 recommends."""
_EDGE_SECONDS = 0.005
"""A tone that begins and ends softly does not click."""


@dataclass(frozen=True, slots=True)
class Part:
    """So long these frequencies together; none: silence."""

    seconds: float
    frequencies_hz: tuple[float, ...] = ()


def _cadence(frequencies_hz: tuple[float, ...], on_seconds: float, off_seconds: float) -> tuple[Part, ...]:
    return (Part(on_seconds, frequencies_hz), Part(off_seconds))


_ONE = (425.0,)
_EUROPE: dict[Kind, tuple[Part, ...]] = {
    "ringback": _cadence(_ONE, 1.0, 4.0),
    "busy": _cadence(_ONE, 0.5, 0.5),
    "congestion": _cadence(_ONE, 0.2, 0.2),
}
_COUNTRIES: dict[str, dict[Kind, tuple[Part, ...]]] = {
    "NO": _EUROPE,
    "SE": {
        "ringback": _cadence(_ONE, 1.0, 5.0),
        "busy": _cadence(_ONE, 0.25, 0.25),
        "congestion": _cadence(_ONE, 0.25, 0.75),
    },
    "CZ": {
        "ringback": _cadence(_ONE, 1.0, 4.0),
        "busy": _cadence(_ONE, 0.33, 0.33),
        "congestion": _cadence(_ONE, 0.165, 0.165),
    },
    "LV": _EUROPE,
    "RU": {
        "ringback": _cadence(_ONE, 0.8, 3.2),
        "busy": _cadence(_ONE, 0.35, 0.35),
        "congestion": _cadence(_ONE, 0.175, 0.175),
    },
    "US": {
        "ringback": _cadence((440.0, 480.0), 2.0, 4.0),
        "busy": _cadence((480.0, 620.0), 0.5, 0.5),
        "congestion": _cadence((480.0, 620.0), 0.25, 0.25),
    },
}
_OURS: dict[Kind, tuple[Part, ...]] = {
    "beep": (Part(0.3, (1000.0,)), Part(0.04)),
    "join": (Part(0.12, (587.3,)), Part(0.16, (880.0,)), Part(0.04)),
    "leave": (Part(0.12, (880.0,)), Part(0.16, (587.3,)), Part(0.04)),
}


def parts(kind: Kind, country: str) -> tuple[Part, ...]:
    """One turn of the cadence; a country (ISO 3166, two letters) that is not in the table has that of most of Europe."""
    return _OURS[kind] if kind in ONCE else _COUNTRIES.get(country.upper(), _EUROPE)[kind]


def samples(kind: Kind, country: str, rate_hz: int) -> Pcm:
    """One turn of the cadence as sound."""
    return np.concatenate([_sound(part, rate_hz) for part in parts(kind, country)])


def _sound(part: Part, rate_hz: int) -> Pcm:
    times = np.arange(round(part.seconds * rate_hz)) / rate_hz
    sound = np.zeros(len(times))
    for frequency_hz in part.frequencies_hz:
        sound += _LEVEL * np.sin(2 * np.pi * frequency_hz * times)
    edge = min(int(_EDGE_SECONDS * rate_hz), len(times) // 2)
    ramp = np.sin(np.linspace(0, np.pi / 2, edge)) ** 2
    sound[:edge] *= ramp
    sound[len(sound) - edge :] *= ramp[::-1]
    return (sound * 32767).astype(np.int16)
