"""The voice process as it runs: sound over a real socket, and through the real relay; killed, and started again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import sealed, sound
from tests.peers.engine import RunningEngine, running_engine
from tests.peers.rtp import RtpPhone
from tests.peers.voice import TIMEOUT_SECONDS, RunningVoice, running_voice

from svara.media.voice.port import Finished, Key, Playing, Recorded, Recording

pytestmark = pytest.mark.peer  # sound in real time, which a busy machine delays


@pytest.fixture
def voice(tmp_path: Path) -> Iterator[RunningVoice]:
    with running_voice(tmp_path) as running:
        yield running


def test_anna_hears_a_prompt_presses_a_key_and_leaves_a_message(voice: RunningVoice) -> None:
    with RtpPhone(440) as anna:
        anna.talk_to(voice.open("1.v", anna.sdp()))
        prompt = voice.tone_file("prompt.wav", 660, 2.0)
        voice.do(lambda: voice.voice.play("1.v", Playing("prompt", (prompt,), interruptible=False)))
        anna.wait_to_hear(660)
        anna.press(5)
        assert voice.event() == Key("1.v", "5")
        assert voice.event() == Finished("1.v", "prompt")
        voice.do(lambda: voice.voice.record("1.v", Recording("box/1.wav", stop_keys="#")))
        time.sleep(1.0)
        anna.press(11)
        assert voice.event() == Key("1.v", "#")
        recorded = voice.event()
        assert isinstance(recorded, Recorded)
        assert recorded.reason == "key"
        assert recorded.seconds == pytest.approx(1.0, abs=0.4)
        sound.assert_tone(sealed.opened(voice.data.recordings / "box/1.wav"), 440, last_seconds=0.6)


def test_three_talk_and_each_hears_the_others_and_not_itself(voice: RunningVoice) -> None:
    with RtpPhone(440) as anna, RtpPhone(660) as bob, RtpPhone(880) as cecilie:
        phones = {"a.v": anna, "b.v": bob, "c.v": cecilie}
        for leg, phone in phones.items():
            phone.talk_to(voice.open(leg, phone.sdp()))
        for leg in phones:
            voice.do(lambda leg=leg: voice.voice.hears(leg, tuple(phones)))
        for leg, phone in phones.items():
            others = [its.frequency_hz for other, its in phones.items() if other != leg]
            voice.until(lambda phone=phone, others=others: hears(phone, others))


def hears(phone: RtpPhone, frequencies_hz: list[float]) -> bool:
    """These tones together, each about as loud, and hardly its own."""
    heard = sound.from_alaw(b"".join(list(phone._heard)[-20:]))
    shares = [sound.strength(heard, frequency_hz) for frequency_hz in frequencies_hz]
    return min(shares) > 0.3 and sum(shares) > 0.85 and sound.strength(heard, phone.frequency_hz) < 0.05


def test_a_killed_voice_process_is_told_and_its_recordings_are_there(voice: RunningVoice) -> None:
    with RtpPhone(440) as anna:
        anna.talk_to(voice.open("1.v", anna.sdp()))
        voice.do(lambda: voice.voice.record("1.v", Recording("1.wav")))
        time.sleep(1.5)
        voice.kill()
        voice.until(lambda: not voice.voice.up)
        assert not voice.lost.is_set()
        voice.restart()
        assert voice.lost.wait(TIMEOUT_SECONDS)
        sound.assert_tone(sealed.opened(voice.data.recordings / "1.wav"), 440, last_seconds=0.6)
        anna.talk_to(voice.open("1.v", anna.sdp()))
        prompt = voice.tone_file("prompt.wav", 660, 1.0)
        voice.do(lambda: voice.voice.play("1.v", Playing("p", (prompt,), loop=True)))
        anna.wait_to_hear(660)


def test_when_it_is_stopped_recordings_are_complete_and_told(voice: RunningVoice) -> None:
    with RtpPhone(440) as anna:
        anna.talk_to(voice.open("1.v", anna.sdp()))
        voice.do(lambda: voice.voice.record("1.v", Recording("1.wav")))
        time.sleep(1.0)
        voice.process.terminate()
        recorded = voice.event()
        assert isinstance(recorded, Recorded)
        assert recorded.reason == "closed"
        assert recorded.seconds > 0.5
        assert (voice.data.recordings / "1.wav").exists()
        assert voice.process.wait(TIMEOUT_SECONDS) == 0


def test_a_caller_waits_with_music_behind_the_real_relay_and_then_reaches_an_agent(
    voice: RunningVoice, tmp_path: Path
) -> None:
    with running_engine(tmp_path / "relay") as relay, RtpPhone(440) as anna, RtpPhone(880) as agent:
        answered = connect(voice, relay, anna)
        music = voice.tone_file("music.wav", 660, 1.0)
        voice.do(lambda: voice.voice.play("call.v", Playing("m", (music,), loop=True)))
        anna.talk_to(answered)
        anna.wait_to_hear(660)
        anna.press(1)
        assert voice.event() == Key("call.v", "1")
        # an agent takes the call: the caller stays on the same port of the relay
        agent.talk_to(relay.offer("call", "caller", "agent", anna.sdp()))
        anna.talk_to(relay.answer("call", "agent", "caller", agent.sdp()))
        voice.do(lambda: voice.voice.close("call.v"))
        anna.wait_to_hear(880)
        agent.wait_to_hear(440)


def test_a_killed_voice_process_behind_the_real_relay_plays_again_after_a_new_offer(
    voice: RunningVoice, tmp_path: Path
) -> None:
    with running_engine(tmp_path / "relay") as relay, RtpPhone(440) as anna:
        anna.talk_to(connect(voice, relay, anna))
        music = voice.tone_file("music.wav", 660, 1.0)
        voice.do(lambda: voice.voice.play("call.v", Playing("m", (music,), loop=True)))
        anna.wait_to_hear(660)
        voice.kill()
        voice.restart()
        assert voice.lost.wait(TIMEOUT_SECONDS)
        anna.forget()
        connect(voice, relay, anna)
        voice.do(lambda: voice.voice.play("call.v", Playing("m", (music,), loop=True)))
        anna.wait_to_hear(660)


def connect(voice: RunningVoice, relay: RunningEngine, anna: RtpPhone) -> bytes:
    """Anna's call is answered by the voice process; what to tell her."""
    answer = voice.open("call.v", relay.offer("call", "caller", "v", anna.sdp()))
    return relay.answer("call", "v", "caller", answer)
