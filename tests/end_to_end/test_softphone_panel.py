"""What people do with calls by the phone in their browser, by buttons and keys; tones at real phones prove it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect, sync_playwright
from tests.peers.browser import PHONE, BrowserPhone
from tests.peers.desk import ANNA_HZ, BOB_HZ, CECILIE_HZ
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

SHOWN = 20_000


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
        expect(browser.page.get_by_role("button", name="Phone Ready")).to_be_visible(timeout=SHOWN)
        browser.page.evaluate(PHONE)
        yield browser
        assert browser.complaints == []
        browser.close()


def answered(anna: BrowserPhone, bob: Linphone) -> Locator:
    """Bob has called Anna, who answered in her browser; gives the panel."""
    phone = anna.page.locator("#phone")
    bob.dial("101")
    phone.get_by_role("button", name="Answer").click(timeout=SHOWN)
    bob.wait_state("talking")
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    return phone


def asked_first(anna: BrowserPhone, bob: Linphone, cecilie: Linphone) -> Locator:
    """Bob waits while Anna talks with Cecilie about him."""
    phone = answered(anna, bob)
    phone.get_by_role("button", name="Send on", exact=True).click()
    phone.get_by_role("textbox", name="Send the call on to").press_sequentially("cecil")
    phone.get_by_role("button", name="Ask first · Cecilie Eik").click()
    cecilie.wait_state("incoming")
    cecilie.answer()
    cecilie.wait_to_hear(ANNA_HZ)
    bob.wait_for_music(ANNA_HZ)
    return phone


def test_anna_sends_bob_on_by_typing_a_name_and_enter(
    svara: Svara, anna: BrowserPhone, bob: Linphone, cecilie: Linphone
) -> None:
    phone = answered(anna, bob)
    phone.get_by_role("button", name="Send on", exact=True).click()
    field = phone.get_by_role("textbox", name="Send the call on to")
    field.fill("cecil")
    field.press("Enter")
    cecilie.wait_state("incoming")
    cecilie.answer()
    cecilie.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(CECILIE_HZ)
    expect(phone.get_by_role("button", name="Hang up")).to_be_hidden(timeout=SHOWN)
    bob.hangup()
    cecilie.wait_state("idle")
    svara.wait_quiet()


def test_anna_asks_cecilie_first_and_connects_the_two(
    svara: Svara, anna: BrowserPhone, bob: Linphone, cecilie: Linphone
) -> None:
    phone = asked_first(anna, bob, cecilie)
    phone.get_by_role("button", name="Connect Cecilie Eik with").click(timeout=SHOWN)
    cecilie.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(CECILIE_HZ)
    expect(phone.get_by_role("button", name="Hang up")).to_be_hidden(timeout=SHOWN)
    bob.hangup()
    cecilie.wait_state("idle")
    svara.wait_quiet()


def test_anna_puts_all_three_together(svara: Svara, anna: BrowserPhone, bob: Linphone, cecilie: Linphone) -> None:
    phone = asked_first(anna, bob, cecilie)
    phone.get_by_role("button", name="Talk all together").first.click(timeout=SHOWN)
    anna.wait(lambda: len(anna.calls) == 1, lambda: f"has {anna.calls}")
    anna.wait_to_hear_both(BOB_HZ, CECILIE_HZ)
    phone.get_by_role("button", name="Hang up").click()
    bob.wait_to_hear(CECILIE_HZ)
    cecilie.wait_to_hear(BOB_HZ)
    bob.hangup()
    cecilie.wait_state("idle")
    svara.wait_quiet()


def test_annas_desk_rings_with_her_browser_and_stops_when_she_answers_there(
    svara: Svara, anna: BrowserPhone, bob: Linphone, tmp_path: Path
) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    with Linphone(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as desk:
        bob.dial("101")
        desk.wait_state("incoming")
        phone.get_by_role("button", name="Answer").click(timeout=SHOWN)
        bob.wait_state("talking")
        desk.wait_state("idle")
        page.locator("#phone").get_by_role("button", name="Hang up").click()
        bob.wait_state("idle")
        bob.dial("101")
        expect(phone).to_contain_text("Incoming call", timeout=SHOWN)
        desk.wait_state("incoming")
        desk.answer()
        expect(phone.get_by_role("button", name="Answer")).to_be_hidden(timeout=SHOWN)
        bob.wait_state("talking")
        bob.hangup()
        desk.wait_state("idle")
    records = svara.wait_records(2)
    assert [each["answered_by"] for each in records] == ["anna", "anna"], "two calls, however many phones rang"


def test_anna_hears_herself_and_another_microphone_is_taken_in_the_talk(
    svara: Svara, anna: BrowserPhone, bob: Linphone
) -> None:
    page = anna.page
    page.get_by_role("button", name="Phone Ready").click()
    page.locator("#phone").get_by_role("link", name="Phone in this browser").click()
    page.get_by_role("button", name="Try the microphone").click()
    anna.wait(lambda: page.locator("#phone-level").evaluate("bar => bar.value") > 0.5, lambda: "sees no level", 20)
    page.get_by_role("button", name="Hear myself").click()
    expect(page.locator("#phone-test")).to_contain_text("That was you", timeout=SHOWN)
    answered(anna, bob)
    choices = page.locator("#microphone option")
    other = choices.nth(choices.count() - 1).get_attribute("value") or ""
    page.get_by_label("Microphone", exact=True).select_option(other)
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    page.locator("#phone").get_by_role("button", name="Hang up").click()
    bob.wait_state("idle")
    svara.wait_records(1)
