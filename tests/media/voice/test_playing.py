"""What a caller hears: prompts, music, tones, in each codec and to the millisecond."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.media.voice.studio import PERIOD_SECONDS, Studio
from tests.peers import sound

from svara.media.voice.port import Finished, Key, Playing, Silence, Sound, Tone


@pytest.mark.parametrize("codec", ["pcma", "pcmu", "g722", "opus"])
@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
def test_the_caller_hears_the_prompt_in_the_codec_of_the_call(studio: Studio, codec: str, rate_hz: int) -> None:
    caller = studio.phone("call.v", codec)
    studio.engine.play("calls", "call.v", Playing("greeting", (Sound(studio.tone_file("hello.wav", 440, 1.0, rate_hz)),)))
    studio.pass_time(0.6)
    assert abs(caller.tone() - 440) <= 4
    assert caller.strength(440) > 0.9
    assert studio.events == []
    studio.pass_time(0.6)
    assert studio.events == [Finished("call.v", "greeting")]
    assert caller.tone(0.1) == 0


def test_one_prompt_follows_the_other_with_silence_between_them(studio: Studio) -> None:
    caller = studio.phone("call.v")
    low, high = Sound(studio.tone_file("low.wav", 440, 0.5)), Sound(studio.tone_file("high.wav", 660, 0.5))
    studio.engine.play("calls", "call.v", Playing("p", (low, Silence(0.3), high)))
    studio.pass_time(1.4)
    heard = caller.heard()[: int(1.3 * 8000)]
    assert sound.strength(heard[:4000], 440) > 0.95
    assert np.abs(heard[4000:6400]).max() < 0.01
    assert sound.strength(heard[6400:10400], 660) > 0.95


def test_nothing_is_sent_before_there_is_something_to_play(studio: Studio) -> None:
    caller = studio.phone("call.v")
    studio.pass_time(0.5)
    assert caller.packets == []


def test_after_the_prompt_music_plays_and_goes_on_where_an_announcement_broke_in(studio: Studio) -> None:
    caller = studio.phone("call.v")
    sweep = np.concatenate([sound.tone(frequency, 1.0) for frequency in (500, 600, 700, 800)])
    sound.write_wav(studio.sounds / "music.wav", sweep)
    hello, music = Sound(studio.tone_file("hello.wav", 1500, 0.4)), (Sound("music.wav"),)
    studio.engine.play("calls", "call.v", Playing("one", (hello,), then=music))
    studio.pass_time(0.4 + 1.5)
    assert abs(caller.tone() - 600) <= 4
    studio.engine.play("calls", "call.v", Playing("two", (hello,), then=music))
    studio.pass_time(0.3)
    assert abs(caller.tone(0.2) - 1500) <= 8
    studio.pass_time(0.1 + 0.4)
    assert abs(caller.tone(0.2) - 600) <= 8
    studio.pass_time(0.6)
    assert abs(caller.tone(0.2) - 700) <= 8
    studio.pass_time(2.0)
    assert abs(caller.tone(0.2) - 500) <= 8, "music begins again at its end"
    assert studio.events == [Finished("call.v", "one"), Finished("call.v", "two")]


def test_music_resumes_after_an_announcement_that_had_none_behind_it(studio: Studio) -> None:
    caller = studio.phone("call.v")
    sound.write_wav(studio.sounds / "music.wav", np.concatenate([sound.tone(500, 1.0), sound.tone(800, 1.0)]))
    music = (Sound("music.wav"),)
    studio.engine.play("calls", "call.v", Playing("music", music, loop=True))
    studio.pass_time(0.9)
    studio.engine.play("calls", "call.v", Playing("word", (Sound(studio.tone_file("word.wav", 1500, 0.4)),)))
    studio.pass_time(1.0)
    assert caller.tone(0.2) == 0
    studio.engine.play("calls", "call.v", Playing("music", music, loop=True))
    studio.pass_time(0.5)
    assert abs(caller.tone(0.3) - 800) <= 8


def test_a_key_ends_a_prompt_that_may_be_interrupted_and_no_other(studio: Studio) -> None:
    caller = studio.phone("call.v")
    long = Sound(studio.tone_file("long.wav", 440, 5.0))
    studio.engine.play("calls", "call.v", Playing("menu", (long,)))
    studio.pass_time(0.5)
    caller.press("1")
    studio.pass_time(0.3)
    assert caller.tone(0.2) == 0
    assert studio.events == [Key("call.v", "1")], "what was interrupted is not finished"
    studio.engine.play("calls", "call.v", Playing("law", (long,), interruptible=False))
    studio.pass_time(0.5)
    caller.press("2")
    studio.pass_time(0.3)
    assert abs(caller.tone(0.2) - 440) <= 8
    assert studio.events[1:] == [Key("call.v", "2")]


def test_a_file_that_is_missing_or_damaged_or_outside_is_skipped(studio: Studio) -> None:
    caller = studio.phone("call.v")
    (studio.sounds / "damaged.wav").write_bytes(b"RIFF but no more than that")
    (studio.sounds.parent / "secret.wav").write_bytes((studio.sounds / studio.tone_file("s.wav", 900, 1.0)).read_bytes())
    bad = (Sound("missing.wav"), Sound("damaged.wav"), Sound("../secret.wav"), Sound(""), Sound("/etc/passwd"))
    good = Sound(studio.tone_file("good.wav", 440, 0.4))
    studio.engine.play("calls", "call.v", Playing("p", (*bad, good)))
    studio.pass_time(0.3)
    assert abs(caller.tone(0.2) - 440) <= 8
    studio.engine.play("calls", "call.v", Playing("q", bad, loop=True))
    studio.pass_time(0.3)
    assert caller.tone(0.2) == 0
    studio.engine.play("calls", "call.v", Playing("r", bad))
    studio.pass_time(0.3)
    assert studio.events[-1] == Finished("call.v", "r")


def test_a_greeting_that_was_recorded_anew_is_heard_at_once(studio: Studio) -> None:
    caller = studio.phone("call.v")
    greeting = Sound(studio.tone_file("greeting.wav", 440, 0.5))
    studio.engine.play("calls", "call.v", Playing("p", (greeting,)))
    studio.pass_time(1.0)
    import os

    studio.tone_file("greeting.wav", 660, 0.5)
    os.utime(studio.sounds / "greeting.wav", (1, 1))
    studio.engine.play("calls", "call.v", Playing("p", (greeting,)))
    studio.pass_time(0.4)
    assert abs(caller.tone(0.3) - 660) <= 8


@pytest.mark.parametrize(
    ("country", "on_seconds", "off_seconds", "frequencies"),
    [("NO", 1.0, 4.0, (425,)), ("SE", 1.0, 5.0, (425,)), ("RU", 0.8, 3.2, (425,)), ("US", 2.0, 4.0, (440, 480))],
)
def test_ringback_sounds_as_in_the_country_of_the_company(
    studio: Studio, country: str, on_seconds: float, off_seconds: float, frequencies: tuple[int, ...]
) -> None:
    caller = studio.phone("call.v")
    studio.engine.play("calls", "call.v", Playing("ring", (Tone("ringback", country),), loop=True))
    cycle = on_seconds + off_seconds
    studio.pass_time(2 * cycle)
    heard = caller.heard()
    loud = np.abs(heard.reshape(-1, 160)).max(axis=1) > 0.02
    assert loud.sum() * PERIOD_SECONDS == pytest.approx(2 * on_seconds, abs=0.05)
    assert loud[: round(on_seconds / PERIOD_SECONDS)].all()
    assert not loud[round(on_seconds / PERIOD_SECONDS) + 1 : round(cycle / PERIOD_SECONDS)].any()
    ringing = heard[800 : int(on_seconds * 8000) - 800]
    assert sum(sound.strength(ringing, frequency) for frequency in frequencies) > 0.95


def test_a_busy_tone_goes_on_and_a_beep_ends(studio: Studio) -> None:
    caller = studio.phone("call.v")
    studio.engine.play("calls", "call.v", Playing("busy", (Tone("busy", "CZ"),)))
    studio.pass_time(10)
    assert studio.events == []
    assert abs(caller.tone(0.66) - 425) <= 4
    studio.engine.play("calls", "call.v", Playing("beep", (Tone("beep"),)))
    studio.pass_time(0.5)
    assert studio.events == [Finished("call.v", "beep")]


def test_a_stop_is_heard_as_silence_that_goes_on(studio: Studio) -> None:
    caller = studio.phone("call.v")
    studio.engine.play("calls", "call.v", Playing("p", (Sound(studio.tone_file("a.wav", 440, 5.0)),)))
    studio.pass_time(0.5)
    studio.engine.stop("calls", "call.v")
    caller.forget()
    studio.pass_time(1.0)
    assert len(caller.packets) == 50
    assert np.abs(caller.heard()).max() < 0.001


def test_packets_come_every_20_ms_whatever_the_hour(studio: Studio) -> None:
    caller = studio.phone("call.v")
    studio.engine.play("calls", "call.v", Playing("m", (Sound(studio.tone_file("a.wav", 440, 2.0)),), loop=True))
    studio.pass_time(600)
    assert len(caller.packets) == pytest.approx(30_000, abs=1)
    gaps = [later - before for before, later in itertools.pairwise(caller.arrived)]
    assert max(gaps) - min(gaps) < 1e-6
    assert caller.arrived[-1] - caller.arrived[0] == pytest.approx(0.02 * (len(caller.packets) - 1), abs=1e-6)
    assert {(b - a) % 2**32 for a, b in itertools.pairwise(caller.timestamps)} == {160}
    assert {(b - a) % 2**16 for a, b in itertools.pairwise(caller.sequences)} == {1}
    assert caller.packets[0][1] == 0x88, "the first packet carries the marker"
    assert {packet[1] for packet in caller.packets[1:]} == {8}


def test_after_a_stall_time_is_left_out_and_never_made_up_for(studio: Studio) -> None:
    caller = studio.phone("call.v")
    studio.engine.play("calls", "call.v", Playing("m", (Sound(studio.tone_file("a.wav", 440, 2.0)),), loop=True))
    studio.pass_time(1.0)
    caller.forget()
    studio.pass_time(0.02)
    stamp = caller.timestamps[0]
    studio.clock.stall(0.5)
    caller.forget()
    studio.pass_time(0.2)
    assert len(caller.packets) == pytest.approx(10, abs=1)
    assert caller.packets[0][1] == 0x88, "a new talk spurt"
    assert {packet[1] for packet in caller.packets[1:]} == {8}
    assert (caller.timestamps[0] - stamp) % 2**32 == pytest.approx(0.5 * 8000, abs=320)
    assert min(later - before for before, later in itertools.pairwise(caller.arrived)) > 0.019
    assert studio.engine.schedule.skipped == pytest.approx(25, abs=1)


def test_a_hundred_legs_do_not_send_at_the_same_moment(studio: Studio) -> None:
    phones = [studio.phone(f"{number}.v") for number in range(100)]
    music = Playing("m", (Sound(studio.tone_file("a.wav", 440, 2.0)),), loop=True)
    for number in range(100):
        studio.engine.play("calls", f"{number}.v", music)
    studio.pass_time(1.0)
    moments = [round(phone.arrived[5], 4) for phone in phones]
    assert max(moments.count(moment) for moment in set(moments)) == 10


def test_a_caller_on_hold_gets_nothing_and_the_prompt_waits(studio: Studio) -> None:
    caller = studio.phone("call.v")
    studio.engine.play("calls", "call.v", Playing("p", (Sound(studio.tone_file("a.wav", 440, 1.0)),)))
    studio.pass_time(0.5)
    studio.engine.open("calls", "call.v", caller.sdp("sendonly"))
    caller.forget()
    studio.pass_time(2.0)
    assert caller.packets == []
    studio.engine.open("calls", "call.v", caller.sdp())
    studio.pass_time(0.4)
    assert abs(caller.tone(0.3) - 440) <= 8
    studio.pass_time(0.3)
    assert studio.events == [Finished("call.v", "p")]
