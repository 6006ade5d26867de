"""A conference by its sound: tones from several phones prove who hears whom, how loud, and who is in nobody's recording."""

from __future__ import annotations

import numpy as np
import pytest
from tests.media.voice.studio import Phone, Studio
from tests.peers import sealed

from svara.media.voice.loudness import MOST_HEARD, TARGET, Loudness
from svara.media.voice.port import Playing, Recorded, Recording, Seat, Sound

ROOM = "acme/monday"


def sit(studio: Studio, *legs: str, muted: bool = False, taped: bool = False) -> None:
    for leg in legs:
        studio.engine.confer("calls", leg, Seat(ROOM, muted, taped))


def decibels(phone: Phone, frequency_hz: float, seconds: float = 0.5) -> float:
    """How loud a tone is heard, of full scale."""
    samples = phone.heard(seconds)
    turn = np.exp(-2j * np.pi * frequency_hz * np.arange(len(samples)) / phone.codec.rate_hz)
    return float(20 * np.log10(max(1e-6, 2 * abs((samples * turn).mean()))))


@pytest.mark.parametrize("codecs", [("pcma",) * 3, ("opus",) * 3, ("pcma", "g722", "opus")])
def test_three_phones_hear_the_others_and_never_themselves(studio: Studio, codecs: tuple[str, str, str]) -> None:
    tones = {"anna.v": 440, "bob.v": 660, "cecilie.v": 880}
    phones = {leg: studio.phone(leg, codec, frequency_hz=hz) for (leg, hz), codec in zip(tones.items(), codecs, strict=True)}
    sit(studio, *phones)
    studio.pass_time(2.0)
    for own, phone in phones.items():
        for other, hz in tones.items():
            loud = decibels(phone, hz)
            assert loud < -50 if other == own else loud > -30, (own, other, loud)


def test_two_voices_of_one_loudness_are_heard_in_one_loudness(studio: Studio) -> None:
    anna = studio.phone("anna.v")
    studio.phone("bob.v", frequency_hz=660)
    studio.phone("cecilie.v", frequency_hz=880)
    sit(studio, "anna.v", "bob.v", "cecilie.v")
    studio.pass_time(3.0)
    assert decibels(anna, 660) == pytest.approx(decibels(anna, 880), abs=0.5)


def test_who_is_muted_is_not_heard_and_hears_everybody(studio: Studio) -> None:
    anna = studio.phone("anna.v", frequency_hz=440)
    bob = studio.phone("bob.v", frequency_hz=660)
    sit(studio, "anna.v", "bob.v")
    studio.pass_time(1.0)
    assert decibels(bob, 440) > -30
    sit(studio, "anna.v", muted=True)
    studio.pass_time(1.0)
    assert decibels(bob, 440) < -55
    assert decibels(anna, 660) > -30
    sit(studio, "anna.v")
    studio.pass_time(1.0)
    assert decibels(bob, 440) > -30


def test_the_music_of_a_phone_that_put_the_conference_on_hold_is_not_heard(studio: Studio) -> None:
    anna = studio.phone("anna.v")
    bob = studio.phone("bob.v", frequency_hz=660)
    sit(studio, "anna.v", "bob.v")
    studio.pass_time(1.0)
    studio.engine.open("calls", "bob.v", bob.sdp("sendonly"))
    studio.pass_time(1.0)
    assert decibels(anna, 660) < -55
    studio.engine.open("calls", "bob.v", bob.sdp())
    studio.pass_time(1.0)
    assert decibels(anna, 660) > -30


def test_where_nobody_speaks_there_is_a_soft_noise_and_no_dead_silence(studio: Studio) -> None:
    anna = studio.phone("anna.v", "opus")
    studio.phone("bob.v")
    sit(studio, "anna.v", "bob.v")
    studio.pass_time(1.0)
    heard = anna.heard(0.5)
    level = 20 * np.log10(np.sqrt((heard**2).mean()))
    assert -75 < level < -50


def test_everybody_hears_the_tone_when_somebody_comes(studio: Studio) -> None:
    anna, bob = studio.phone("anna.v"), studio.phone("bob.v", "g722")
    sit(studio, "anna.v", "bob.v")
    studio.pass_time(0.5)
    for phone in (anna, bob):
        phone.forget()
    studio.engine.chime("calls", ROOM, "join")
    studio.pass_time(0.12)
    for phone in (anna, bob):
        assert phone.strength(587.3, 0.08) > 0.7
    studio.pass_time(1.0)
    assert decibels(anna, 587.3) < -50


def test_words_to_one_are_heard_by_that_one_alone_over_the_others(studio: Studio) -> None:
    anna, bob = studio.phone("anna.v"), studio.phone("bob.v", frequency_hz=660)
    sit(studio, "anna.v", "bob.v")
    studio.pass_time(0.5)
    studio.engine.play("calls", "anna.v", Playing("muted", (Sound(studio.tone_file("muted.wav", 1200, 1.0)),)))
    studio.pass_time(0.5)
    assert anna.strength(1200, 0.3) > 0.6
    assert decibels(anna, 660, 0.3) > -50
    assert decibels(bob, 1200, 0.3) < -50


def test_two_conferences_hear_nothing_of_each_other(studio: Studio) -> None:
    anna, dora = studio.phone("anna.v"), studio.phone("dora.v")
    studio.phone("bob.v", frequency_hz=660)
    studio.phone("emil.v", frequency_hz=880)
    sit(studio, "anna.v", "bob.v")
    for leg in ("dora.v", "emil.v"):
        studio.engine.confer("calls", leg, Seat("beta/monday"))
    studio.pass_time(1.0)
    assert decibels(anna, 660) > -30 > -50 > decibels(anna, 880)
    assert decibels(dora, 880) > -30 > -50 > decibels(dora, 660)


def test_each_gets_even_packets_also_who_came_from_another_slot(studio: Studio) -> None:
    phones = [studio.phone(f"{n}.v") for n in range(7)]
    for n in range(7):
        studio.engine.play("calls", f"{n}.v", Playing("music", (Sound(studio.tone_file("m.wav", 300, 5.0)),), loop=True))
    studio.pass_time(0.5)
    sit(studio, *(f"{n}.v" for n in range(7)))
    studio.pass_time(1.0)
    for phone in phones:
        steps = np.diff(np.array(phone.timestamps, np.int64)) % 2**32
        assert set(steps.tolist()) <= {160, 320}, "no packet twice, and at most one left out when they came together"
        assert np.count_nonzero(steps == 320) <= 1
        assert set((np.diff(phone.sequences) % 65536).tolist()) == {1}


def test_one_members_bad_network_harms_nobody_else(studio: Studio) -> None:
    anna = studio.phone("anna.v")
    studio.phone("bob.v", frequency_hz=660)
    cecilie = studio.phone("cecilie.v", frequency_hz=880)
    sit(studio, "anna.v", "bob.v", "cecilie.v")
    studio.pass_time(3.0)
    good = decibels(anna, 660)
    cecilie.talks = False
    for n in range(50):  # late, in bursts of five, and every third lost
        if n % 5 == 0:
            for k in range(5):
                if k % 3:
                    cecilie.hum()
        studio.pass_time(0.02)
    assert decibels(anna, 660) == pytest.approx(good, abs=1.0)


def test_a_recording_holds_what_one_says_left_and_the_others_who_agreed_right(studio: Studio) -> None:
    studio.phone("anna.v", frequency_hz=440)
    studio.phone("bob.v", frequency_hz=660)
    studio.phone("cecilie.v", frequency_hz=880)
    sit(studio, "anna.v", "bob.v", taped=True)
    sit(studio, "cecilie.v")
    studio.engine.record("calls", "anna.v", Recording("calls/anna.wav", trim=False, others=True))
    studio.pass_time(2.0)
    studio.engine.stop_recording("calls", "anna.v")
    [done] = [event for event in studio.events if isinstance(event, Recorded)]
    assert done.seconds == pytest.approx(2.0, abs=0.1)
    wav = sealed.clear(studio.recordings / "calls/anna.wav")
    rate_hz = int.from_bytes(wav[24:28], "little")
    samples = np.frombuffer(wav[44:], "<i2").reshape(-1, 2)[rate_hz:] / 32768
    left, right = samples[:, 0], samples[:, 1]

    def loud(channel: np.ndarray, hz: float) -> float:
        turn = np.exp(-2j * np.pi * hz * np.arange(len(channel)) / rate_hz)
        return float(20 * np.log10(max(1e-6, 2 * abs((channel * turn).mean()))))

    assert loud(left, 440) > -30
    assert loud(right, 660) > -30
    assert loud(right, 440) < -60, "one's own voice is left"
    assert loud(right, 880) < -60, "who did not agree is in nobody's recording"


def test_a_conference_is_gone_with_its_last_member(studio: Studio) -> None:
    studio.phone("anna.v")
    sit(studio, "anna.v")
    studio.pass_time(0.1)
    studio.engine.close("calls", "anna.v")
    studio.engine.chime("calls", ROOM, "join")
    studio.pass_time(0.1)
    assert studio.engine._conferences == {}


# --- who is heard, and how loud


def run(loudness: Loudness, levels: list[float], seconds: float) -> None:
    for _ in range(round(seconds * 50)):
        loudness.frame(np.array(levels, np.float32))


def members(count: int) -> Loudness:
    loudness = Loudness()
    for _ in range(count):
        loudness.add()
    return loudness


def test_fifty_open_microphones_do_not_add_up() -> None:
    loudness = members(50)
    noise = [60.0 + n for n in range(49)]
    run(loudness, [*noise, 3000.0], 1.0)
    assert np.flatnonzero(loudness.gains).tolist() == [49]
    run(loudness, [2000.0 + 10 * n for n in range(50)], 1.0)
    assert np.count_nonzero(loudness.gains) == MOST_HEARD


def test_who_is_heard_keeps_the_place_against_one_who_is_a_little_louder() -> None:
    loudness = members(6)
    run(loudness, [2000.0] * MOST_HEARD + [0.0, 0.0], 1.0)
    first = np.flatnonzero(loudness.gains).tolist()
    run(loudness, [2000.0] * MOST_HEARD + [3000.0, 0.0], 1.0)
    assert np.flatnonzero(loudness.gains).tolist() == first
    run(loudness, [2000.0] * MOST_HEARD + [9000.0, 0.0], 1.0)
    assert 4 in np.flatnonzero(loudness.gains).tolist()


def test_who_begins_is_heard_at_once_and_a_pause_between_words_cuts_nothing() -> None:
    loudness = members(1)
    run(loudness, [30.0], 1.0)
    run(loudness, [2000.0], 0.02)
    assert loudness.gains[0] > 0
    run(loudness, [30.0], 0.3)
    assert loudness.gains[0] > 0
    run(loudness, [30.0], 0.5)
    assert loudness.gains[0] == 0


@pytest.mark.parametrize(("level", "most_db"), [(700.0, 12.0), (4000.0, 12.0), (200.0, 12.0), (20000.0, 12.0)])
def test_quiet_and_loud_voices_become_alike_within_bounds_and_slowly(level: float, most_db: float) -> None:
    loudness = members(1)
    steps = []
    before = 1.0
    for frame in range(50 * 20):
        loudness.frame(np.array([level if frame % 50 < 30 else 15.0], np.float32))
        gain = float(loudness.gains[0]) or before
        steps.append(abs(20 * np.log10(gain / before)))
        before = gain
    assert max(steps) < 0.25, "nobody hears it move"
    wanted = 20 * np.log10(TARGET / level)
    assert 20 * np.log10(before) == pytest.approx(np.clip(wanted, -most_db, most_db), abs=0.3)


def test_silence_between_words_is_not_pulled_up() -> None:
    loudness = members(1)
    run(loudness, [1600.0], 2.0)
    spoken = float(loudness.gains[0])
    run(loudness, [40.0], 20.0)
    run(loudness, [1600.0], 0.04)
    assert float(loudness.gains[0]) == pytest.approx(spoken, rel=0.02)
