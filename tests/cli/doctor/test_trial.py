"""What the doctor's phone hears, and what a call tells about an installation."""

from __future__ import annotations

import numpy as np
import pytest

from svara.cli.doctor.phone import SILENCE, Heard, measure
from svara.cli.doctor.trial import Trial, explain, is_speech, is_tone
from svara.media.voice.codecs import PCMA, decoder, encoder
from svara.media.voice.tones import samples

TONE = Heard(-19.0, 425.0, 0.99, 0.5)
SPEECH = Heard(-25.0, 180.0, 0.3, 0.8)


def good(**more: object) -> Trial:
    known = {"status": 200, "answer_seconds": 0.05, "told": ("192.0.2.10", 20_000), "packets": 300, "sound_seconds": 0.02}
    heard = {"tone": TONE, "greeting": SPEECH, "keys_there": "15", "key_back": True}
    return Trial(**(known | heard | more))  # type: ignore[arg-type]


def said(trial: Trial, of: str) -> tuple[str, str]:
    [found] = [each for each in explain(trial) if each.of == of]
    return found.state, found.found


def test_a_tone_is_measured_through_the_telephones_codec() -> None:
    tone = samples("busy", "NO", 8000)
    heard = measure(decoder(PCMA).decode(b"".join(encoder(PCMA).encode(part) for part in tone.reshape(-1, 160))))
    assert abs(heard.frequency_hz - 425) < 1
    assert -20 < heard.level_dbfs < -18
    assert heard.purity > 0.98
    assert 0.48 <= heard.seconds <= 0.52  # the pause is silence
    assert is_tone(heard)
    assert not is_speech(heard)


def test_silence_and_noise_are_no_tone() -> None:
    assert measure(np.zeros(8000, np.int16)) == SILENCE
    assert measure(np.zeros(0, np.int16)) == SILENCE
    noise = np.random.default_rng(1).normal(0, 3000, 8000).astype(np.int16)
    heard = measure(noise)
    assert not is_tone(heard)
    assert is_speech(heard)
    other = (5000 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)).astype(np.int16)
    assert not is_tone(measure(other))


def test_a_call_in_which_all_is_well() -> None:
    assert [each.state for each in explain(good())] == ["ok"] * 4
    assert said(good(), "sound") == ("ok", "the tone that was played came back 20 ms after the answer: 425 Hz at -19 dBFS")


def test_nothing_is_heard_but_what_is_said_arrives() -> None:
    silent = good(packets=0, tone=SILENCE, greeting=SILENCE, key_back=False)
    state, text = said(silent, "sound")
    assert state == "fault"
    assert "what the phone sends does arrive, so the sound goes one way only" in text
    assert "192.0.2.10, port 20000" in text
    assert [each.of for each in explain(silent)] == ["signalling", "sound", "keys"]


def test_what_is_said_does_not_arrive() -> None:
    deaf = good(keys_there="", greeting=SILENCE, key_back=False)
    assert said(deaf, "sound")[0] == "ok"
    assert said(deaf, "greeting") == ("none", "not tried: the key that asks for it did not arrive")
    assert said(deaf, "keys")[0] == "fault"


def test_neither_way() -> None:
    nothing = good(packets=0, tone=SILENCE, greeting=SILENCE, keys_there="", key_back=False)
    assert "what the phone sends does not arrive either" in said(nothing, "sound")[1]


@pytest.mark.parametrize(
    ("tone", "state"),
    [
        (Heard(-45.0, 425.0, 0.99, 0.5), "warning"),  # soft
        (Heard(-19.0, 1000.0, 0.99, 0.5), "fault"),  # another one
        (SILENCE, "fault"),
    ],
)
def test_a_tone_that_is_not_as_it_was_played(tone: Heard, state: str) -> None:
    assert said(good(tone=tone), "sound")[0] == state


def test_lost_packets() -> None:
    state, text = said(good(missing=30), "sound")
    assert (state, text[:3]) == ("warning", "9.1")


def test_the_greeting() -> None:
    assert said(good(), "greeting")[0] == "ok"
    assert said(good(greeting=SILENCE), "greeting")[0] == "fault"
    state, text = said(good(speaks=False, greeting=SILENCE), "greeting")
    assert (state, "not made yet" in text) == ("warning", True)
    state, text = said(good(speaks=False, has_voice=False, greeting=SILENCE), "greeting")
    assert (state, "no voice" in text) == ("warning", True)


def test_a_key_that_does_not_come_back() -> None:
    assert said(good(key_back=False), "keys") == (
        "fault",
        "keys arrive at the office, but one that it pressed did not arrive at the phone",
    )


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (0, "", "nobody answered the call"),
        (408, "", "nobody answered the call"),
        (407, "", "something between here and the office changes messages"),
        (480, "the media relay does not answer", "refused (480): the media relay does not answer"),
        (503, "", "refused with 503"),
    ],
)
def test_a_call_that_was_not_answered(status: int, reason: str, words: str) -> None:
    [found] = explain(Trial(status=status, reason=reason))
    assert found.state == "fault"
    assert words in found.found
    assert found.advice


def test_a_call_that_was_not_let_in() -> None:
    [found] = explain(Trial(refused="other trials are under way"))
    assert (found.state, found.found) == ("fault", "no trial call was let in: other trials are under way")
