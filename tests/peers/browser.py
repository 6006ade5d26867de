"""A person's browser as a phone: Debian's Chromium, whose microphone is a tone, on a page of Svara.

It is driven by what the page's own phone offers (`src/svara/web/assets/phone/port.ts`), whatever the page shows of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright
from tests.patience import patience
from tests.peers import sound
from tests.peers.server import Svara

STATE_SECONDS = 20.0
TONE_SECONDS = 30

UNFILTERED = """
(() => {
  const media = navigator.mediaDevices;
  const open = media?.getUserMedia.bind(media);
  if (open) media.getUserMedia = ({audio}) => open({
    audio: {...audio, echoCancellation: false, noiseSuppression: false, autoGainControl: false},
  });
})();
"""
"""A tone that does not end is what browsers take for noise."""

PHONE = """
async () => {
  if (window.tested) return;
  const engine = await document.querySelector("#phone").phone();
  const meters = new Map();
  const context = new AudioContext();
  window.tested = {
    engine,
    hears: (id) => {
      const stream = engine.heard(id);
      if (!stream) return [0, -200];
      let meter = meters.get(id);
      if (meter?.stream !== stream) {
        const analyser = context.createAnalyser();
        analyser.fftSize = 8192;
        analyser.smoothingTimeConstant = 0;
        context.createMediaStreamSource(stream).connect(analyser);
        meters.set(id, (meter = {stream, analyser}));
      }
      const bins = new Float32Array(meter.analyser.frequencyBinCount);
      meter.analyser.getFloatFrequencyData(bins);
      let best = 1;
      for (let bin = 1; bin < bins.length; bin++) if (bins[bin] > bins[best]) best = bin;
      return [best * context.sampleRate / meter.analyser.fftSize, bins[best]];
    },
    level: (id, hz) => {  // after `hears` has put its meter there
      const {analyser} = meters.get(id);
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const bin = Math.round(hz * analyser.fftSize / context.sampleRate);
      return Math.max(...bins.slice(bin - 2, bin + 3));
    },
  };
}
"""


class BrowserPhone:
    """One browser with a microphone of its own, and one person signed in."""

    def __init__(
        self,
        playwright: Playwright,
        folder: Path,
        svara: Svara,
        username: str,
        tone_hz: float,
        *,
        chromium: str = "/usr/bin/chromium",
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.svara = svara
        self.username = username
        tone = sound.write_wav(folder / f"{username}-{tone_hz}.wav", sound.tone(tone_hz, TONE_SECONDS, 48000), 48000)
        self.chromium: Browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--autoplay-policy=no-user-gesture-required",
                "--allow-loopback-in-peer-connection",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={tone}",
                *arguments,
            ],
        )
        self.context = self.chromium.new_context(permissions=["microphone"], locale="en")
        self.context.set_default_timeout(patience(30_000))
        self.context.add_init_script(UNFILTERED)
        self.complaints: list[str] = []
        self.page = self.open()

    def open(self) -> Page:
        """Another tab."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        return page

    def sign_in(self) -> None:
        self.page.goto(f"http://{self.svara.http}/sign-in/")
        self.page.fill("#name", f"{self.username}@acme.test")
        self.page.fill("#password", f"password-of-{self.username}")
        self.page.press("#password", "Enter")
        self.page.wait_for_selector("#phone", state="attached")

    def turn_on(self, becomes: str = "ready") -> None:
        """Be a phone, on the page that is open."""
        self.page.wait_for_function("document.querySelector('#phone')?.phone")
        self.page.evaluate(PHONE)
        self.page.evaluate("() => { void tested.engine.start(); }")
        self.wait_ready(becomes)

    def wait_ready(self, readiness: str = "ready", seconds: float = STATE_SECONDS) -> None:
        self.wait(lambda: self.readiness == readiness, lambda: f"is {self.readiness}, not {readiness}", seconds)

    @property
    def readiness(self) -> str:
        return str(self.page.evaluate("() => tested.engine.readiness"))

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Those that have not ended."""
        found: list[dict[str, Any]] = self.page.evaluate("() => tested.engine.calls")
        return [call for call in found if call["state"] != "ended"]

    @property
    def ended(self) -> list[str]:
        """Why the calls ended that can still be seen."""
        found: list[dict[str, Any]] = self.page.evaluate("() => tested.engine.calls")
        return [call["ended"] for call in found if call["state"] == "ended"]

    def do(self, name: str, *arguments: Any) -> Any:
        """Ask the phone for something, and wait until it is done."""
        return self.page.evaluate("([name, given]) => tested.engine[name](...given)", [name, list(arguments)])

    def dial(self, number: str) -> str:
        return str(self.do("dial", number))

    def answer(self) -> str:
        """Take the call that rings."""
        self.wait_state("ringing")
        call = next(call for call in self.calls if call["state"] == "ringing")
        self.do("answer", call["id"])
        return str(call["id"])

    def wait_state(self, state: str, seconds: float = STATE_SECONDS) -> None:
        """Until one of the calls is in that state; "idle": until there is none."""
        self.wait(
            lambda: any(call["state"] == state for call in self.calls) if state != "idle" else not self.calls,
            lambda: f"has {self.calls} and {self.ended}, nothing {state}",
            seconds,
        )

    def packets(self, call: str) -> int:
        """How many of sound the connection got that this page has for the call."""
        script = """async (id) => {
          const peer = tested.engine.find(id)?.sound.connection;
          const all = peer ? [...(await peer.getStats()).values()] : [];
          return all.filter(({type}) => type === "inbound-rtp").reduce((sum, each) => sum + each.packetsReceived, 0);
        }"""
        return int(self.page.evaluate(script, call))

    def hears(self, call: str = "") -> tuple[float, float]:
        """(Hz, decibels) of the loudest tone in a call, the only one if none is named."""
        heard: list[float] = self.page.evaluate("id => tested.hears(id)", call or self.calls[0]["id"])
        return heard[0], heard[1] if heard[1] is not None else -200.0

    def wait_to_hear(self, frequency_hz: float, call: str = "", seconds: float = STATE_SECONDS) -> None:
        def heard() -> bool:
            if not call and not self.calls:
                return False
            found, level = self.hears(call)
            return abs(found - frequency_hz) < 12 and level > -60

        self.wait(heard, lambda: f"hears {self.hears(call) if self.calls else 'nothing'}, not {frequency_hz} Hz", seconds)

    def wait_to_hear_else(self, frequency_hz: float, seconds: float = STATE_SECONDS) -> None:
        """Until something is heard that is not this tone: music."""

        def heard() -> bool:
            found, level = self.hears()
            return abs(found - frequency_hz) > 30 and level > -60

        self.wait(heard, lambda: f"hears {self.hears()}, nothing but {frequency_hz} Hz", seconds)

    def wait_to_hear_both(self, *frequencies_hz: float, seconds: float = STATE_SECONDS) -> None:
        """Until all of these tones are heard in the only call."""

        def levels() -> list[float]:
            self.hears()
            call = self.calls[0]["id"]
            return [self.page.evaluate("([id, hz]) => tested.level(id, hz)", [call, hz]) or -200 for hz in frequencies_hz]

        self.wait(lambda: min(levels()) > -50, lambda: f"hears {frequencies_hz} Hz at {levels()}", seconds)

    def falls_silent(self, seconds: float = STATE_SECONDS) -> None:
        self.wait(lambda: self.hears()[1] < -80, lambda: f"hears {self.hears()}", seconds)

    def wait(self, true: Callable[[], bool], what: Callable[[], str], seconds: float = STATE_SECONDS) -> None:
        end = time.monotonic() + patience(seconds)
        while not true():
            assert time.monotonic() < end, f"{self.username}'s browser {what()}\n{self.complaints}\n{self.svara.errors()}"
            self.page.wait_for_timeout(50)

    def close(self) -> None:
        self.chromium.close()
