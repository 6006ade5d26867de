"""A board in a real browser while real phones call a queue: who waits appears, is answered, and is counted by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import ANNA, BOB, CECILIE, DAG, Svara, office_file
from tests.web.browsing import launch

pytestmark = [pytest.mark.peer, pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def svara() -> Iterator[Svara]:
    """Dag answers for support; Anna is the administrator."""
    with Svara((ANNA, BOB, CECILIE, DAG)) as svara:
        office = json.loads(office_file((ANNA, BOB, CECILIE, DAG)))
        office["queues"] = [{"name": "support", "extension": "600", "members": ["dag"], "ring": 60}]
        svara.apply(json.dumps(office))
        yield svara


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


def window(chromium: Browser, svara: Svara, username: str, path: str) -> Page:
    """Somebody's page, signed in, that hears news and was never loaded again."""
    page = chromium.new_context(locale="en").new_page()
    page.goto(f"http://{svara.http}/sign-in/")
    page.fill("#name", f"{username}@acme.test")
    page.fill("#password", f"password-of-{username}")
    page.press("#password", "Enter")
    page.wait_for_selector(".app")
    page.goto(f"http://{svara.http}{path}")
    page.wait_for_selector('html[data-live="on"]', state="attached")
    page.evaluate("window.notReloaded = true")
    return page


@pytest.mark.claim("PHO-4")
def test_the_board_follows_a_call_from_the_line_to_the_figures_of_the_day(
    svara: Svara, chromium: Browser, tmp_path: Path
) -> None:
    board, own = window(chromium, svara, "anna", "/queues/support/"), window(chromium, svara, "dag", "/queues/")
    expect(own.get_by_role("region", name="My state")).to_contain_text("none of your phones is online")
    with Baresip(tmp_path, svara.account("bob-desk")) as bob:
        bob.dial("600")
        bob.wait_state("talking")
        expect(board.locator("#waiting-count")).to_have_text("1")
        expect(own.locator("[id^=waiting-]")).to_contain_text("Bob Dahl")
        own.get_by_role("button", name="Log out", exact=True).first.click()
        expect(own.get_by_role("button", name="Log in and take calls")).to_be_visible()
        with Linphone(tmp_path, svara.account("dag-desk")) as dag:
            expect(board.locator("[id^=agent-]")).to_contain_text("Logged out")
            own.get_by_role("button", name="Log in and take calls").click()
            dag.wait_state("incoming")
            expect(own.locator("[id^=waiting-]")).to_contain_text("rings at an agent")
            dag.answer()
            expect(board.locator("#waiting-count")).to_have_text("0")
            expect(board.locator("[id^=talk-]")).to_contain_text("Dag Foss")
            expect(own.get_by_role("region", name="My state")).to_contain_text("Talking")
            bob.hangup()
            dag.wait_state("idle")
            expect(board.locator("[id^=talk-]")).to_have_count(0)
            expect(board.locator("#queue-today .tile", has_text="Answered today")).to_contain_text("1")
            own.get_by_role("button", name="Pause …").click()
            own.get_by_role("button", name="Lunch").click()
            expect(board.locator("[id^=agent-]")).to_contain_text("Paused: Lunch")
    for page in (board, own):
        assert page.evaluate("window.notReloaded") is True
