"""Bob records his greeting in the browser and cuts it; who calls him hears what he kept, and nothing of what he cut away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from tests.end_to_end.test_menu import with_menu
from tests.peers import sound
from tests.peers.baresip import Baresip
from tests.peers.server import Svara
from tests.web.browsing import launch, with_microphone
from tests.web.stage import eventually
from tests.web.test_recorder_browser import chosen, shown_seconds

pytestmark = [pytest.mark.peer, pytest.mark.browser, pytest.mark.timeout(300)]

CUT_HZ, KEPT_HZ, ANNA_HZ = 500, 1200, 440


@pytest.fixture
def svara() -> Iterator[Svara]:
    with Svara() as svara:
        svara.apply(with_menu(svara.data.parent))
        svara.mark()
        yield svara


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Page]:
    """Bob's page of greetings; his microphone hears three seconds of each of two tones in turn."""
    heard = np.concatenate([sound.tone(CUT_HZ, 3, 48_000), sound.tone(KEPT_HZ, 3, 48_000)])
    microphone = sound.write_wav(tmp_path / "microphone.wav", heard, 48_000)
    with sync_playwright() as playwright:
        chromium = launch(playwright, *with_microphone(microphone))
        page = chromium.new_context(locale="en").new_page()
        page.goto(f"http://{svara.http}/sign-in/?next=/voicemail/greetings/")
        page.fill("#name", "bob@acme.test")
        page.fill("#password", "password-of-bob")
        page.press("#password", "Enter")
        page.wait_for_selector("[data-recorder]")
        yield page
        chromium.close()


@pytest.mark.claim("ADV-14")
def test_the_greeting_that_bob_records_on_the_page_is_what_anna_hears(svara: Svara, bob: Page, tmp_path: Path) -> None:
    recorder = bob.locator('[data-recorder="file-general"]')
    recorder.get_by_role("button", name="Record with the microphone").click()
    expect(recorder).to_have_attribute("data-state", "recording")
    assert eventually(lambda: shown_seconds(recorder) >= 7, 30)
    recorder.get_by_role("button", name="Stop recording").click()
    samples, rate = chosen(bob)
    tenths = [samples[at : at + rate // 10] for at in range(0, len(samples) - rate // 10, rate // 10)]
    kept = [sound.strength(one, KEPT_HZ, rate) > 0.8 for one in tenths]
    first = next(at for at in range(len(kept)) if all(kept[at : at + 20]))  # two seconds of what is to stay
    start, end = recorder.get_by_role("slider", name="Beginning"), recorder.get_by_role("slider", name="End")
    start.focus()
    for _step in range(first):
        bob.keyboard.press("ArrowRight")
    end.focus()
    for _step in range(round(len(samples) / rate * 10) - first - 20):
        bob.keyboard.press("ArrowLeft")
    assert len(chosen(bob)[0]) == 2 * rate
    bob.locator("form", has=recorder).get_by_role("button", name="Save").click()
    expect(bob.locator("#toasts")).to_contain_text("Saved. It is in effect now.")

    with Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna:
        anna.dial("700")
        anna.wait_state("talking")
        anna.press("2")
        anna.wait_to_hear(KEPT_HZ)
        anna.wait(lambda: anna.heard()[0] != 0 and abs(anna.heard()[0] - KEPT_HZ) > 8, lambda: "the tone did not come")
        anna.hangup()
        anna.wait_state("idle")
        recording = anna.recording()
    assert recording is not None
    all_heard, heard_rate = sound.read_wav(recording)
    parts = [all_heard[at : at + heard_rate // 10] for at in range(0, len(all_heard) - heard_rate // 10, heard_rate // 10)]
    kept_tenths = sum(sound.strength(part, KEPT_HZ, heard_rate) > 0.8 for part in parts)
    cut_tenths = sum(sound.strength(part, CUT_HZ, heard_rate) > 0.5 for part in parts)
    assert 17 <= kept_tenths <= 22, f"{kept_tenths / 10} s of the greeting were heard"
    assert cut_tenths == 0, f"{cut_tenths / 10} s of what was cut away were heard"
