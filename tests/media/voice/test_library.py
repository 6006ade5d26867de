"""Sounds that are ready to be played: made in turns, kept within bounds, read from nowhere else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.media.voice.studio import Studio
from tests.peers import sound

from svara.media.voice.codecs import G722, OPUS, PCMA, PCMU, decoder
from svara.media.voice.library import Library
from svara.media.voice.port import Finished, Playing, Recorded, Recording, Sound


class StepByStep(Executor):
    """Does one job when told."""

    def __init__(self) -> None:
        self.waiting: deque[Callable[[], object]] = deque()

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        self.waiting.append(partial(work, *args, **named))
        return Future()

    def step(self) -> None:
        self.waiting.popleft()()


def no_key(_file: str, _head: bytes, then: Callable[[bytes | None], None]) -> None:
    then(None)


def test_a_short_prompt_does_not_wait_for_a_long_one(tmp_path: Path) -> None:
    worker = StepByStep()
    library = Library(tmp_path, tmp_path, worker, no_key)
    sound.write_wav(tmp_path / "long.wav", sound.tone(440, 120.0))
    sound.write_wav(tmp_path / "short.wav", sound.tone(440, 1.0))
    long = library.get(Sound("long.wav"), OPUS, raw=False)
    short = library.get(Sound("short.wav"), OPUS, raw=False)
    worker.step()
    assert 0 < len(long.payloads) < 500
    worker.step()
    assert short.complete
    while worker.waiting:
        worker.step()
    assert long.complete
    assert len(long.payloads) == pytest.approx(6000, abs=2)


def test_each_sound_is_made_once_for_a_codec(tmp_path: Path) -> None:
    worker = StepByStep()
    library = Library(tmp_path, tmp_path, worker, no_key)
    sound.write_wav(tmp_path / "a.wav", sound.tone(440, 1.0))
    first = library.get(Sound("a.wav"), PCMA, raw=False)
    assert library.get(Sound("a.wav"), PCMA, raw=False) is first
    assert library.get(Sound("a.wav"), PCMU, raw=False) is not first
    assert library.get(Sound("a.wav"), PCMA, raw=True) is not first
    assert len(worker.waiting) == 3


def test_memory_is_bounded_and_what_was_played_longest_ago_goes_first(studio: Studio) -> None:
    library = Library(studio.sounds, studio.recordings, studio.library._worker, no_key, max_bytes=60_000)
    for name in "abcdef":
        studio.tone_file(f"{name}.wav", 440, 2.0)  # about 20 kB each
    first = library.get(Sound("a.wav"), PCMA, raw=False)
    for name in "abcab":
        library.get(Sound(f"{name}.wav"), PCMA, raw=False)
    assert library.get(Sound("a.wav"), PCMA, raw=False) is first
    for name in "defdef":
        library.get(Sound(f"{name}.wav"), PCMA, raw=False)
    assert library.get(Sound("a.wav"), PCMA, raw=False) is not first
    assert sum(frames.size_bytes for _, frames in library._kept.values()) < 90_000


def test_stereo_and_the_rates_of_the_world_become_mono_of_the_codec(studio: Studio) -> None:
    import wave

    for rate in (8000, 11025, 16000, 22050, 44100, 48000):
        tone = sound.tone(440, 1.0, rate)
        with wave.open(str(studio.sounds / f"{rate}.wav"), "wb") as file:
            file.setparams((2, 2, rate, 0, "NONE", ""))
            file.writeframes((np.column_stack((tone, tone)) * 32767).astype("<i2").tobytes())
        for codec in (PCMA, G722):
            frames = studio.library.get(Sound(f"{rate}.wav"), codec, raw=False)
            decode = decoder(codec).decode
            heard = np.concatenate([decode(payload) for payload in frames.payloads]) / 32768
            assert sound.strength(heard[1600:-1600], 440, codec.rate_hz) > 0.99
            assert len(frames.payloads) == pytest.approx(50, abs=1)


def test_a_message_can_be_listened_to_where_it_was_recorded(studio: Studio) -> None:
    studio.phone("1.v", frequency_hz=440)
    studio.engine.record("calls", "1.v", Recording("box/1.wav", max_seconds=1.0))
    studio.pass_time(1.5)
    assert isinstance(studio.events[-1], Recorded)
    anna = studio.phone("2.v")
    studio.engine.play("calls", "2.v", Playing("m", (Sound("recording:box/1.wav"),)))
    studio.pass_time(0.6)
    assert anna.strength(440, 0.4) > 0.98


def test_while_nobody_gives_its_key_a_message_is_silent_and_is_heard_later(studio: Studio) -> None:
    studio.phone("1.v", frequency_hz=440)
    studio.engine.record("calls", "1.v", Recording("box/1.wav", max_seconds=1.0))
    studio.pass_time(1.5)
    studio.vault_is_there = False
    anna = studio.phone("2.v")
    studio.engine.play("calls", "2.v", Playing("m", (Sound("recording:box/1.wav"),)))
    studio.pass_time(0.6)
    assert studio.events[-1] == Finished("2.v", "m")
    assert anna.tone() == 0
    studio.vault_is_there = True
    studio.engine.play("calls", "2.v", Playing("again", (Sound("recording:box/1.wav"),)))
    studio.pass_time(0.6)
    assert anna.strength(440, 0.4) > 0.98


@pytest.mark.parametrize(
    "name", ["../a.wav", "recording:../a.wav", "recording:", "recording:/etc/hosts", "a/../../a.wav", "\0", "x" * 400]
)
def test_nothing_outside_of_the_two_folders_is_read(studio: Studio, name: str) -> None:
    sound.write_wav(studio.sounds.parent / "a.wav", sound.tone(440, 1.0))
    frames = studio.library.get(Sound(name), PCMA, raw=False)
    assert frames.complete
    assert len(frames.payloads) == 0


@pytest.mark.parametrize("damage", [b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\3\0\1\0"])
def test_a_damaged_file_is_no_sound(studio: Studio, damage: bytes) -> None:
    (studio.sounds / "a.wav").write_bytes(damage)
    frames = studio.library.get(Sound("a.wav"), PCMA, raw=False)
    assert frames.complete
    assert len(frames.payloads) == 0


def test_a_file_that_was_cut_off_plays_as_far_as_it_goes(studio: Studio) -> None:
    studio.tone_file("a.wav", 440, 2.0)
    data = (studio.sounds / "a.wav").read_bytes()
    (studio.sounds / "a.wav").write_bytes(data[: len(data) // 2 + 1])
    assert len(studio.library.get(Sound("a.wav"), PCMA, raw=False).payloads) == pytest.approx(50, abs=1)
