"""Recordings: written while they are made, so that hardly more than the last half second is lost, whatever ends the process.

What is written is sealed with the intake's public key (`svara.sealing.intake`): this process cannot read it again, and
nothing that was said lies on the disk in clear. A recording grows in a file beside its place (`.part`), readable up to its
end at any moment (what a kill in the midst of a write can spoil is the last chunk: four seconds at most); only when it is
complete it is synced to disk and renamed. `salvage` completes at the next start what was left behind. Its WAV header knows
no length: that follows from the file's (`svara.media.wav.sized`).

Silence at both ends is cut off, and a recording can end by itself after silence: speech is what stands out from the noise of
the line, which is measured all the time.

`Take` does the work and blocks on the disk: it lives on a worker's thread. `Recorder` is its side on the event loop.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from svara import log
from svara.media.voice.codecs import FRAME_SECONDS, Pcm
from svara.media.wav import HEADER_BYTES, SAMPLE_BYTES, header
from svara.sealing.file import INTAKE_HEAD_BYTES, OVERHEAD_BYTES, Writer
from svara.sealing.intake import new_intake_key

Reason = Literal["max", "silence", "key", "stopped", "closed"]
Done = Callable[[float, Reason], None]
"""Gets the length in seconds and why it ended."""

PART = ".part"
BATCH_FRAMES = 12
SAVE_BATCHES = 2
"""So many batches, half a second together, may be lost with the process."""
MOST_WAITING_BATCHES = 250
"""A minute of a recording may wait for a disk that hangs; what comes then is lost."""
_BEFORE_SECONDS = 0.26
_AFTER_SECONDS = 0.4
"""How much silence is left before the first and after the last word."""

_log = log.get("media.voice.recording")


class SpeechDetector:
    """Tells speech from the noise of the line by its level; one call for each 20 ms."""

    _LEAST = 80.0
    _MOST = 520.0
    """Root mean square of samples: what is quieter is never speech (-52 dBFS), what is louder always (-36 dBFS)."""
    _ABOVE_NOISE = 3.2
    _RISE = 1.015
    """The noise floor may rise by 6 dB a second; it falls at once."""
    _FRAMES = 3
    """A click is no speech: 60 ms must be loud."""

    __slots__ = ("_floor", "_loud")

    def __init__(self) -> None:
        self._floor = self._LEAST / self._ABOVE_NOISE
        self._loud = 0

    def speech(self, level: float) -> bool:
        if level >= 1.0:  # where nothing came there is no noise to be learned
            self._floor = max(self._LEAST / self._ABOVE_NOISE, min(level, self._floor * self._RISE))
        threshold = min(self._floor * self._ABOVE_NOISE, self._MOST)
        self._loud = self._loud + 1 if level > threshold else 0
        return self._loud >= self._FRAMES


class Take:
    """One recording on disk. Not to be used on the event loop: it waits for the disk."""

    def __init__(
        self,
        path: Path,
        rate_hz: int,
        channels: int,
        *,
        intake: bytes,
        max_seconds: float,
        silence_seconds: float,
        trim: bool,
        first_word_seconds: float = 0.0,
    ) -> None:
        self._path = path
        self._intake = intake
        self._rate_hz = rate_hz
        self._channels = channels
        self._max_frames = max(1, round(max_seconds / FRAME_SECONDS))
        self._silence_frames = round(silence_seconds / FRAME_SECONDS)
        self._patience_frames = round((first_word_seconds or silence_seconds) / FRAME_SECONDS)
        """The same as long as nothing was said."""
        self._trim = trim
        self._detector = SpeechDetector()
        self._file: BinaryIO | None = None
        self._frames = 0
        self._since_speech = 0
        self._sealed: Writer | None = None
        self._unsaved_batches = 0
        self._written_bytes = 0
        self._speech_ends_bytes = 0
        self._before = b""
        self._after = b""
        """What followed the last word: not written before another word comes."""

    @property
    def part(self) -> Path:
        return self._path.with_name(self._path.name + PART)

    def add(self, sound: Pcm, *, paused: bool) -> Reason | None:
        """Whole frames of samples, channels interleaved; gives the reason when they were the last. Raises OSError."""
        samples = self._rate_hz // 50 * self._channels
        frames = min(len(sound) // samples, self._max_frames - self._frames)
        split = sound[: frames * samples].reshape(frames, self._rate_hz // 50, self._channels).astype(np.float32)
        levels = np.sqrt((split**2).mean(axis=1)).max(axis=1)
        first_speech = last_speech = -1
        for number, level in enumerate(levels.tolist()):
            if self._detector.speech(level):
                first_speech = number if first_speech < 0 else first_speech
                last_speech = number
                self._since_speech = 0
                self._patience_frames = self._silence_frames
            elif not paused:
                self._since_speech += 1
            if self._patience_frames and self._since_speech >= self._patience_frames:
                frames = number + 1
                break
        self._frames += frames
        size = 2 * samples
        self._keep(sound[: frames * samples].tobytes(), first_speech * size, (last_speech + 1) * size)
        if self._patience_frames and self._since_speech >= self._patience_frames:
            return "silence"
        return "max" if self._frames >= self._max_frames else None

    def _keep(self, data: bytes, speech_begins: int, speech_ends: int) -> None:
        """Write it; the two are places in `data`; without speech in it `speech_ends` is 0."""
        if self._file is None:
            if self._trim:
                earlier = len(self._before)
                data = self._before + data
                if not speech_ends:
                    self._before = data[-self._bytes(_BEFORE_SECONDS) :]
                    return
                cut = max(0, earlier + speech_begins - self._bytes(_BEFORE_SECONDS))
                data = data[cut:]
                speech_ends += earlier - cut
                self._before = b""
            self._begin()
        begin = self._written_bytes
        if speech_ends:
            self._speech_ends_bytes = begin + len(self._after) + speech_ends
        data = self._after + data
        wanted = self._speech_ends_bytes + self._bytes(_AFTER_SECONDS) - begin if self._trim else len(data)
        self._write(data[: max(0, wanted)])
        self._after = data[max(0, wanted) :]

    def _begin(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = self.part.open("wb")
        os.fchmod(self._file.fileno(), 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._sealed = Writer(self._file, new_intake_key(self._intake))
        self._sealed.write(header(self._rate_hz, self._channels, 0))

    def _write(self, data: bytes) -> None:
        if self._sealed is None or not data:
            return
        self._sealed.write(data)
        self._written_bytes += len(data)
        self._unsaved_batches += 1
        if self._unsaved_batches >= SAVE_BATCHES:
            self._unsaved_batches = 0
            self._sealed.flush()

    def finish(self) -> float:
        """Complete the file; the seconds that are in it, 0 when there is none. Raises OSError."""
        if self._file is None or self._sealed is None:
            return 0.0
        file, self._file = self._file, None
        with file:
            self._sealed.close()
            _complete(file, self.part, self._path)
        return self._written_bytes / (SAMPLE_BYTES * self._channels * self._rate_hz)

    def _bytes(self, seconds: float) -> int:
        return round(seconds * self._rate_hz) * 2 * self._channels


def _complete(file: BinaryIO, part: Path, path: Path) -> None:
    """Give a file its name; it and the name are safely on disk then."""
    file.flush()
    os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def salvage(folder: Path) -> int:
    """Complete the recordings that a process left behind when it was killed; gives how many."""
    saved = 0
    for part in sorted(folder.rglob("*" + PART)):
        try:
            saved += _salvage(part)
        except OSError:
            _log.warning("a recording that was left behind cannot be completed")
    return saved


def _salvage(part: Path) -> bool:
    with part.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False  # another voice process records it now
        if os.fstat(file.fileno()).st_size > INTAKE_HEAD_BYTES + OVERHEAD_BYTES + HEADER_BYTES:
            _complete(file, part, part.with_name(part.name.removesuffix(PART)))
            return True
    part.unlink()
    return False


class Recorder:
    """A recording as the event loop sees it: it takes frames, hands them to the worker by the batch, and tells once how it
    ended. `post` runs something on the event loop, from any thread."""

    def __init__(
        self,
        take: Take,
        rate_hz: int,
        channels: int,
        *,
        worker: Executor,
        post: Callable[[Callable[[], None]], None],
        done: Done,
    ) -> None:
        self.rate_hz = rate_hz
        self._take = take
        self._worker = worker
        self._post = post
        self._done = done
        self._still = np.zeros(rate_hz // 50, np.int16)
        self._channels = channels
        self._frames: list[Pcm] = []
        self._paused = False
        self._ended = False
        self._closed = False
        self._given = 0
        self._taken = 0

    def add(self, left: Pcm | None, right: Pcm | None = None) -> None:
        """What was heard in 20 ms, at this recording's rate; None: silence."""
        if self._ended:
            return
        if self._paused:
            left = right = None
        left = self._still if left is None else left
        if self._channels == 2:
            self._frames.append(np.column_stack((left, self._still if right is None else right)).reshape(-1))
        else:
            self._frames.append(left)
        if len(self._frames) >= BATCH_FRAMES:
            self._hand_over()

    def pause(self, *, paused: bool) -> None:
        if paused != self._paused:
            self._hand_over()
            self._paused = paused

    def end(self, reason: Reason) -> None:
        """No more; `done` is called when everything is on disk."""
        if self._ended:
            return
        self._hand_over()
        self._ended = True
        self._worker.submit(self._finish, reason)

    def _hand_over(self) -> None:
        frames, self._frames = self._frames, []
        if not frames or self._ended:
            return
        if self._given - self._taken > MOST_WAITING_BATCHES:
            return
        self._given += 1
        self._worker.submit(self._write, frames, self._paused)

    # --- on the worker's thread

    def _write(self, frames: list[Pcm], paused: bool) -> None:
        self._taken += 1
        if self._closed:
            return
        try:
            reason = self._take.add(np.concatenate(frames), paused=paused)
        except (OSError, ValueError) as error:
            self._closed = True
            _log.error("a recording cannot be written", kind=type(error).__name__)
            self._post(lambda: self.end("stopped"))
            return
        if reason is not None:
            self._closed = True
            self._finish(reason)

    def _finish(self, reason: Reason) -> None:
        try:
            seconds = self._take.finish()
        except OSError as error:
            _log.error("a recording cannot be completed", kind=type(error).__name__)
            seconds = 0.0
        self._post(lambda: self._tell(seconds, reason))

    def _tell(self, seconds: float, reason: Reason) -> None:
        """Once, whatever ended it first."""
        self._ended = True
        done, self._done = self._done, _nothing
        done(seconds, reason)


def _nothing(_seconds: float, _reason: Reason) -> None:
    pass
