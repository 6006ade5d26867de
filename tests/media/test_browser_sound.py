"""A browser and a desk phone talk through the relay: ICE and DTLS-SRTP on one side, plain RTP on the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from tests.peers.engine import RunningEngine, running_engine
from tests.peers.rtp import RtpPhone

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(90)]

ANNA_HZ, BROWSER_HZ, STRANGER_HZ = 440, 660, 880
# The longest time, in seconds, until sound is heard both ways; a machine that does nothing else needs a fifth of it.
SOON_SECONDS = 4.0

BROWSER_PHONE = """
() => {
  const context = new AudioContext();
  const oscillator = context.createOscillator();
  const microphone = context.createMediaStreamDestination();
  oscillator.frequency.value = FREQUENCY;
  oscillator.connect(microphone);
  oscillator.start();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  const peer = new RTCPeerConnection();
  for (const track of microphone.stream.getTracks()) peer.addTrack(track, microphone.stream);
  peer.ontrack = (event) => {
    const stream = new MediaStream([event.track]);
    const loudspeaker = new Audio();
    loudspeaker.srcObject = stream;
    loudspeaker.play();
    context.createMediaStreamSource(stream).connect(analyser);
  };
  const gathered = () => new Promise((done) => {
    const check = () => peer.iceGatheringState === "complete" && done(peer.localDescription.sdp);
    peer.onicegatheringstatechange = check;
    check();
  });
  window.phone = {
    offer: async () => { await peer.setLocalDescription(); return gathered(); },
    accept: async (sdp) => { await peer.setRemoteDescription({type: "answer", sdp}); },
    answer: async (sdp) => {
      await peer.setRemoteDescription({type: "offer", sdp});
      await peer.setLocalDescription();
      return gathered();
    },
    state: () => peer.connectionState,
    press: (keys) => peer.getSenders()[0].dtmf.insertDTMF(keys),
    hears: () => {
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      let best = 0;
      for (let bin = 1; bin < bins.length; bin++) if (bins[bin] > bins[best]) best = bin;
      return bins[best] > -60 ? best * context.sampleRate / analyser.fftSize : 0;
    },
  };
}
""".replace("FREQUENCY", str(BROWSER_HZ))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with running_engine(tmp_path) as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection"],
        )
        page = chromium.new_page()
        page.evaluate(BROWSER_PHONE)
        yield page
        chromium.close()


@pytest.fixture
def anna() -> Iterator[RtpPhone]:
    with RtpPhone(ANNA_HZ) as phone:
        yield phone


def wait_to_hear(browser: Page, frequency_hz: float, timeout_seconds: float = 10) -> None:
    end = time.monotonic() + timeout_seconds
    while abs(browser.evaluate("phone.hears()") - frequency_hz) > 15:
        heard = browser.evaluate("[phone.hears(), phone.state()]")
        assert time.monotonic() < end, f"the browser heard {heard}, not {frequency_hz} Hz"
        time.sleep(0.05)


def test_anna_calls_a_browser(engine: RunningEngine, anna: RtpPhone, browser: Page) -> None:
    to_browser = engine.offer("call", "a", "web", anna.sdp(), to="webrtc")
    assert b"RTP/SAVPF" in to_browser
    assert b"a=fingerprint:sha-256" in to_browser
    answer = browser.evaluate("sdp => phone.answer(sdp)", to_browser.decode())
    began = time.monotonic()
    to_anna = engine.answer("call", "web", "a", answer.encode())
    assert b"RTP/AVP" in to_anna
    assert b"candidate" not in to_anna
    anna.talk_to(to_anna)
    anna.wait_to_hear(BROWSER_HZ, timeout_seconds=10)
    wait_to_hear(browser, ANNA_HZ)
    assert time.monotonic() - began < SOON_SECONDS


@pytest.mark.parametrize("caller", ["anna", "browser"])
def test_nobody_else_can_talk_into_it_by_the_port_of_the_desk_phone(
    engine: RunningEngine, anna: RtpPhone, browser: Page, caller: str
) -> None:
    """The desk phone's side is plain RTP: only the address from which its sound came is heard, whoever called whom."""
    if caller == "anna":
        to_browser = engine.offer("call", "a", "web", anna.sdp(), to="webrtc")
        answer = browser.evaluate("sdp => phone.answer(sdp)", to_browser.decode())
        to_anna = engine.answer("call", "web", "a", answer.encode())
    else:
        to_anna = engine.offer("call", "web", "a", browser.evaluate("phone.offer()").encode())
        to_browser = engine.answer("call", "a", "web", anna.sdp(codecs="8"), to="webrtc")
        browser.evaluate("sdp => phone.accept(sdp)", to_browser.decode())
    anna.talk_to(to_anna)
    wait_to_hear(browser, ANNA_HZ)
    anna.wait_to_hear(BROWSER_HZ)
    time.sleep(4.5)  # the engine learns addresses for three seconds, which it counts by whole ones
    with RtpPhone(STRANGER_HZ) as stranger:
        stranger.talk_to(to_anna)
        time.sleep(1.0)
        wait_to_hear(browser, ANNA_HZ)  # both send: she alone is heard
        anna.talk_to(None)
        for _ in range(30):  # a browser plays on for a while what it heard last
            assert abs(browser.evaluate("phone.hears()") - STRANGER_HZ) > 15
            time.sleep(0.1)
        assert stranger.packets[8] == 0, "what the browser says goes to Anna alone"
    anna.talk_to(to_anna)
    wait_to_hear(browser, ANNA_HZ)


def test_a_browser_calls_anna(engine: RunningEngine, anna: RtpPhone, browser: Page) -> None:
    to_anna = engine.offer("call", "web", "a", browser.evaluate("phone.offer()").encode())
    assert b"RTP/AVP" in to_anna
    assert b"ice-ufrag" not in to_anna
    to_browser = engine.answer("call", "a", "web", anna.sdp(codecs="8"), to="webrtc")
    began = time.monotonic()
    anna.talk_to(to_anna)
    browser.evaluate("sdp => phone.accept(sdp)", to_browser.decode())
    anna.wait_to_hear(BROWSER_HZ, timeout_seconds=10)
    wait_to_hear(browser, ANNA_HZ)
    assert time.monotonic() - began < SOON_SECONDS
    engine.watch("call", ("web", "a"))
    time.sleep(1)
    assert engine.delete("call")["web"].packets > 30
