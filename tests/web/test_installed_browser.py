"""Svara as an installed app, in Chromium: it installs, says that there is no connection, and takes new versions in time."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from tests.web.browsing import Visit, visit
from tests.web.office import PASSWORD, Company
from tests.web.stage import Stage, eventually

from svara.web import installed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


class Way:
    """The way from a browser to the server: a proxy that can be cut, and behind which the version may be another."""

    def __init__(self, stage: Stage) -> None:
        self.cut = False
        self.version = installed.version()
        """The one that pages and worker say they are."""
        self.pages_version = ""
        """That of the pages, where it is another one."""
        way = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if way.cut:
                    self.close_connection = True
                    self.connection.close()
                    return
                length = int(self.headers.get("Content-Length") or 0)
                onward = http.client.HTTPConnection(stage.host, timeout=10)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
                onward.request(self.command, self.path, self.rfile.read(length), headers)
                answer = onward.getresponse()
                endless = answer.headers.get_content_type() == "text/event-stream"
                body = b"" if endless else answer.read()
                version = way.version if self.path == "/service-worker.js" else way.pages_version or way.version
                body = body.replace(installed.version().encode(), version.encode())
                self.send_response(204 if endless else answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                        self.send_header(name, value)
                if not endless:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                onward.close()

            do_POST = do_GET  # noqa: N815  the name is http.server's

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def way(stage: Stage) -> Iterator[Way]:
    one = Way(stage)
    yield one
    one.close()


def anna_at(page: Page, way: Way, path: str = "/") -> None:
    """Anna signs in by that way, and the worker is at work."""
    page.goto(f"{way.url}/sign-in/?next={path}")
    page.fill("#name", "anna@acme.test")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector(".app")
    active = "() => navigator.serviceWorker.getRegistration().then(one => one?.active?.state === 'activated')"
    assert eventually(lambda: bool(page.evaluate(active)), 30)
    if not page.evaluate("navigator.serviceWorker.controller !== null"):
        page.reload()  # it began while the page was on its way: it is there from the next page on
    controlled = "() => navigator.serviceWorker.controller?.state === 'activated'"
    assert eventually(lambda: bool(page.evaluate(controlled)), 10)


@pytest.fixture
def window(browser: Browser, way: Way, acme: Company) -> Iterator[Page]:
    """Anna's window, signed in by the way, with a service worker."""
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    anna_at(page, way)
    yield page
    context.close()


@pytest.mark.claim("TB-1")
def test_chromium_finds_nothing_that_keeps_it_from_installing(
    playwright: Playwright, way: Way, acme: Company, tmp_path_factory: pytest.TempPathFactory
) -> None:
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox"]
    )
    page = context.new_page()
    anna_at(page, way)
    chrome = context.new_cdp_session(page)
    errors = chrome.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert errors == []
    found = chrome.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"] == f"{way.url}/app/en.webmanifest"
    context.close()


@pytest.mark.claim("TB-1")
def test_without_a_connection_a_page_says_so_and_goes_on_by_itself(window: Page, way: Way) -> None:
    way.cut = True
    window.goto(f"{way.url}/history/?outcome=missed")
    expect(window.get_by_role("heading", name="No connection")).to_be_visible()
    assert window.url.endswith("/history/?outcome=missed")
    assert window.evaluate("document.fonts.ready.then(() => document.fonts.check('16px \"Onest Variable\"'))")
    expect(window.get_by_role("img").or_(window.locator(".brand img"))).to_have_js_property("complete", True)
    assert window.evaluate("document.querySelector('.brand img').naturalWidth") > 0
    window.get_by_role("link", name="Try again").click()
    expect(window.get_by_role("heading", name="No connection")).to_be_visible()
    way.cut = False
    expect(window.get_by_role("heading", name="Call history")).to_be_visible(timeout=30_000)
    assert window.url.endswith("/history/?outcome=missed")


def test_the_page_without_a_connection_is_in_the_browsers_language(browser: Browser, way: Way, acme: Company) -> None:
    for locale, words in (("ru-RU", "Нет соединения"), ("no", "Ingen forbindelse"), ("fi", "No connection")):
        context = browser.new_context(locale=locale)
        page = context.new_page()
        anna_at(page, way)
        way.cut = True
        page.goto(way.url)
        expect(page.get_by_role("heading", level=1)).to_have_text(words)
        way.cut = False
        context.close()


def test_nothing_about_anybody_stays_in_the_browser(window: Page, way: Way, acme: Company) -> None:
    for path in ("/history/", "/voicemail/", "/profile/", "/administration/people/"):
        window.goto(way.url + path)
    kept = window.evaluate(
        """async () => {
            const found = {};
            for (const name of await caches.keys())
                for (const request of await (await caches.open(name)).keys())
                    found[new URL(request.url).pathname] = await (await caches.match(request)).text();
            return found;
        }"""
    )
    assert kept
    for address, text in kept.items():
        assert address.startswith(("/static/assets/", "/offline/")), address
        assert not any(person.name in text or person.email in text for person in acme.people.values())
    stored = "() => [...Object.entries(localStorage), ...Object.entries(sessionStorage)].flat().join(' ')"
    assert not any(person.name in window.evaluate(stored) for person in acme.people.values())
    window.goto(f"{way.url}/profile/")
    window.get_by_role("button", name="Sign out").last.click()
    expect(window.get_by_role("heading", name="Sign in")).to_be_visible()
    way.cut = True
    window.goto(f"{way.url}/history/")
    expect(window.locator("body")).to_contain_text("No connection")
    expect(window.locator("body")).not_to_contain_text("Anna")


def look_for_a_new_version(window: Page) -> None:
    """What a page does by itself once a minute."""
    window.evaluate("navigator.serviceWorker.getRegistration().then(one => one.update()).then(() => undefined)")


@pytest.mark.claim("ADV-9")
def test_a_new_version_is_told_and_taken_when_wanted(window: Page, way: Way) -> None:
    window.evaluate("window.old = true")
    way.version = "0123456789abcdef"
    look_for_a_new_version(window)
    toast = window.locator("#toasts .toast")
    expect(toast).to_contain_text("A new version of Svara is there")
    window.get_by_role("link", name="History").first.click()
    expect(window.get_by_role("heading", name="Call history")).to_be_visible()
    expect(toast).to_have_count(1)  # it holds on the next page, too
    assert window.evaluate("window.old") is True
    toast.get_by_role("button", name="Use it now").click()
    expect(window.locator("html")).to_have_attribute("data-version", way.version)
    assert window.evaluate("window.old") is None
    told = """async () => {
        const channel = new MessageChannel();
        navigator.serviceWorker.controller.postMessage("version", [channel.port2]);
        return new Promise(resolve => { channel.port1.onmessage = event => resolve(event.data); });
    }"""
    assert eventually(lambda: window.evaluate(told) == way.version, 10)
    expect(toast).to_have_count(0)
    assert eventually(lambda: window.evaluate("caches.keys()") == [f"svara-{way.version}"], 10)


@pytest.mark.claim("ADV-9")
def test_a_new_version_waits_for_the_end_of_a_call_and_of_what_is_written(browser: Browser, way: Way, acme: Company) -> None:
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.clock.install()
    anna_at(page, way)
    page.evaluate("document.documentElement.dataset.inCall = ''")
    page.evaluate("window.old = true")
    way.version = "0123456789abcdef"
    look_for_a_new_version(page)
    expect(page.locator("#toasts .toast")).to_contain_text("never during a call")
    expect(page.get_by_role("button", name="Use it now")).to_be_hidden()
    page.clock.run_for(300_000)
    assert page.evaluate("window.old") is True

    page.evaluate("delete document.documentElement.dataset.inCall")
    page.fill("#dial", "21 00")
    page.clock.run_for(300_000)
    assert page.evaluate("window.old") is True

    page.fill("#dial", "")
    page.clock.run_for(30_000)
    assert page.evaluate("window.old") is True, "she has touched it half a minute ago"
    page.clock.run_for(60_000)
    expect(page.locator("html")).to_have_attribute("data-version", way.version)
    context.close()


def test_a_page_that_is_new_already_says_nothing(window: Page, way: Way) -> None:
    way.version = "0123456789abcdef"
    window.goto(f"{way.url}/voicemail/")
    expect(window.locator("html")).to_have_attribute("data-version", way.version)
    assert eventually(lambda: window.evaluate("caches.keys()") == [f"svara-{way.version}"], 20)
    time.sleep(0.5)
    expect(window.locator("#toasts .toast")).to_have_count(0)


def test_two_servers_of_different_versions_do_not_make_it_load_for_ever(browser: Browser, way: Way, acme: Company) -> None:
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.clock.install()
    anna_at(page, way)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    way.version, way.pages_version = "0123456789abcdef", way.version
    look_for_a_new_version(page)
    expect(page.locator("#toasts .toast")).to_contain_text("A new version of Svara is there")
    loads.clear()
    for _minute in range(4):
        page.clock.run_for(70_000)
        page.wait_for_load_state("networkidle")
    assert len(loads) == 1
    context.close()


def test_the_shortcut_to_calling_a_number_waits_in_its_field(browser: Browser, stage: Stage, acme: Company) -> None:
    with visit(browser, stage) as opened:
        opened.sign_in("anna@acme.test")
        opened.go("/voicemail/")
        opened.go("/#dial")
        expect(opened.page.locator("#dial")).to_be_focused()
        assert opened.complaints == []


def test_the_profile_offers_to_install_where_the_browser_can(browser: Browser, stage: Stage, acme: Company) -> None:
    with visit(browser, stage, width=360) as opened:
        opened.sign_in("anna@acme.test", "/profile/")
        page = opened.page
        install = page.get_by_role("button", name="Install on this device")
        expect(page.get_by_role("heading", name="Svara as an app")).to_be_visible()
        expect(install).to_be_hidden()
        page.evaluate(
            """() => {
                const event = new Event("beforeinstallprompt");
                event.prompt = async () => { window.prompted = true; };
                dispatchEvent(event);
            }"""
        )
        install.click()
        expect(install).to_be_hidden()
        assert page.evaluate("window.prompted") is True
        assert opened.overflow() == 0
        assert opened.barriers() == []
        assert opened.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_without_a_connection_has_no_barrier(browser: Browser, stage: Stage, scheme: str, acme: Company) -> None:
    for width in (1440, 360):
        with visit(browser, stage, width=width, scheme=scheme) as opened:
            opened.go("/offline/en/")
            assert opened.barriers() == []
            assert opened.overflow() == 0
            opened.picture(f"offline-{scheme}-{width}")
            assert isinstance(opened, Visit)
            assert opened.complaints == []
