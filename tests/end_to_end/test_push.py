"""Anna's browser is closed, Bob calls her: the browser shows it, she taps, answers, and they hear each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright
from tests.peers import sound
from tests.peers.baresip import Baresip
from tests.peers.browser import PHONE, TONE_SECONDS, UNFILTERED, BrowserPhone
from tests.peers.notified import Notified, played
from tests.peers.pushservice import PushService
from tests.peers.server import Svara

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300), pytest.mark.claim("ADV-8")]
ANNA_HZ, BOB_HZ = 440, 660


class WokenPhone(BrowserPhone):
    """A browser that may show notifications: a real profile, as people have one."""

    def __init__(self, playwright: Playwright, folder: Path, svara: Svara, username: str, tone_hz: float) -> None:
        self.svara = svara
        self.username = username
        tone = sound.write_wav(folder / f"{username}.wav", sound.tone(tone_hz, TONE_SECONDS, 48000), 48000)
        self.context = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path="/usr/bin/chromium",
            args=[
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--autoplay-policy=no-user-gesture-required",
                "--allow-loopback-in-peer-connection",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={tone}",
            ],
            permissions=["microphone", "notifications"],
            locale="en",
        )
        self.context.add_init_script(UNFILTERED)
        self.complaints = []
        self.page = self.open()

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    found = PushService(tmp_path / "push")
    yield found
    found.close()


def test_a_call_wakes_a_closed_browser_and_is_answered_there(service: PushService, tmp_path: Path) -> None:
    with (
        Svara(environment=service.environment) as svara,
        sync_playwright() as playwright,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
    ):
        anna, browser = WokenPhone(playwright, tmp_path, svara, "anna", ANNA_HZ), service.subscribe()
        anna.sign_in()
        page, pages = anna.page, f"http://{svara.http}"
        page.goto(f"{pages}/profile/browser-phone/")
        played(page, browser)
        page.locator("#main [data-phone=on]").first.click()
        page.get_by_role("button", name="I agree: turn it on in this browser").click()
        expect(page.get_by_text("Calls show in this browser now")).to_be_visible()
        page.get_by_role("checkbox", name="Who calls: name and number").check()
        expect(page.get_by_text("Your choice is kept.")).to_be_visible()
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_text("It is on its way")).to_be_visible()
        assert service.told(browser)[0]["title"] == "It works"
        svara.until(lambda: svara.figure("registrations") == 2, 20)
        notified = Notified(anna.context, page, pages)
        page.goto("about:blank")
        svara.until(lambda: svara.figure("registrations") == 1, 20)

        bob.dial("101")
        ring = service.told(browser, 2)[1]
        assert (ring["kind"], ring["title"]) == ("ring", "Bob Dahl · 102")
        bob.wait_state("ringing")
        notified.deliver(json.dumps(ring))
        notified.wait_shown("Bob Dahl · 102")
        (address,) = notified.tap(ring["tag"])
        page.goto(address)
        page.wait_for_function("document.querySelector('#phone')?.phone")
        page.evaluate(PHONE)
        anna.wait_ready()
        anna.answer()
        bob.wait_state("talking")
        bob.wait_to_hear(ANNA_HZ)
        anna.wait_to_hear(BOB_HZ)
        over = service.told(browser, 3)[2]
        assert (over["kind"], over["tag"]) == ("over", ring["tag"])
        bob.hangup()
        anna.wait_state("idle")
        (record,) = svara.wait_records(1)
        assert (record["from_person"], record["answered_by"], record["outcome"]) == ("bob", "anna", "answered")
        anna.close()


def test_nobody_taps_and_the_caller_hears_it_ring_until_it_is_over(service: PushService, tmp_path: Path) -> None:
    with (
        Svara(environment=service.environment) as svara,
        sync_playwright() as playwright,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
    ):
        anna, browser = WokenPhone(playwright, tmp_path, svara, "anna", ANNA_HZ), service.subscribe()
        anna.sign_in()
        page = anna.page
        page.goto(f"http://{svara.http}/profile/browser-phone/")
        played(page, browser)
        page.locator("#main [data-phone=on]").first.click()
        page.get_by_role("button", name="I agree: turn it on in this browser").click()
        expect(page.get_by_text("Calls show in this browser now")).to_be_visible()
        page.get_by_label("Missed calls").check()
        expect(page.get_by_text("Your choice is kept.")).to_be_visible()
        page.goto("about:blank")
        svara.until(lambda: svara.figure("registrations") == 1, 20)
        bob.dial("101")
        bob.wait_state("ringing")
        assert service.told(browser)[0]["title"] == "Incoming call"
        bob.hangup()
        told = service.told_last(browser, "missed")
        assert [one["kind"] for one in told if one["kind"] != "over"] == ["ring", "missed"], "an end may be told between"
        assert len({one["tag"] for one in told}) == 1
        assert "Bob" not in json.dumps(told)
        anna.close()
