"""What a person does with the phone in the browser, by its buttons and keys, while a real phone is at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from tests.peers.baresip import Baresip
from tests.peers.browser import PHONE, BrowserPhone
from tests.peers.server import Svara

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ = 440, 660


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[BrowserPhone]:
    """Anna, who has turned the phone on in her browser."""
    with sync_playwright() as playwright:
        browser = BrowserPhone(playwright, tmp_path, svara, "anna", ANNA_HZ)
        browser.sign_in()
        browser.page.get_by_role("button", name="Phone Off").click()
        browser.page.get_by_role("button", name="Turn on the phone").click()
        expect(browser.page.get_by_role("button", name="Phone Ready")).to_be_visible(timeout=20_000)
        browser.page.evaluate(PHONE)
        yield browser
        browser.close()


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Baresip]:
    with Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


def test_bob_calls_while_anna_reads_her_history_and_they_talk_while_she_goes_on(
    svara: Svara, anna: BrowserPhone, bob: Baresip
) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    navigation = page.get_by_role("navigation", name="Main")
    page.evaluate("window.kept = true")
    navigation.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Call history")).to_be_visible(timeout=20_000)
    bob.dial("101")
    expect(phone).to_contain_text("Incoming call", timeout=20_000)
    expect(phone).to_contain_text("102")
    page.locator("main").focus()
    page.keyboard.press("Enter")
    bob.wait_state("talking")
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    for name in ("Voicemail", "People"):
        navigation.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=20_000)
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    assert page.evaluate("window.kept") is True
    phone.get_by_role("button", name="Hold").click()
    expect(phone).to_contain_text("On hold", timeout=20_000)
    phone.get_by_role("button", name="Take back").click()
    expect(phone.get_by_role("button", name="Hold")).to_be_visible(timeout=20_000)
    anna.wait_to_hear(BOB_HZ)
    phone.get_by_role("button", name="Hang up").click()
    bob.wait_state("idle")
    expect(phone).to_contain_text("The call has ended", timeout=20_000)
    (record,) = svara.wait_records(1)
    assert (record["from_person"], record["answered_by"], record["outcome"]) == ("bob", "anna", "answered")


def test_a_call_button_calls_from_the_browser_and_says_why_it_ended(svara: Svara, anna: BrowserPhone, bob: Baresip) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    page.get_by_role("button", name="Call Bob").first.click()
    expect(phone).to_contain_text("Calling …", timeout=20_000)
    bob.wait_state("incoming")
    bob.hangup()
    expect(phone.locator("[data-state=ended]")).to_contain_text("Busy", timeout=20_000)
    (record,) = svara.wait_records(1)
    assert record["from_person"] == "anna"
