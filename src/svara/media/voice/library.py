"""Sound files and tones, ready to be sent: decoded and encoded once for each codec, then kept as the payloads of 20 ms.

Reading, decoding and encoding happen on a thread of their own, and what is ready can be played while the rest is still made;
so no file, however long, holds up anybody's sound. Memory is bounded: what was played longest ago is dropped first. A file
that changed is read again.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
import soxr  # type: ignore[import-untyped]

from svara import log
from svara.media.voice import tones
from svara.media.voice.codecs import FRAME_SECONDS, Codec, Pcm, encoder
from svara.media.voice.port import Sound, Tone

MAX_CACHED_BYTES = 256 * 1024 * 1024
MAX_SOUND_SECONDS = 1800.0
"""What is longer is cut: nobody waits half an hour for a prompt to end, and music begins again."""
_OBJECT_BYTES = 48
"""What Python adds to each payload."""

_log = log.get("media.voice.library")


class Frames:
    """The payloads of one sound in one codec, one for every 20 ms. It grows until `complete`; `repeats`: a tone in cadence,
    which has no end."""

    __slots__ = ("complete", "payloads", "repeats", "size_bytes")

    def __init__(self, *, repeats: bool = False) -> None:
        self.payloads: list[bytes] | tuple[bytes, ...] = []
        self.complete = False
        self.repeats = repeats
        self.size_bytes = 0

    def finish(self) -> None:
        """All is there. As a tuple of bytes the garbage collector need not walk through it."""
        self.size_bytes = sum(map(len, self.payloads)) + _OBJECT_BYTES * len(self.payloads)
        self.payloads = tuple(self.payloads)
        self.complete = True


class Library:
    """The sounds below `folder`. `worker` runs what takes time, one job at a time and in order."""

    def __init__(self, folder: Path, worker: Executor, max_bytes: int = MAX_CACHED_BYTES) -> None:
        self._folder = folder
        self._worker = worker
        self._max_bytes = max_bytes
        self._kept: OrderedDict[tuple[Sound | Tone, Codec, bool], tuple[float, Frames]] = OrderedDict()

    def get(self, item: Sound | Tone, codec: Codec, *, raw: bool) -> Frames:
        """The payloads of a sound, made now if they are not there; `raw`: samples (16 bit, at the codec's rate) to be mixed.

        Never waits; a file that is missing or damaged gives no payloads, and is logged.
        """
        changed_at = self._changed_at(item)
        key = item, codec, raw
        known = self._kept.get(key)
        if known is not None and known[0] == changed_at:
            self._kept.move_to_end(key)
            return known[1]
        frames = Frames(repeats=isinstance(item, Tone) and item.kind not in tones.ONCE)
        self._kept[key] = changed_at, frames
        self._kept.move_to_end(key)
        self._forget_the_oldest()
        self._worker.submit(self._make, item, codec, raw, frames)
        return frames

    def _changed_at(self, item: Sound | Tone) -> float:
        if isinstance(item, Tone):
            return 0.0
        path = self._path(item)
        try:
            return os.stat(path).st_mtime if path else -1.0  # noqa: PTH116  # a third of the time of Path.stat
        except OSError:
            return -1.0

    def _path(self, sound: Sound) -> str | None:
        """Where the file is; None for a name that leads out of the folder."""
        parts = sound.file.split("/")
        if not sound.file or "\0" in sound.file or any(part in ("", ".", "..") for part in parts):
            return None
        return str(self._folder / sound.file)

    def _forget_the_oldest(self) -> None:
        total = sum(frames.size_bytes for _, frames in self._kept.values())
        while total > self._max_bytes and len(self._kept) > 1:
            _, (_, frames) = self._kept.popitem(last=False)
            total -= frames.size_bytes

    # --- on the worker's thread

    def _make(self, item: Sound | Tone, codec: Codec, raw: bool, frames: Frames) -> None:
        try:
            for payload in self._payloads(self._pieces(item, codec.rate_hz), codec, raw=raw):
                frames.payloads.append(payload)  # type: ignore[union-attr]
        except (OSError, ValueError, av.error.FFmpegError) as error:
            kind = "missing" if isinstance(error, FileNotFoundError) else "damaged"
            _log.warning("a sound cannot be played", kind=kind, pii_file=getattr(item, "file", ""))
        except Exception:
            _log.exception("a sound cannot be played")
        finally:
            frames.finish()

    def _pieces(self, item: Sound | Tone, rate_hz: int) -> Iterator[Pcm]:
        if isinstance(item, Tone):
            yield tones.samples(item.kind, item.country, rate_hz)
            return
        path = self._path(item)
        if path is None:
            raise FileNotFoundError
        yield from read_sound(path, rate_hz)

    @staticmethod
    def _payloads(pieces: Iterator[Pcm], codec: Codec, *, raw: bool) -> Iterator[bytes]:
        size = codec.frame_samples
        encode: Callable[[Pcm], bytes] = _to_bytes if raw else encoder(codec).encode
        rest = np.zeros(0, np.int16)
        left = round(MAX_SOUND_SECONDS / FRAME_SECONDS)
        for piece in pieces:
            sound = np.concatenate((rest, piece))
            whole = min(len(sound) // size, left)
            for number in range(whole):
                yield encode(sound[number * size : (number + 1) * size])
            left -= whole
            if not left:
                return
            rest = sound[whole * size :]
        if len(rest):
            yield encode(np.concatenate((rest, np.zeros(size - len(rest), np.int16))))


def _to_bytes(frame: Pcm) -> bytes:
    return frame.tobytes()


def read_sound(path: str, rate_hz: int) -> Iterator[Pcm]:
    """A file of any format that FFmpeg reads, as mono samples of that rate, in pieces. Raises OSError, FFmpegError."""
    with av.open(path, metadata_errors="ignore") as container:
        if not container.streams.audio:
            raise ValueError("no sound in it")
        to_mono = av.AudioResampler(format="s16", layout="mono")
        to_rate: soxr.ResampleStream | None = None
        for frame in container.decode(container.streams.audio[0]):
            for mono in to_mono.resample(frame):
                sound = mono.to_ndarray().reshape(-1)
                if mono.sample_rate != rate_hz:
                    to_rate = to_rate or soxr.ResampleStream(mono.sample_rate, rate_hz, 1, dtype="int16")
                    sound = to_rate.resample_chunk(sound)
                yield cast("Pcm", sound)
        if to_rate is not None:
            yield cast("Pcm", to_rate.resample_chunk(np.zeros(0, np.int16), last=True))
