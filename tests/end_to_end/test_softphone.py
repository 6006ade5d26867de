"""People talk by their browsers: Chromium with a tone for a microphone, baresip at the other end, a whole Svara between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.peers.baresip import Baresip
from tests.peers.browser import BrowserPhone
from tests.peers.server import Svara

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ, CECILIE_HZ = 440, 660, 880
Opened = Callable[..., BrowserPhone]


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


@pytest.fixture
def browser(svara: Svara, tmp_path: Path) -> Iterator[Opened]:
    """Browsers with somebody signed in, whose phone is on."""
    with sync_playwright() as playwright:
        opened: list[BrowserPhone] = []

        def make(username: str, tone_hz: float) -> BrowserPhone:
            phone = BrowserPhone(playwright, tmp_path, svara, username, tone_hz)
            opened.append(phone)
            phone.sign_in()
            phone.turn_on()
            return phone

        yield make
        for phone in opened:
            phone.close()


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Baresip]:
    with Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


def test_anna_calls_bob_from_her_browser_and_they_hear_each_other(svara: Svara, browser: Opened, bob: Baresip) -> None:
    anna = browser("anna", ANNA_HZ)
    svara.wait_presence("anna", "available")
    anna.dial("102")
    bob.wait_state("incoming")
    bob.answer()
    anna.wait_state("talking")
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    anna.do("hangup", anna.calls[0]["id"])
    bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["from_person"], record["answered_by"], record["outcome"]) == ("anna", "bob", "answered")


def test_bob_calls_anna_whose_browser_rings(svara: Svara, browser: Opened, bob: Baresip) -> None:
    anna = browser("anna", ANNA_HZ)
    bob.dial("101")
    anna.answer()
    bob.wait_state("talking")
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    bob.hangup()
    anna.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["from_person"], record["answered_by"], record["outcome"]) == ("bob", "anna", "answered")
