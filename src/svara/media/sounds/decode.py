"""A process of its own that turns a sound file of any kind into samples: `python -m svara.media.sounds.decode`.

The file comes from standard input and may be hostile, and the decoders are written in C: so they run where nothing can be
lost. This process has no secrets in its environment, may not write a file, has bounded memory and time, and is told which
container to expect from the file's first bytes, so that no format is in play that opens other files (play lists and such).
A WAV file of the one form (`svara.media.sounds.form`) goes to standard output; else one line to standard error, exit code 3.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterator

import av
import numpy as np
import soxr  # type: ignore[import-untyped]
from av.container import InputContainer
from numpy.typing import NDArray

from svara.media.sounds.form import shape, to_wav
from svara.media.sounds.limits import MAX_BYTES, RATE_HZ, REFUSED, SoundError

MAX_SECONDS = 30 * 60
MAX_CPU_SECONDS = 60
MAX_MEMORY_BYTES = 2 * 1024**3
MAX_DAMAGED_PACKETS = 50
"""A file cut short or scratched is still of use; one with more faults is not."""

_CODECS = (
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_u8,pcm_s8,pcm_f32le,pcm_f32be,pcm_f64le,pcm_alaw,"
    "pcm_mulaw,adpcm_ima_wav,adpcm_ms,g722,mp3,mp3float,mp2,mp2float,vorbis,opus,libopus,libvorbis,flac,aac,alac,speex,libspeex,"
    "amrnb,amrwb,gsm_ms"
)
_LOWEST_HZ, _HIGHEST_HZ = 4_000, 192_000


def container_of(data: bytes) -> str | None:
    """The container format that the first bytes tell, by FFmpeg's name; None: none that we take."""
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return "wav"
    for beginning, name in (
        (b"OggS", "ogg"),
        (b"fLaC", "flac"),
        (b"ID3", "mp3"),
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"#!AMR", "amr"),
        (b".snd", "au"),
    ):
        if data.startswith(beginning):
            return name
    if data[4:8] == b"ftyp":
        return "mov"
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "aac" if data[1] & 0x06 == 0 else "mp3"
    return None


def decode(data: bytes) -> NDArray[np.float32]:
    """Mono samples at `RATE_HZ`. Raises SoundError."""
    name = container_of(data)
    if name is None:
        raise SoundError("is not a sound file of a kind that can be used (WAV, MP3, OGG, Opus, FLAC, M4A, WebM)")
    try:
        options = {"codec_whitelist": _CODECS, "protocol_whitelist": "none", "format_whitelist": name}
        with av.open(io.BytesIO(data), mode="r", format=name, options=options) as container:
            chunks = list(_resampled(container))
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise SoundError("is damaged, or not the kind of sound file that it says") from error
    return np.concatenate(chunks) if chunks else np.empty(0, np.float32)


def _resampled(container: InputContainer) -> Iterator[NDArray[np.float32]]:
    resampler, total, expected = None, 0, MAX_SECONDS * RATE_HZ
    for samples, rate in _mono(container):
        if resampler is None:
            if not _LOWEST_HZ <= rate <= _HIGHEST_HZ:
                raise SoundError("has a sampling rate that cannot be used")
            resampler = soxr.ResampleStream(rate, RATE_HZ, 1, dtype="float32", quality="HQ")
        chunk = resampler.resample_chunk(samples)
        total += chunk.size
        if total > expected:
            raise SoundError(f"lasts longer than {MAX_SECONDS // 60} minutes")
        yield chunk
    if resampler is not None:
        yield resampler.resample_chunk(np.empty(0, np.float32), last=True)


def _mono(container: InputContainer) -> Iterator[tuple[NDArray[np.float32], int]]:
    if not container.streams.audio:
        raise SoundError("holds no sound")
    stream = container.streams.audio[0]
    mixer = av.AudioResampler(format="flt", layout="mono")
    damaged = 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError as error:
            damaged += 1
            if damaged > MAX_DAMAGED_PACKETS:
                raise SoundError("is damaged") from error
            continue
        for frame in frames:
            for mixed in mixer.resample(frame):
                yield mixed.to_ndarray()[0].astype(np.float32, copy=False), mixed.sample_rate


def main() -> int:
    """The process; gives its exit code."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        if len(data) > MAX_BYTES:
            raise SoundError(f"is larger than {MAX_BYTES // 1024**2} MB")
        sound = to_wav(shape(decode(data)))
    except SoundError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    sys.stdout.buffer.write(sound)
    return 0


if __name__ == "__main__":
    sys.exit(main())
