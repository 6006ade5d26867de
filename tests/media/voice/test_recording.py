"""Recordings: what is in the file, when they end, and what is left of them when the process is killed."""

from __future__ import annotations

import io
import threading
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.media.voice.studio import AtOnce, Studio
from tests.peers import sealed, sound

from svara.media.voice.port import Key, Recorded, Recording
from svara.media.voice.recording import PART, Recorder, Take, salvage


def read(path: Path) -> tuple[sound.Samples, int]:
    """(samples, one column a channel; rate)."""
    with wave.open(io.BytesIO(sealed.clear(path))) as file:
        assert file.getsampwidth() == 2
        data = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return data.reshape(-1, file.getnchannels()).astype(np.float64) / 32768, file.getframerate()


def recorded(studio: Studio) -> Recorded:
    events = [event for event in studio.events if isinstance(event, Recorded)]
    assert len(events) == 1, studio.events
    return events[0]


@pytest.mark.parametrize(("codec", "rate_hz"), [("pcma", 8000), ("pcmu", 8000), ("g722", 16000), ("opus", 16000)])
def test_a_message_is_what_the_caller_said(studio: Studio, codec: str, rate_hz: int) -> None:
    caller = studio.phone("call.v", codec, frequency_hz=440)
    studio.engine.record("calls", "call.v", Recording("box/anna/1.wav"))
    studio.pass_time(2.0)
    studio.engine.stop_recording("calls", "call.v")
    event = recorded(studio)
    assert (event.leg, event.file, event.reason) == ("call.v", "box/anna/1.wav", "stopped")
    assert event.seconds == pytest.approx(2.0, abs=0.15)
    samples, rate = read(studio.recordings / "box/anna/1.wav")
    assert rate == rate_hz
    assert len(samples) / rate == pytest.approx(event.seconds, abs=0.01)
    assert sound.strength(samples[rate // 2 :, 0], 440, rate) > 0.98
    assert (studio.recordings / "box/anna/1.wav").stat().st_mode & 0o077 == 0
    assert caller.packets, "silence is sent meanwhile"


@pytest.mark.parametrize("ptime", [10, 30, 40, 60])
def test_packets_of_other_lengths_are_recorded_without_a_gap(studio: Studio, ptime: int) -> None:
    caller = studio.phone("call.v", ptime=ptime, frequency_hz=440)
    caller.talks = False
    studio.engine.record("calls", "call.v", Recording("a.wav", trim=False))
    due = 0.0
    for step in range(300):
        while due <= step * 0.01:
            caller.hum()
            due += ptime / 1000
        studio.clock.advance(0.01)
    studio.engine.stop_recording("calls", "call.v")
    samples, rate = read(studio.recordings / "a.wav")
    assert sound.strength(samples[rate // 2 : rate * 5 // 2, 0], 440, rate) > 0.99


def test_both_sides_of_a_talk_have_a_channel_each(studio: Studio) -> None:
    anna = studio.phone("anna.v", frequency_hz=440)
    bob = studio.phone("bob.v", "g722", frequency_hz=660)
    studio.engine.record("calls", "anna.v", Recording("talk.wav", with_leg="bob.v"))
    studio.pass_time(2.0)
    bob.talks = False
    studio.pass_time(1.0)
    studio.engine.close("calls", "anna.v")
    assert recorded(studio).reason == "closed"
    samples, rate = read(studio.recordings / "talk.wav")
    assert rate == 16000
    left, right = samples[:, 0], samples[:, 1]
    for side, frequency in ((left, 440), (right, 660)):
        assert sound.strength(side[8000:24000], frequency, rate) > 0.98
    assert np.abs(right[-4000:]).max() < 0.01
    assert anna.talks


def test_silence_at_both_ends_is_cut_off_and_pauses_inside_stay(studio: Studio) -> None:
    caller = studio.phone("call.v", frequency_hz=440)
    caller.talks = False
    studio.engine.record("calls", "call.v", Recording("a.wav"))
    for talks, seconds in ((False, 3.0), (True, 1.0), (False, 2.0), (True, 1.0), (False, 4.0)):
        caller.talks = talks
        studio.pass_time(seconds)
    studio.engine.stop_recording("calls", "call.v")
    event = recorded(studio)
    assert event.seconds == pytest.approx(1 + 2 + 1 + 0.5, abs=0.3)
    samples, rate = read(studio.recordings / "a.wav")
    assert np.abs(samples[rate // 2 : rate, 0]).max() > 0.2
    assert np.abs(samples[-rate // 4 :, 0]).max() < 0.01


def test_a_message_ends_after_silence(studio: Studio) -> None:
    caller = studio.phone("call.v", frequency_hz=440)
    studio.engine.record("calls", "call.v", Recording("a.wav", silence_seconds=3.0))
    studio.pass_time(2.0)
    caller.talks = False
    studio.pass_time(2.9)
    assert studio.events == []
    studio.pass_time(0.6)
    assert recorded(studio).reason == "silence"
    assert recorded(studio).seconds == pytest.approx(2.4, abs=0.2)


def test_speech_on_a_noisy_line_ends_after_the_speech(studio: Studio) -> None:
    """The noise of the line is no speech: the floor adapts to it."""
    caller = studio.phone("call.v")
    random = np.random.default_rng(3)
    studio.engine.record("calls", "call.v", Recording("a.wav", silence_seconds=2.0))
    for step in range(1000):
        talking = 100 < step < 250
        noise = random.normal(0, 0.006, 160)
        caller.say(noise + (sound.tone(300, 0.02, level=0.2) if talking else 0))
        studio.clock.advance(0.02)
        if studio.events:
            break
    assert recorded(studio).reason == "silence"
    assert 250 < step < 450


def test_a_message_ends_at_its_limit(studio: Studio) -> None:
    studio.phone("call.v", frequency_hz=440)
    studio.engine.record("calls", "call.v", Recording("a.wav", max_seconds=1.5, trim=False))
    studio.pass_time(3.0)
    assert recorded(studio).reason == "max"
    assert recorded(studio).seconds == pytest.approx(1.5, abs=0.001)


def test_a_stop_key_ends_it_and_another_does_not(studio: Studio) -> None:
    caller = studio.phone("call.v", frequency_hz=440)
    studio.engine.record("calls", "call.v", Recording("a.wav", stop_keys="#*"))
    studio.pass_time(1.0)
    caller.press("1")
    studio.pass_time(0.5)
    caller.press("#")
    assert [event.key for event in studio.events if isinstance(event, Key)] == ["1", "#"]
    assert recorded(studio).reason == "key"
    assert studio.events[-1] == recorded(studio), "the key is told first"


def test_who_has_not_said_a_word_yet_may_think_longer(studio: Studio) -> None:
    caller = studio.phone("call.v", frequency_hz=440)
    caller.talks = False
    studio.engine.record("calls", "call.v", Recording("a.wav", silence_seconds=2.0, first_word_seconds=6.0))
    studio.pass_time(5.0)
    caller.talks = True
    studio.pass_time(1.0)
    caller.talks = False
    studio.pass_time(2.5)
    assert recorded(studio).reason == "silence"
    assert recorded(studio).seconds > 0


def test_who_never_says_a_word_is_not_waited_for_any_longer(studio: Studio) -> None:
    studio.phone("call.v", frequency_hz=440).talks = False
    studio.engine.record("calls", "call.v", Recording("a.wav", silence_seconds=2.0, first_word_seconds=6.0))
    studio.pass_time(5.5)
    assert not [event for event in studio.events if isinstance(event, Recorded)]
    studio.pass_time(1.0)
    assert (recorded(studio).reason, recorded(studio).seconds) == ("silence", 0.0)


def test_nothing_but_silence_leaves_no_file(studio: Studio) -> None:
    studio.phone("call.v")
    studio.engine.record("calls", "call.v", Recording("a.wav"))
    studio.pass_time(3.0)
    studio.engine.close("calls", "call.v")
    assert recorded(studio) == Recorded("call.v", "a.wav", 0.0, "closed")
    assert list(studio.recordings.rglob("*")) == []


def test_what_is_said_while_paused_is_silence(studio: Studio) -> None:
    studio.phone("call.v", frequency_hz=440)
    studio.engine.record("calls", "call.v", Recording("a.wav", trim=False, silence_seconds=1.0))
    studio.pass_time(2.0)
    studio.engine.pause_recording("calls", "call.v", paused=True)
    studio.pass_time(2.0)
    studio.engine.pause_recording("calls", "call.v", paused=False)
    studio.pass_time(2.0)
    studio.engine.stop_recording("calls", "call.v")
    samples, rate = read(studio.recordings / "a.wav")
    assert recorded(studio).seconds == pytest.approx(6.0, abs=0.05)
    assert np.abs(samples[round(2.1 * rate) : round(3.9 * rate)]).max() == 0
    assert sound.strength(samples[round(4.2 * rate) :, 0], 440, rate) > 0.95


def test_names_that_lead_out_of_the_folder_are_refused(studio: Studio) -> None:
    studio.phone("call.v", frequency_hz=440)
    for number, name in enumerate(("../a.wav", "/tmp/a.wav", "a/../../b.wav", "", "a//b.wav", "x" * 300)):
        studio.engine.record("calls", "call.v", Recording(name))
        studio.pass_time(0.5)
        assert len(studio.events) == number + 1
        assert studio.events[-1] == Recorded("call.v", name, 0.0, "stopped")
    assert list(studio.recordings.parent.glob("*.wav")) == []


def test_a_new_recording_of_the_leg_ends_the_one_before(studio: Studio) -> None:
    studio.phone("call.v", frequency_hz=440)
    studio.engine.record("calls", "call.v", Recording("a.wav"))
    studio.pass_time(1.0)
    studio.engine.record("calls", "call.v", Recording("b.wav"))
    assert recorded(studio).file == "a.wav"
    studio.pass_time(1.0)
    studio.engine.close("calls", "call.v")
    assert {path.name for path in studio.recordings.iterdir()} == {"a.wav", "b.wav"}


def test_what_a_killed_process_left_is_completed_at_the_next_start(studio: Studio) -> None:
    studio.phone("call.v", frequency_hz=440)
    studio.engine.record("calls", "call.v", Recording("box/a.wav"))
    studio.pass_time(3.0)
    assert [path.name for path in (studio.recordings / "box").iterdir()] == ["a.wav" + PART]
    assert salvage(studio.recordings) == 0, "it is still being recorded"
    next(iter(studio.engine._legs.values())).recorder._take._file.raw.close()
    (studio.recordings / ("empty.wav" + PART)).write_bytes(b"\3")
    assert salvage(studio.recordings) == 1
    samples, rate = read(studio.recordings / "box/a.wav")
    assert len(samples) / rate == pytest.approx(3.0, abs=0.4)
    assert sound.strength(samples[rate:, 0], 440, rate) > 0.98
    assert [path.name for path in studio.recordings.rglob("*.*")] == ["a.wav"]


def test_a_disk_that_hangs_holds_up_nobody_and_memory_stays_bounded(tmp_path: Path) -> None:
    hanging = threading.Event()
    with ThreadPoolExecutor(1) as disk:
        disk.submit(hanging.wait)
        take = Take(tmp_path / "a.wav", 8000, 1, intake=sealed.PUBLIC, max_seconds=10_000, silence_seconds=0, trim=False)
        done: list[tuple[float, str]] = []
        recorder = Recorder(
            take, 8000, 1, worker=disk, post=lambda work: work(), done=lambda seconds, reason: done.append((seconds, reason))
        )
        frame = np.full(160, 1000, np.int16)
        for _ in range(50 * 120):
            recorder.add(frame)
        assert disk._work_queue.qsize() < 300
        hanging.set()
        recorder.end("stopped")
    assert done[0][1] == "stopped"
    assert 55 < done[0][0] < 65


def test_a_full_disk_is_told_as_an_end(tmp_path: Path) -> None:
    class Full(Take):
        def add(self, sound: object, *, paused: bool) -> None:  # type: ignore[override]
            raise OSError(28, "No space left on device")

    done: list[tuple[float, str]] = []
    take = Full(tmp_path / "a.wav", 8000, 1, intake=sealed.PUBLIC, max_seconds=100, silence_seconds=0, trim=False)
    recorder = Recorder(
        take, 8000, 1, worker=AtOnce(), post=lambda work: work(), done=lambda seconds, reason: done.append((seconds, reason))
    )
    for _ in range(100):
        recorder.add(np.full(160, 1000, np.int16))
    assert done == [(0.0, "stopped")]
