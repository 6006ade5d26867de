"""A browser calls the company: Opus behind ICE and DTLS-SRTP, with music, a key from its own keypad, and a message left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.media.test_browser_sound import BROWSER_HZ, browser, wait_to_hear
from tests.peers import sealed, sound
from tests.peers.engine import running_engine
from tests.peers.voice import RunningVoice, running_voice

from svara.media.voice.port import Key, Playing, Recorded, Recording

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(90)]

__all__ = ["browser"]


@pytest.fixture
def voice(tmp_path: Path) -> Iterator[RunningVoice]:
    with running_voice(tmp_path / "voice") as running:
        yield running


def test_a_browser_hears_music_presses_a_key_and_leaves_a_message(
    voice: RunningVoice, tmp_path: Path, browser: Page
) -> None:
    with running_engine(tmp_path / "relay") as relay:
        offer = relay.offer("call", "web", "v", browser.evaluate("phone.offer()").encode())
        answer = voice.open("call.v", offer)
        assert b"opus/48000" in answer
        to_browser = relay.answer("call", "v", "web", answer, to="webrtc")
        browser.evaluate("sdp => phone.accept(sdp)", to_browser.decode())
        music = voice.tone_file("music.wav", 440, 2.0)
        voice.do(lambda: voice.voice.play("call.v", Playing("m", (music,), loop=True)))
        wait_to_hear(browser, 440)
        browser.evaluate("phone.press('5')")
        assert voice.event() == Key("call.v", "5")
        voice.do(lambda: voice.voice.record("call.v", Recording("1.wav")))
        time.sleep(2)
        voice.do(lambda: voice.voice.stop_recording("call.v"))
        recorded = voice.event()
        assert isinstance(recorded, Recorded)
        assert recorded.seconds > 1
        sound.assert_tone(sealed.opened(voice.data.recordings / "1.wav"), BROWSER_HZ, last_seconds=0.8, share=0.4)
