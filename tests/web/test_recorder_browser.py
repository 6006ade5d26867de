"""A greeting recorded on the page, with a Chromium whose microphone hears tones: measured, cut, heard, saved, undone."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from tests.peers import sound
from tests.web.browsing import WIDTHS, Visit, launch, visit, with_microphone
from tests.web.office import Company
from tests.web.stage import Stage, eventually

from svara.people.greeting import access_greeting
from svara.people.models import Sound
from svara.privacy.vault import tapes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LOW_HZ, HIGH_HZ = 500, 1200
EACH_SECONDS = 2.0
"""The microphone hears both in turn, for so long each."""


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One whose microphone hears the two tones."""
    tones = np.concatenate([sound.tone(hertz, EACH_SECONDS, 48_000) for hertz in (LOW_HZ, HIGH_HZ)])
    file = sound.write_wav(tmp_path_factory.mktemp("microphone") / "tones.wav", tones, 48_000)
    chromium = launch(playwright, *with_microphone(file))
    yield chromium
    chromium.close()


@pytest.fixture
def bob(browser: Browser, stage: Stage, acme: Company) -> Iterator[Visit]:
    """Bob's window, at his greetings."""
    with visit(browser, stage) as window:
        window.sign_in("bob@acme.test", "/voicemail/greetings/")
        yield window
        assert window.complaints == []


def record(page: Page, seconds: float, kind: str = "general") -> Any:
    """Record for so long, by keyboard; gives the recorder."""
    recorder = page.locator(f'[data-recorder="file-{kind}"]')
    recorder.get_by_role("button", name="Record with the microphone").focus()
    page.keyboard.press("Enter")
    expect(recorder.get_by_role("button", name="Stop recording")).to_be_focused()
    expect(recorder.get_by_role("status")).to_contain_text("Recording. Speak now")
    assert eventually(lambda: shown_seconds(recorder) >= seconds, 20)
    page.keyboard.press("Enter")
    expect(recorder).to_have_attribute("data-state", "taken")
    return recorder


def shown_seconds(recorder: Any) -> int:
    minutes, seconds = recorder.locator("[data-time]").inner_text().split(" / ")[0].split(":")
    return int(minutes) * 60 + int(seconds)


def chosen(page: Page, kind: str = "general") -> tuple[sound.Samples, int]:
    """The sound that the form would send."""
    data = page.evaluate(
        """async id => {
            const file = document.getElementById(id).files[0];
            if (!file) return "";
            const bytes = new Uint8Array(await file.arrayBuffer());
            return btoa(Array.from(bytes, one => String.fromCharCode(one)).join(""));
        }""",
        f"file-{kind}",
    )
    if not data:
        return np.zeros(0), 0
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return frames.astype(np.float64) / 32768, file.getframerate()


def tones(samples: sound.Samples, rate: int) -> list[int]:
    """Which of the two tones each tenth of a second is; 0: neither, or both."""
    found = []
    for start in range(0, len(samples) - rate // 10 + 1, rate // 10):
        part = samples[start : start + rate // 10]
        found.append(next((hertz for hertz in (LOW_HZ, HIGH_HZ) if sound.strength(part, hertz, rate) > 0.8), 0))
    return found


@pytest.mark.claim("ADV-14")
def test_bob_records_cuts_and_saves_his_greeting_by_keyboard(bob: Visit, stage: Stage, acme: Company, settings: Any) -> None:
    settings.DATA = stage.data  # what is sealed there is opened here
    page = bob.page
    recorder = record(page, 5)
    samples, rate = chosen(page)
    heard = tones(samples, rate)
    assert rate == 16_000
    assert {LOW_HZ, HIGH_HZ} <= set(heard)
    seconds = len(samples) / rate

    # Only high tone is left: the longest run of it is looked up, and the handles go there.
    runs = "".join({LOW_HZ: "l", HIGH_HZ: "h", 0: "-"}[one] for one in heard)
    run = max(runs.replace("-", "l").split("l"), key=len)
    first = runs.index(run) + 1
    last = first + len(run) - 2
    page.keyboard.press("Tab")
    start = recorder.get_by_role("slider", name="Beginning")
    start.focus()
    for _step in range(first):
        page.keyboard.press("ArrowRight")
    end = recorder.get_by_role("slider", name="End")
    page.keyboard.press("Tab")
    expect(end).to_be_focused()
    for _step in range(round(seconds * 10) - last):
        page.keyboard.press("ArrowLeft")
    assert start.get_attribute("aria-valuetext") == f"{first / 10:.1f} seconds"
    picture = recorder.get_by_role("img").get_attribute("aria-label") or ""
    assert f"from {first / 10:.1f} to {last / 10:.1f} seconds" in picture
    cut, _rate = chosen(page)
    assert len(cut) / rate == pytest.approx((last - first) / 10, abs=0.01)
    assert set(tones(cut, rate)) == {HIGH_HZ}

    recorder.get_by_role("button", name="Listen to it").click()
    expect(recorder.get_by_role("status")).to_contain_text("This is what will be saved")
    expect(recorder).to_have_attribute("data-state", "taken", timeout=10_000)  # it ends by itself

    page.locator("#until-general").fill("2040-01-31")
    page.locator("form", has=recorder).get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved. It is in effect now.")
    expect(page.locator("main")).to_contain_text("in use until")
    greeting = access_greeting(acme["bob"])
    assert greeting.until is not None
    with tapes.opened(stage.data, greeting.place) as kept:
        saved = np.frombuffer(kept.read(0, kept.size)[44:], "<i2").astype(np.float64) / 32768
    assert set(tones(saved, 16_000)) == {HIGH_HZ}


def test_every_step_can_be_undone(bob: Visit) -> None:
    page = bob.page
    recorder = record(page, 1)
    undo = recorder.get_by_role("button", name="Undo")
    expect(undo).to_be_hidden()
    whole, rate = chosen(page)
    handle = recorder.get_by_role("slider", name="Beginning")
    handle.focus()
    for _step in range(3):
        page.keyboard.press("ArrowRight")
    assert len(chosen(page)[0]) == len(whole) - 3 * rate // 10
    undo.click()  # three presses were one step
    assert len(chosen(page)[0]) == len(whole)
    recorder.get_by_role("button", name="Discard").click()
    assert len(chosen(page)[0]) == 0
    expect(recorder.get_by_role("status")).to_contain_text("Nothing has changed for callers")
    undo.click()
    assert len(chosen(page)[0]) == len(whole)
    recorder.get_by_role("button", name="Record again").click()
    expect(recorder).to_have_attribute("data-state", "recording")
    page.wait_for_timeout(500)
    recorder.get_by_role("button", name="Stop recording").click()
    expect(recorder).to_have_attribute("data-state", "taken")
    assert 0 < len(chosen(page)[0]) != len(whole)
    undo.click()
    assert len(chosen(page)[0]) == len(whole)


def test_the_handles_do_not_pass_each_other_and_are_dragged(bob: Visit) -> None:
    page = bob.page
    recorder = record(page, 2)
    whole, rate = chosen(page)
    end = recorder.get_by_role("slider", name="End")
    end.focus()
    page.keyboard.press("Home")
    assert len(chosen(page)[0]) / rate == pytest.approx(0.3, abs=0.01)
    page.keyboard.press("End")
    assert len(chosen(page)[0]) == len(whole)
    box = recorder.locator(".wave").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert len(chosen(page)[0]) / len(whole) == pytest.approx(0.5, abs=0.06)


def test_the_spoken_name_ends_after_ten_seconds_by_itself(bob: Visit) -> None:
    page = bob.page
    recorder = page.locator('[data-recorder="file-name"]')
    expect(recorder).to_contain_text("Ten seconds at most")
    recorder.get_by_role("button", name="Record with the microphone").click()
    expect(recorder).to_have_attribute("data-state", "taken", timeout=30_000)
    expect(recorder.get_by_role("status")).to_contain_text("It is as long as it may be")
    samples, rate = chosen(page, "name")
    assert len(samples) / rate == 10
    page.locator("form", has=recorder).get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved. It is in effect now.")


def test_saving_while_it_records_stops_first_so_that_one_hears_it(bob: Visit) -> None:
    page = bob.page
    recorder = page.locator('[data-recorder="file-general"]')
    recorder.get_by_role("button", name="Record with the microphone").click()
    expect(recorder).to_have_attribute("data-state", "recording")
    page.wait_for_timeout(600)
    page.locator("form", has=recorder).get_by_role("button", name="Save").click()
    expect(recorder).to_have_attribute("data-state", "taken")
    assert page.url.endswith("/voicemail/greetings/")
    expect(page.locator("#toasts")).to_be_empty()


def test_a_file_that_is_chosen_takes_the_recordings_place(bob: Visit, tmp_path: Path) -> None:
    page = bob.page
    recorder = record(page, 1)
    page.set_input_files("#file-general", sound.write_wav(tmp_path / "mine.wav", sound.tone(700, 1)))
    expect(recorder.get_by_role("status")).to_contain_text("The file that you chose will be saved")
    assert len(chosen(page)[0]) == 8000


def test_who_leaves_is_asked_while_a_recording_is_not_saved(bob: Visit) -> None:
    page = bob.page
    record(page, 1)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("location.reload()")
    assert eventually(lambda: page.wait_for_timeout(50) is None and asked == ["beforeunload"])
    expect(page.locator('[data-recorder="file-general"]')).to_have_attribute("data-state", "taken")


def test_nobody_loses_a_recording_by_a_click_on_something_else(bob: Visit) -> None:
    page = bob.page
    recorder = record(page, 1)
    asked: list[str] = []
    answers = [False, False, True]
    page.on("dialog", lambda one: (asked.append(one.message), one.accept() if answers.pop(0) else one.dismiss()))
    page.get_by_role("link", name="History").first.click()
    expect(recorder).to_have_attribute("data-state", "taken")
    other = page.locator("form", has=page.locator("#file-busy"))
    other.get_by_role("button", name="Save").click()
    expect(recorder).to_have_attribute("data-state", "taken")
    assert len(chosen(page)[0]) > 0
    page.get_by_role("link", name="History").first.click()
    expect(page.get_by_role("heading", name="Call history")).to_be_visible()
    assert asked == ["Your recording is not saved. Go on without it?"] * 3
    page.get_by_role("link", name="Voicemail").first.click()
    expect(page.get_by_role("heading", name="Voicemail")).to_be_visible()
    assert answers == []


def test_a_recording_that_could_not_be_sent_is_still_there(bob: Visit) -> None:
    page = bob.page
    recorder = record(page, 1)
    whole = len(chosen(page)[0])
    form = page.locator("form", has=recorder)
    page.route("**/voicemail/greetings/", lambda route: route.abort())
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("That did not work")
    assert len(chosen(page)[0]) == whole
    page.unroute("**/voicemail/greetings/")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved. It is in effect now.")
    expect(page.locator("main audio")).to_have_count(1)
    bob.complaints[:] = [one for one in bob.complaints if "ERR_FAILED" not in one and "Failed to fetch" not in one]


def test_an_administrator_records_a_prompt(browser: Browser, stage: Stage, acme: Company, settings: Any) -> None:
    settings.DATA = stage.data
    with visit(browser, stage) as window:
        window.sign_in("anna@acme.test", "/administration/sounds/new/")
        page = window.page
        page.get_by_label("Name", exact=True).fill("welcome")
        recorder = page.locator("[data-recorder]")
        recorder.get_by_role("button", name="Record with the microphone").click()
        expect(recorder).to_have_attribute("data-state", "recording")
        page.wait_for_timeout(1000)
        recorder.get_by_role("button", name="Stop recording").click()
        expect(recorder).to_have_attribute("data-state", "taken")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("main")).to_contain_text("welcome")
        row = Sound.all_tenants.get(tenant=acme.tenant)
        samples, rate = sound.read_wav(stage.data.sounds / row.file)
        assert {LOW_HZ, HIGH_HZ} & set(tones(samples, rate))
        assert window.complaints == []


WITHOUT = {
    "insecure": "Object.defineProperty(navigator, 'mediaDevices', {value: undefined});"
    "Object.defineProperty(window, 'isSecureContext', {value: false});",
    "busy": "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotReadableError'); };",
    "absent": "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); };",
}


def said(context: BrowserContext, stage: Stage) -> str:
    """What the page says to Bob who wants to record."""
    window = Visit(context.new_page(), stage)
    window.sign_in("bob@acme.test", "/voicemail/greetings/")
    recorder = window.page.locator('[data-recorder="file-general"]')
    before = recorder.get_by_role("status").inner_text()
    recorder.get_by_role("button", name="Record with the microphone").click()
    expect(recorder.get_by_role("status")).to_have_class("hint trouble")
    expect(recorder.get_by_role("button", name="Record with the microphone")).to_be_focused()
    assert window.complaints == []
    words = recorder.get_by_role("status").inner_text()
    context.close()
    assert words != before
    return words


def test_it_says_in_plain_words_why_it_cannot_record(browser: Browser, stage: Stage, acme: Company) -> None:
    told = {}
    for name, script in WITHOUT.items():
        context = browser.new_context(locale="en")
        context.add_init_script(script)
        told[name] = said(context, stage)
    assert "https://" in told["insecure"]
    assert "in use by another program" in told["busy"]
    assert "There is no microphone" in told["absent"]


def test_it_says_what_to_do_where_the_microphone_was_refused(playwright: Playwright, stage: Stage, acme: Company) -> None:
    chromium = launch(playwright, "--use-fake-device-for-media-stream", "--deny-permission-prompts")
    assert "allow the microphone there" in said(chromium.new_context(locale="en"), stage)
    chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_recorder_has_no_barrier_and_fits_every_screen(
    browser: Browser, stage: Stage, acme: Company, scheme: str
) -> None:
    faults = []
    for width in WIDTHS:
        language = "ru" if scheme == "dark" else "en"
        with visit(browser, stage, width=width, scheme=scheme, language=language) as window:
            window.sign_in("bob@acme.test", "/voicemail/greetings/")
            window.picture(f"greetings-idle-{scheme}-{width}")
            recorder = window.page.locator('[data-recorder="file-general"]')
            recorder.locator('[data-do="record"]').click()
            expect(recorder).to_have_attribute("data-state", "recording")
            window.page.wait_for_timeout(700)
            faults += [f"recording at {width}: {barrier}" for barrier in window.barriers()]
            window.picture(f"greetings-recording-{scheme}-{width}")
            recorder.locator('[data-do="stop"]').click()
            expect(recorder).to_have_attribute("data-state", "taken")
            faults += [f"taken at {width}: {barrier}" for barrier in window.barriers()]
            faults += [f"too wide at {width}"] * (window.overflow() > 0)
            window.picture(f"greetings-recorded-{scheme}-{width}")
            assert window.complaints == []
    assert faults == [], "\n".join(faults)
