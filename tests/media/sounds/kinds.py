"""Sound files of every kind that people send, made by PyAV's own encoders."""

from __future__ import annotations

import io

import av
import numpy as np
from numpy.typing import NDArray

from svara.media.sounds import music

RATE_HZ = 48_000


def tone(hz: float, seconds: float, level: float = 0.3, rate: int = RATE_HZ) -> NDArray[np.float32]:
    """A sine of that amplitude (1.0 is full scale)."""
    return (level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def file(
    samples: NDArray[np.float32], container: str, codec: str, rate: int = RATE_HZ, layout: str = "mono", bits: str = "flt"
) -> bytes:
    """The samples as a file; a stereo file has them on both sides."""
    written = io.BytesIO()
    with av.open(written, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate)
        if codec == "vorbis":  # FFmpeg's own encoder: stereo only, and called an experiment
            stream.codec_context.options = {"strict": "experimental"}
            layout = "stereo"
        stream.layout = layout
        resampler = av.AudioResampler(format=stream.format.name if stream.format else bits, layout=layout, rate=rate)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for mixed in resampler.resample(frame):
            fifo.write(mixed)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            for packet in stream.encode(piece):
                output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return written.getvalue()


def strength(samples: NDArray[np.float32] | NDArray[np.int16], hz: float, rate: int = 16_000) -> float:
    """How much of the sound's energy is in a tone of that frequency, 0 to 1 (within about 10 Hz a tenth of a second)."""
    x = samples.astype(np.float64)
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    frequencies = np.fft.rfftfreq(x.size, 1 / rate)
    return float(spectrum[np.abs(frequencies - hz) < 15].sum() / spectrum.sum())


def music_share(samples: NDArray[np.floating] | NDArray[np.int16], rate: int = 16_000) -> float:
    """How much of the sound's energy is in the pedal tone of our own music: above 0.08 in four seconds of it (0.06 in two),
    below 0.05 in speech."""
    x = samples.astype(np.float64)
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    frequencies = np.fft.rfftfreq(x.size, 1 / rate)
    return float(spectrum[np.abs(frequencies - music.PEDAL_HZ) < 2].sum() / spectrum.sum())
