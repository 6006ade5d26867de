"""From an empty data folder to a ringing phone: Kari opens the printed link, makes her company, adds people, and tries
the phone in her browser; the sound that comes back is measured there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from tests.peers.browser import PHONE, BrowserPhone
from tests.peers.server import Svara

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

KARI_HZ = 440


class Empty(Svara):
    """An installation without any company."""

    def __enter__(self) -> Svara:
        self.start()
        return self


@pytest.fixture
def empty() -> Iterator[Svara]:
    build()
    with Empty(()) as svara:
        yield svara


def link_of(svara: Svara) -> str:
    """What the operator reads at the start."""
    printed = svara.data.parent / "output"
    svara.until(lambda: printed.exists() and "/start/with/" in printed.read_text())
    found = re.search(r"http://\S+/start/with/\S+", printed.read_text())
    assert found is not None
    return found[0]


def test_from_empty_to_a_ringing_phone(empty: Svara, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        kari = BrowserPhone(playwright, tmp_path, empty, "kari", KARI_HZ)
        page = kari.page
        page.goto(link_of(empty))
        for name, value in {
            "name": "Nordlys AS",
            "timezone": "Europe/Oslo",
            "owner": "Kari Holm",
            "email": "kari@nordlys.example",
            "password": "a-walk-in-the-rain",
        }.items():
            page.fill(f"[name={name}]", value)
        page.select_option("[name=country]", "NO")
        page.get_by_role("button", name="Make the company").click()
        expect(page.get_by_role("heading", name="Your colleagues")).to_be_visible()

        page.fill("#list", "First name\tLast name\tE-mail\nBo\tLund\tbo@nordlys.example\nEva\tNováková\t\n")
        page.get_by_role("button", name="Look what would happen").click()
        expect(page.get_by_text("2 people will be added.")).to_be_visible()
        page.get_by_role("button", name="Add these people").click()
        expect(page.get_by_text("2 people can be called now.")).to_be_visible()
        page.get_by_role("link", name="Go on").click()

        expect(page.get_by_role("heading", name="A phone for you")).to_be_visible()
        page.locator("main [data-phone=on]").click()
        expect(page.get_by_text("1 phone of yours is ready")).to_be_visible(timeout=30_000)
        page.get_by_role("link", name="Go on").first.click()

        page.get_by_role("button", name="Ring my phone").click()
        page.locator("#phone [data-call=answer]").first.click(timeout=30_000)
        expect(page.get_by_role("heading", name="Say something now")).to_be_visible(timeout=30_000)
        page.evaluate(PHONE)
        kari.wait_to_hear(KARI_HZ)
        page.get_by_role("button", name="I hear myself").click(timeout=30_000)
        expect(page.get_by_role("heading", name="Your phone works")).to_be_visible(timeout=30_000)
        kari.close()


def test_a_stranger_takes_over_nothing_and_the_link_is_good_once(empty: Svara, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        thief = BrowserPhone(playwright, tmp_path, empty, "thief", KARI_HZ)
        page = thief.page
        page.goto(f"http://{empty.http}/")
        expect(page.get_by_role("heading", name="Welcome to Svara")).to_be_visible()
        page.fill("#code", "aaaaa-aaaaa-aaaaa-aaaaa")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("is not the code")
        page.goto(f"http://{empty.http}/start/company/")
        expect(page.locator("#code")).to_be_visible()

        page.goto(link_of(empty))
        page.get_by_role("button", name="Open the demo office").click()
        expect(page.get_by_text("The people and numbers here are made up.")).to_be_visible()
        empty.until(lambda: bool(empty.pid_of("demo")), 20, lambda: "the demo's phones do not run")
        page.goto("about:blank")  # a page whose session ends goes to the sign-in by itself
        page.context.clear_cookies()
        page.goto(link_of(empty))
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        thief.close()
