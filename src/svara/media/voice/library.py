"""Sound files and tones, ready to be sent: decoded and encoded once for each codec, then kept as the payloads of 20 ms.

Reading and encoding happen on a thread of its own, some seconds of sound at a time and in turn, and what is ready can be
played while the rest is still made; so no file, however long, holds up anybody's sound. Memory is bounded: what was played
longest ago is dropped first. A file that changed is read again. Only WAV files are read, by Python alone: whatever people
upload has been converted where nothing can be lost (`svara.media.sounds.decode`). Of a sealed file the key is asked for
(`svara.media.voice.keys`).
"""

from __future__ import annotations

import io
import itertools
import os
import wave
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr  # type: ignore[import-untyped]

from svara import log
from svara.media.voice import tones
from svara.media.voice.codecs import FRAME_SECONDS, Codec, Pcm, encoder
from svara.media.voice.port import Sound, Tone
from svara.media.wav import SizedWav
from svara.sealing.errors import Unreadable
from svara.sealing.file import FileKey, Reader, read_head
from svara.sealing.stream import Stream

MAX_CACHED_BYTES = 256 * 1024 * 1024
MAX_SOUND_SECONDS = 1800.0
"""What is longer is cut: nobody waits half an hour for a prompt to end, and music begins again."""
RECORDING = "recording:"
AskKey = Callable[[str, bytes, Callable[[bytes | None], None]], None]
"""Asks for the key of a sealed file: its name as in `Sound`, its head, and who is told the key, or None where there is none
to be had; later, on any thread."""
_TURN_FRAMES = 200
"""So much is made before other sounds have their turn."""
_READ_FRAMES = 16_000
_OBJECT_BYTES = 48
"""What Python adds to each payload."""

_log = log.get("media.voice.library")


class Frames:
    """The payloads of one sound in one codec, one for every 20 ms. It grows until `complete`; `repeats`: a tone in cadence,
    which has no end."""

    __slots__ = ("complete", "failed", "payloads", "repeats", "size_bytes")

    def __init__(self, *, repeats: bool = False) -> None:
        self.payloads: list[bytes] | tuple[bytes, ...] = []
        self.complete = False
        self.failed = False
        self.repeats = repeats
        self.size_bytes = 0

    def finish(self) -> None:
        """All is there. As a tuple of bytes the garbage collector need not walk through it."""
        self.size_bytes = sum(map(len, self.payloads)) + _OBJECT_BYTES * len(self.payloads)
        self.payloads = tuple(self.payloads)
        self.complete = True


class Library:
    """The sounds below `sounds`, and the recordings below `recordings`. `worker` runs what takes time, in order; `ask_key`
    is called on its thread."""

    def __init__(
        self, sounds: Path, recordings: Path, worker: Executor, ask_key: AskKey, max_bytes: int = MAX_CACHED_BYTES
    ) -> None:
        self._sounds = sounds
        self._recordings = recordings
        self._worker = worker
        self._ask_key = ask_key
        self._max_bytes = max_bytes
        self._kept: OrderedDict[tuple[Sound | Tone, Codec, bool], tuple[float, Frames]] = OrderedDict()

    def get(self, item: Sound | Tone, codec: Codec, *, raw: bool) -> Frames:
        """The payloads of a sound, made now if they are not there; `raw`: samples (16 bit, at the codec's rate) to be mixed.

        Never waits; a file that is missing or damaged gives no payloads, and is logged.
        """
        changed_at = self._changed_at(item)
        key = item, codec, raw
        known = self._kept.get(key)
        if known is not None and known[0] == changed_at and not known[1].failed:
            self._kept.move_to_end(key)
            return known[1]
        frames = Frames(repeats=isinstance(item, Tone) and item.kind not in tones.ONCE)
        self._kept[key] = changed_at, frames
        self._kept.move_to_end(key)
        self._forget_the_oldest()

        def make(pieces: Iterator[Pcm]) -> None:
            self._make(self._payloads(pieces, codec, raw=raw), frames, item)

        if isinstance(item, Tone):
            self._worker.submit(make, iter((tones.samples(item.kind, item.country, codec.rate_hz),)))
        else:
            self._worker.submit(self._open, item, codec.rate_hz, frames, make)
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
        name = sound.file.removeprefix(RECORDING)
        if len(name) > 255 or "\0" in name or any(part in ("", ".", "..") for part in name.split("/")):
            return None
        return str((self._sounds if name == sound.file else self._recordings) / name)

    def _forget_the_oldest(self) -> None:
        total = sum(frames.size_bytes for _, frames in self._kept.values())
        while total > self._max_bytes and len(self._kept) > 1:
            _, (_, frames) = self._kept.popitem(last=False)
            total -= frames.size_bytes

    # --- on the worker's thread

    def _open(self, item: Sound, rate_hz: int, frames: Frames, make: Callable[[Iterator[Pcm]], None]) -> None:
        """Find out what kind of file it is; a sealed one has to wait for its key, and nobody else with it."""
        path = self._path(item)
        try:
            head = head_of(path) if path is not None else None
        except (OSError, Unreadable):
            head = None
        if path is None or head is None:
            make(read_sound(path, rate_hz) if path is not None else missing())
            return
        place, known = path, head

        def answered(key: bytes | None) -> None:
            if key is None:
                _log.warning("the key of a sound is not to be had", pii_file=item.file)
                frames.failed = True
                self._worker.submit(frames.finish)
            else:
                self._worker.submit(make, read_sound(place, rate_hz, FileKey(known, key)))

        self._ask_key(item.file, head, answered)

    def _make(self, payloads: Iterator[bytes], frames: Frames, item: Sound | Tone) -> None:
        """Some more of it; the rest when it is its turn again."""
        made: list[bytes] = frames.payloads  # type: ignore[assignment]  # a tuple only once it is complete
        before = len(made)
        try:
            for payload in itertools.islice(payloads, _TURN_FRAMES):
                made.append(payload)  # noqa: PERF402  # each can be played at once
        except (OSError, EOFError, ValueError, wave.Error, Unreadable) as error:
            kind = "missing" if isinstance(error, FileNotFoundError) else "damaged"
            _log.warning("a sound cannot be played", kind=kind, pii_file=getattr(item, "file", ""))
        except Exception:
            _log.exception("a sound cannot be played")
        if len(made) - before == _TURN_FRAMES:
            self._worker.submit(self._make, payloads, frames, item)
        else:
            frames.finish()

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


def head_of(path: str) -> bytes | None:
    """The head of a sealed file; None of any other. Raises OSError, Unreadable."""
    with open(path, "rb") as file:  # noqa: PTH123  as the rest of this room
        return None if file.read(4) == b"RIFF" else read_head(file)


def missing() -> Iterator[Pcm]:
    """Of a sound that has no place."""
    raise FileNotFoundError
    yield  # a generator: it is raised where the sound is made


def read_sound(path: str, rate_hz: int, key: FileKey | None = None) -> Iterator[Pcm]:
    """A WAV file, sealed or in clear, as mono samples of that rate, in pieces.

    Raises OSError, EOFError, ValueError, wave.Error, Unreadable.
    """
    with open(path, "rb") as source:  # noqa: PTH123
        stream = _in_clear(source, key) if key is not None else source
        with wave.open(stream, "rb") as file:
            channels, from_hz = file.getnchannels(), file.getframerate()
            if file.getsampwidth() != 2 or not 0 < channels <= 8 or not 4000 <= from_hz <= 192_000:
                raise ValueError("not 16 bit")
            to_rate = soxr.ResampleStream(from_hz, rate_hz, 1, dtype="int16") if from_hz != rate_hz else None
            while data := file.readframes(_READ_FRAMES):
                samples = np.frombuffer(data[: len(data) // (2 * channels) * 2 * channels], "<i2")
                mono: Pcm = samples if channels == 1 else samples.reshape(-1, channels).mean(axis=1).astype(np.int16)
                yield to_rate.resample_chunk(mono) if to_rate else mono
            if to_rate is not None:
                yield to_rate.resample_chunk(np.zeros(0, np.int16), last=True)


def _in_clear(source: BinaryIO, key: FileKey) -> io.BufferedReader:
    """What is in a sealed WAV file, with the length in its header that it has."""
    return io.BufferedReader(Stream(SizedWav(Reader(source, key, unfinished=True))))
