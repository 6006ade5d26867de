"""The service worker in Chromium: a message shows, a tap leads to the page, and what is over goes.

What a push service would hand over is delivered by Chromium's own debugging interface, decrypted as the browser does it;
only `PushManager.subscribe`, which asks the browser maker's servers, is played.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from tests.peers.notified import Notified, played
from tests.peers.pushservice import Subscribed
from tests.web.browsing import WIDTHS, Visit
from tests.web.office import PASSWORD, Company
from tests.web.stage import Stage, eventually

from svara.people.models import PushDevice

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.claim("ADV-8")]


class Window:
    """Anna's browser, with notifications allowed."""

    def __init__(self, playwright: Playwright, stage: Stage, folder: Path, width: int = 1280) -> None:
        self.stage = stage
        self.context: BrowserContext = playwright.chromium.launch_persistent_context(
            folder,
            executable_path="/usr/bin/chromium",
            args=["--headless=new", "--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"],
            viewport={"width": width, "height": 900},
            locale="en",
            permissions=["notifications", "microphone"],
        )
        self.page = self.context.pages[0]
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, path: str = "/") -> None:
        page = self.page
        page.goto(f"{self.stage.url}/sign-in/?next={path}")
        page.fill("#name", "anna@acme.test")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_selector(".app")
        active = "() => navigator.serviceWorker.ready.then(one => one.active.state === 'activated')"
        assert eventually(lambda: bool(page.evaluate(active)), 30)

    def notified(self) -> Notified:
        return Notified(self.context, self.page, self.stage.url)

    def push(self, **content: Any) -> None:
        self.notified().deliver(json.dumps(content))

    def shown(self) -> list[dict[str, Any]]:
        return self.notified().shown()

    def wait_shown(self, *titles: str) -> list[dict[str, Any]]:
        return self.notified().wait_shown(*titles)

    def tap(self, tag: str) -> list[str]:
        return self.notified().tap(tag)


@pytest.fixture
def window(playwright: Playwright, stage: Stage, acme: Company, tmp_path: Path) -> Iterator[Window]:
    one = Window(playwright, stage, tmp_path / "profile")
    yield one
    one.context.close()


def ring(window: Window, tag: str = "t1", seconds: float = 30, **more: Any) -> None:
    told = {"kind": "ring", "tag": tag, "title": "Incoming call", "body": "Tap to open Svara and answer.", "url": "/"}
    window.push(**told, until=time.time() + seconds, **more)


def test_a_call_shows_until_it_is_over(window: Window) -> None:
    window.sign_in()
    ring(window)
    (shown,) = window.wait_shown("Incoming call")
    assert (shown["body"], shown["stays"], shown["tag"], shown["url"]) == ("Tap to open Svara and answer.", True, "t1", "/")
    ring(window, "t2")
    assert len(window.wait_shown("Incoming call", "Incoming call")) == 2
    window.push(kind="over", tag="t1", title="The call is over", url="/history/")
    window.wait_shown("Incoming call")
    assert window.shown()[0]["tag"] == "t2"
    window.push(kind="missed", tag="t2", title="Missed call", body="Kari Nordmann", url="/history/")
    (missed,) = window.wait_shown("Missed call")
    assert (missed["tag"], missed["body"], missed["stays"]) == ("t2", "Kari Nordmann", False)
    assert window.complaints == []


def test_that_it_was_missed_stays_when_the_end_was_told_before(window: Window) -> None:
    window.sign_in()
    ring(window)
    window.wait_shown("Incoming call")
    window.push(kind="over", tag="t1", title="The call is over", url="/history/")
    window.push(kind="missed", tag="t1", title="Missed call", body="Kari Nordmann", url="/history/")
    window.push(kind="over", tag="t2", title="The call is over", url="/history/")
    window.wait_shown("Missed call")
    assert window.shown()[0]["tag"] == "t1"


def test_a_call_that_came_too_late_does_not_stay(window: Window) -> None:
    window.sign_in()
    ring(window, seconds=-5)
    assert window.wait_shown("Incoming call")[0]["stays"] is False


def test_whatever_comes_shows_something(window: Window) -> None:
    window.sign_in()
    window.notified().deliver("nonsense")
    window.wait_shown("Svara")
    assert window.tap("svara") == []


def test_a_tap_opens_the_app_or_leads_to_the_page_that_is_open(window: Window) -> None:
    window.sign_in()
    window.page.evaluate("window.same = true")
    window.push(kind="message", tag="m", title="New voice message", url="/voicemail/")
    window.wait_shown("New voice message")
    assert window.tap("m") == []
    expect(window.page).to_have_url(f"{window.stage.url}/voicemail/")
    assert window.page.evaluate("window.same") is True, "the page goes there and loses nothing"
    window.wait_shown()
    ring(window)
    window.wait_shown("Incoming call")
    window.page.goto("about:blank")
    assert window.tap("t1") == [f"{window.stage.url}/"]
    window.page.goto(window.stage.url)
    window.push(kind="message", tag="x", title="Evil", url="https://evil.example/")
    window.wait_shown("Evil")
    window.page.goto("about:blank")
    assert window.tap("x") == [], "nothing leads out of the app"


def turned_on(window: Window, browser: Subscribed) -> Page:
    """Anna turns on the phone in this browser, then the waking."""
    page = window.page
    window.sign_in("/profile/browser-phone/")
    played(page, browser)
    page.locator("#main [data-phone=on]").first.click()
    page.get_by_role("button", name="I agree: turn it on in this browser").click()
    return page


def test_anna_turns_it_on_chooses_and_turns_it_off(window: Window, acme: Company) -> None:
    browser = Subscribed("https://fcm.googleapis.com/fcm/send/annas-browser")
    page = turned_on(window, browser)
    expect(page.get_by_text("Calls show in this browser now")).to_be_visible()
    expect(page.get_by_text("by the push service of Google, encrypted")).to_be_visible()
    asked = page.evaluate("window.asked")
    assert (asked["userVisibleOnly"], len(asked["applicationServerKey"])) == (True, 87)
    page.get_by_label("Missed calls").check()
    assert eventually(lambda: PushDevice.all_tenants.get(account=acme["anna"]).missed, 10)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("The phone system cannot send it at the moment")).to_be_visible()
    page.get_by_role("button", name="Turn it off in this browser").last.click()
    expect(page.get_by_role("button", name="I agree: turn it on in this browser")).to_be_visible()
    assert page.evaluate("PushManager.prototype.getSubscription()") is None
    assert not PushDevice.all_tenants.filter(account=acme["anna"]).exists()
    assert window.complaints == []


def test_who_signs_in_anew_is_told_that_the_browser_is_not_woken_any_more(window: Window) -> None:
    told = "calls do not show in this browser any more"
    page = turned_on(window, Subscribed("https://fcm.googleapis.com/fcm/send/annas-browser"))
    expect(page.get_by_text("Calls show in this browser now")).to_be_visible()
    window.context.clear_cookies()
    window.sign_in()
    expect(page.locator("[data-push-lapsed]")).to_be_hidden()  # another browser of hers, where nothing was ever turned on
    page.add_init_script("PushManager.prototype.getSubscription = async () => ({ options: {} })")
    page.reload()
    expect(page.get_by_text(told)).to_be_visible()
    assert Visit(page, window.stage).barriers() == []
    page.get_by_role("link", name="Turn it on again").click()
    page.get_by_role("button", name="I agree: turn it on in this browser").wait_for()


def test_a_browser_that_reaches_no_push_service_says_so(window: Window, acme: Company) -> None:
    window.page.add_init_script("window.refused = true")
    page = turned_on(window, Subscribed("https://fcm.googleapis.com/fcm/send/x"))
    expect(page.get_by_text("did not reach the push service of its maker")).to_be_visible()
    expect(page.get_by_role("button", name="I agree: turn it on in this browser")).to_be_enabled()
    assert not PushDevice.all_tenants.filter(account=acme["anna"]).exists()


@pytest.mark.parametrize("width", sorted(WIDTHS))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_stands_at_every_width_without_barriers(window: Window, acme: Company, width: int, scheme: str) -> None:
    page = turned_on(window, Subscribed("https://fcm.googleapis.com/fcm/send/annas-browser"))
    expect(page.get_by_text("by the push service of Google, encrypted")).to_be_visible()
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    opened = Visit(page, window.stage)
    for name, path in (("on", "/profile/browser-phone/"), ("devices", "/profile/devices/")):
        opened.go(path)
        expect(page.locator("#push-title")).to_be_visible()
        assert opened.overflow() == 0
        assert opened.barriers() == []
        page.locator("#push-title").scroll_into_view_if_needed()
        opened.picture(f"push-{name}-{scheme}-{width}")
