"""Tones: made, coded as G.711, and found again at the other side."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
Samples = NDArray[np.float64]
"""Between -1 and 1."""


def tone(frequency_hz: float, seconds: float, rate_hz: int = RATE_HZ, level: float = 0.5) -> Samples:
    """A sine of the given peak level."""
    return level * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * rate_hz)) / rate_hz)


def strength(samples: Samples, frequency_hz: float, rate_hz: int = RATE_HZ) -> float:
    """How much of the sound is this one tone, 0 to 1: the tone's power over all power (Goertzel, as a dot product)."""
    power = float(np.mean(samples**2)) if len(samples) else 0.0
    if power < 1e-7:
        return 0.0
    turn = np.exp(-2j * np.pi * frequency_hz * np.arange(len(samples)) / rate_hz)
    return float(2 * abs(np.mean(samples * turn)) ** 2 / power)


def dominant(samples: Samples, rate_hz: int = RATE_HZ) -> tuple[float, float]:
    """(frequency in Hz, level as root mean square) of the strongest tone; (0, level) in silence."""
    level = float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
    if level < 0.003 or len(samples) < 400:
        return 0.0, level
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    spectrum[0] = 0
    return float(np.argmax(spectrum)) * rate_hz / len(samples), level


def likeness(heard: Samples, said: Samples, rate_hz: int = RATE_HZ, piece_seconds: float = 0.8) -> float:
    """How well what was said is found in what was heard, 0 to 1: the mean over its pieces of the best correlation. Each
    piece is looked for by itself, so that a lost or repeated packet does no harm."""
    piece, found = int(piece_seconds * rate_hz), []
    energy = np.cumsum(np.concatenate(([0.0], heard**2)))
    for start in range(0, len(said) - piece + 1, piece):
        part = said[start : start + piece]
        size = 1 << (len(heard) + piece).bit_length()
        correlation = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(part, size)), size)[: len(heard) - piece]
        beside = (energy[piece:] - energy[:-piece])[: len(correlation)]
        found.append(float((correlation / np.sqrt(np.maximum(beside, 1e-3) * np.sum(part**2))).max()))
    return float(np.mean(found))


def write_wav(path: Path, samples: Samples, rate_hz: int = RATE_HZ) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def read_wav(path: Path) -> tuple[Samples, int]:
    """The first channel of a 16-bit file, and its rate. While it is being recorded, linphone's header is still empty."""
    data = path.read_bytes()
    channels, rate, start = 1, RATE_HZ, 44
    if data.startswith(b"RIFF"):
        channels, rate = data[22], int.from_bytes(data[24:28], "little")
        start = data.find(b"data", 12) + 8
    size = 2 * channels
    frames = np.frombuffer(data[start : start + max(0, len(data) - start) // size * size], "<i2")
    return frames[::channels].astype(np.float64) / 32768, rate


def assert_tone(path: Path, frequency_hz: float, *, last_seconds: float = 1.0, share: float = 0.8) -> None:
    """The end of the recording is this tone and little else."""
    samples, rate = read_wav(path)
    end = samples[-int(last_seconds * rate) :]
    found, level = dominant(end, rate)
    assert abs(found - frequency_hz) < 8, f"heard {found:.0f} Hz at level {level:.3f} in {path.name}, not {frequency_hz} Hz"
    assert strength(end, frequency_hz, rate) > share, f"{path.name}: {frequency_hz} Hz is only part of what was heard"


# --- G.711 A-law (ITU-T G.711 table 1), by table both ways


def _decode_table() -> NDArray[np.int16]:
    codes = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (codes >> 4) & 7, codes & 15
    value = np.where(exponent == 0, mantissa * 16 + 8, (mantissa * 16 + 264) << np.maximum(exponent - 1, 0))
    return np.where(codes & 0x80, value, -value).astype(np.int16)


_DECODED = _decode_table()
_ORDER = np.argsort(_DECODED)
_SORTED = _DECODED[_ORDER].astype(np.int32)


def to_alaw(samples: Samples) -> bytes:
    wanted = (np.clip(samples, -1, 1) * 32767).astype(np.int32)
    right = np.clip(np.searchsorted(_SORTED, wanted), 1, 255)
    nearest = np.where(wanted - _SORTED[right - 1] < _SORTED[right] - wanted, right - 1, right)
    return _ORDER[nearest].astype(np.uint8).tobytes()


def from_alaw(data: bytes) -> Samples:
    return _DECODED[np.frombuffer(data, np.uint8)].astype(np.float64) / 32768
