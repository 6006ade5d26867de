"""Pressed keys: one event for each press, however it comes and whatever the network loses."""

from __future__ import annotations

import struct
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.voice.studio import Phone, Studio
from tests.peers import sound

from svara.media.voice import dtmf as dtmf_module
from svara.media.voice import rtp
from svara.media.voice.dtmf import HIGH_HZ, LOW_HZ, KeyDetector
from svara.media.voice.port import Key

KEYS = "123A456B789C*0#D"


def pressed(studio: Studio) -> str:
    return "".join(event.key for event in studio.events if isinstance(event, Key))


def test_each_press_is_told_once_with_its_ends_repeated(studio: Studio) -> None:
    caller = studio.phone("call.v")
    for key in "0123456789*#ABCD":
        caller.press(key)
    assert pressed(studio) == "0123456789*#ABCD"


def test_a_phone_that_answers_with_two_rates_presses_in_either(studio: Studio) -> None:
    """A browser that speaks Opus (48 kHz) may press with 8000 Hz: its answer names both."""
    caller = Phone(studio, "opus", events=False)
    line, maps = " 110 101\r\n", "a=rtpmap:110 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n"
    described = caller.sdp().decode().replace("\r\na=rtpmap", f"{line}{maps}a=rtpmap", 1)
    studio.engine.offer("calls", "call.v")
    studio.engine.answered("calls", "call.v", described.encode())
    caller.press("5")
    for code in (6, 7):
        caller.send(110, struct.pack("!BBH", code, 0x8A, 960), timestamp=code * 48_000)
    assert pressed(studio) == "567"


def test_two_presses_of_the_same_key_are_two(studio: Studio) -> None:
    caller = studio.phone("call.v")
    caller.press("5")
    caller.press("5")
    assert pressed(studio) == "55"


def test_a_lost_end_a_lost_start_and_a_single_packet_are_presses(studio: Studio) -> None:
    caller = studio.phone("call.v")
    caller.press("1", ends=0)
    caller.press("2", packets=0)
    caller.press("3", ends=0, packets=1)
    caller.press("3")
    assert pressed(studio) == "1233"


def test_a_key_held_for_long_is_one_press(studio: Studio) -> None:
    """RFC 4733 section 2.5.1.3: the duration is full after eight seconds, a second segment follows."""
    caller = studio.phone("call.v")
    start = 160_000
    for segment in range(3):
        for duration in (160, 0x8000, 0xFFFF):
            caller.send(101, struct.pack("!BBH", 7, 10, duration), timestamp=start + segment * 0xFFFF)
    caller.send(101, struct.pack("!BBH", 7, 0x8A, 900), timestamp=start + 3 * 0xFFFF)
    assert pressed(studio) == "7"


def test_packets_of_an_earlier_press_that_come_late_press_nothing(studio: Studio) -> None:
    caller = studio.phone("call.v")
    caller.send(101, struct.pack("!BBH", 1, 10, 160), timestamp=8000)
    caller.send(101, struct.pack("!BBH", 2, 10, 160), timestamp=9600)
    caller.send(101, struct.pack("!BBH", 1, 0x8A, 480), timestamp=8000)
    caller.send(101, struct.pack("!BBH", 2, 0x8A, 480), timestamp=9600)
    assert pressed(studio) == "12"


def test_a_key_by_info_counts_as_pressed_and_nonsense_does_not(studio: Studio) -> None:
    studio.phone("call.v")
    for key in ("4", "#", "a", "", "44", "x"):
        studio.engine.key("calls", "call.v", key)
    assert pressed(studio) == "4#A"


def test_a_phone_that_sends_each_press_in_two_ways_presses_once(studio: Studio) -> None:
    caller = studio.phone("call.v")
    for _ in range(3):
        caller.press("5")
        studio.pass_time(0.2)
        studio.engine.key("calls", "call.v", "5")
        studio.pass_time(0.2)
    caller.press("6")
    studio.engine.key("calls", "call.v", "7")
    assert pressed(studio) == "55567"


def test_events_that_are_no_keys_are_not_told(studio: Studio) -> None:
    caller = studio.phone("call.v")
    caller.send(101, struct.pack("!BBH", 16, 10, 160))
    caller.send(101, struct.pack("!BBH", 70, 10, 160))
    caller.send(101, b"\x01")
    assert pressed(studio) == ""


@given(st.lists(st.binary(max_size=64), max_size=30))
def test_whatever_comes_in_does_no_harm(packets: list[bytes]) -> None:
    receiver = rtp.KeyReceiver()
    for data in packets:
        packet = rtp.read(data)
        if packet is not None:
            assert len(packet.payload) > 0
            receiver.received(packet)


@settings(max_examples=200)
@given(st.text("0123456789*#ABCD", max_size=12), st.data())
def test_any_keys_with_any_loss_are_each_told_once(keys: str, data: st.DataObject) -> None:
    """Packets are lost and repeated at will; of each press at least one arrives."""
    receiver, heard, stamp, sequence = rtp.KeyReceiver(), "", 2**32 - 1000, 0
    for key in keys:
        stamp = (stamp + 1600) % 2**32
        sent = [(160 * (n + 1), 0) for n in range(4)] + [(800, 0x80)] * 3
        arrive = data.draw(st.lists(st.sampled_from(sent), min_size=1, max_size=10))
        for duration, end in arrive:
            sequence += 1
            payload = struct.pack("!BBH", rtp.KEYS.index(key), end | 10, duration)
            heard += receiver.received(rtp.Packet(False, 101, sequence, stamp, 1, payload)) or ""
    assert heard == keys


# --- in the sound itself


def dtmf(key: str, seconds: float, *, low: float = 0.2, high: float = 0.2, off: float = 1.0) -> sound.Samples:
    row, column = divmod(KEYS.index(key), 4)
    return sound.tone(LOW_HZ[row] * off, seconds, level=low) + sound.tone(HIGH_HZ[column] * off, seconds, level=high)


def say(studio: Studio, caller: Phone, samples: sound.Samples) -> None:
    for start in range(0, len(samples) - 159, 160):
        caller.say(samples[start : start + 160])
        studio.clock.advance(0.02)


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
def test_keys_are_heard_in_the_sound_of_a_caller_without_telephone_event(studio: Studio, codec: str) -> None:
    caller = studio.phone("call.v", codec, events=False)
    pause = np.zeros(8 * 60)
    say(studio, caller, np.concatenate([part for key in KEYS for part in (dtmf(key, 0.06), pause)] + [np.zeros(1600)]))
    assert pressed(studio) == KEYS


def test_a_caller_with_telephone_event_presses_no_key_by_sound(studio: Studio) -> None:
    caller = studio.phone("call.v")
    say(studio, caller, dtmf("5", 0.5))
    assert pressed(studio) == ""


def listen(samples: sound.Samples) -> str:
    detector, keys = KeyDetector(), ""
    padded = np.concatenate((samples, np.zeros(800)))
    sixteen = (np.clip(padded, -1, 1) * 32767).astype(np.int16)
    for start in range(0, len(sixteen) - 159, 160):
        detector.hear(sixteen[start : start + 160])
        keys += dtmf_module.listen([detector])[0]
    return keys


@pytest.mark.parametrize("milliseconds", [46, 60, 100, 1000])
def test_a_short_press_is_heard_and_a_long_one_is_one(milliseconds: int) -> None:
    for start in range(0, 160, 20):
        assert listen(np.concatenate((np.zeros(start), dtmf("8", milliseconds / 1000)))) == "8"


def test_what_is_too_short_too_weak_out_of_tune_or_uneven_is_no_key() -> None:
    assert listen(dtmf("8", 0.02)) == ""
    assert listen(dtmf("8", 0.2, low=0.003, high=0.003)) == ""
    assert listen(dtmf("8", 0.2, off=1.04)) == ""
    assert listen(dtmf("8", 0.2, low=0.3, high=0.05)) == ""
    assert listen(dtmf("8", 0.2, low=0.05, high=0.3)) == ""
    assert listen(sound.tone(941, 0.3)) == ""
    assert listen(dtmf("8", 0.2) + sound.tone(440, 0.2, level=0.3)) == ""


def test_tolerances_of_the_standard_are_met() -> None:
    """ITU-T Q.24: 1.5 % out of tune, some twist both ways, weak and loud."""
    for key in KEYS:
        assert listen(dtmf(key, 0.1, off=1.015)) == key
        assert listen(dtmf(key, 0.1, off=0.985)) == key
        assert listen(dtmf(key, 0.1, low=0.2, high=0.1)) == key
        assert listen(dtmf(key, 0.1, low=0.13, high=0.2)) == key
        assert listen(dtmf(key, 0.1, low=0.035, high=0.035)) == key
        assert listen(dtmf(key, 0.1, low=0.5, high=0.5)) == key
    noise = np.random.default_rng(1).normal(0, 0.01, 800)
    assert listen(dtmf("3", 0.1) + noise) == "3"


TEXTS = {
    "en": "Good morning, you have reached the service desk. Please tell me your name and what it is about. "
    "Six times seven is forty two, and the number of the beast is six hundred and sixty six.",
    "nb": "God morgen, du har kommet til kundeservice. Vennligst si hva det gjelder, så setter vi deg over.",
    "sv": "God morgon, du har kommit till kundtjänst. Var vänlig och säg vad det gäller.",
    "cs": "Dobrý den, dovolali jste se na zákaznickou linku. Řekněte prosím, o co se jedná.",
    "ru": "Добрый день, вы позвонили в службу поддержки. Скажите, пожалуйста, что случилось.",
    "lv": "Labdien, jūs esat sazvanījuši klientu atbalstu. Lūdzu, sakiet, kāds ir jautājums.",
}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("voice", ["+m3", "+f4"])
def test_speech_presses_no_key(tmp_path: Path, language: str, voice: str) -> None:
    path = tmp_path / "speech.wav"
    command = ["espeak-ng", "-v", language + voice, "-w", str(path), TEXTS[language] * 3]
    subprocess.run(command, check=True, capture_output=True)
    with wave.open(str(path)) as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), np.int16)
    import soxr

    speech = soxr.resample(samples.astype(np.float64) / 32768, rate, 8000)
    assert len(speech) > 8000 * 10
    assert listen(speech) == ""
