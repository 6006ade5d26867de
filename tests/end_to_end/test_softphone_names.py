"""The browser says who is called, by the name that the server tells, and of a call that comes in what was called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from tests.peers.browser import BrowserPhone
from tests.peers.desk import ANNA_HZ
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

SHOWN = 20_000


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


@pytest.fixture(scope="module")
def running(reception: Svara) -> Svara:
    return reception


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[BrowserPhone]:
    with sync_playwright() as playwright:
        browser = BrowserPhone(playwright, tmp_path, svara, "anna", ANNA_HZ)
        browser.sign_in()
        browser.page.get_by_role("button", name="Phone Off").click()
        browser.page.get_by_role("button", name="Turn on the phone").click()
        expect(browser.page.get_by_role("button", name="Phone Ready")).to_be_visible(timeout=SHOWN)
        yield browser
        browser.close()


def test_who_dials_a_number_sees_whose_it_is_when_it_rings(svara: Svara, anna: BrowserPhone, bob: Linphone) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    page.get_by_role("button", name="Phone Ready").click()
    phone.locator("#phone-number").fill("102")
    phone.locator("#phone-number").press("Enter")
    bob.wait_state("incoming")
    expect(phone.locator("[data-show=name]")).to_have_text("Bob Dahl", timeout=SHOWN)
    expect(phone.locator("[data-show=number]")).to_have_text("102")
    phone.get_by_role("button", name="Hang up").click()
    bob.wait_state("idle")
    svara.wait_quiet()


def test_a_caller_of_the_reception_is_shown_with_that(svara: Svara, anna: BrowserPhone, bob: Linphone) -> None:
    phone = anna.page.locator("#phone")
    bob.dial("600")
    expect(phone).to_contain_text("Called: reception", timeout=SHOWN)
    expect(phone.locator("[data-show=name]")).to_have_text("Bob Dahl")
    phone.get_by_role("button", name="Answer").click()
    bob.wait_state("talking")
    bob.hangup()
    expect(phone).to_contain_text("The call has ended", timeout=SHOWN)
    svara.wait_quiet()
