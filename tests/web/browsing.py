"""Chromium for the tests of the pages: Debian's own, driven by Playwright; what it loads and says is written down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, Page, Playwright, expect
from tests.patience import patience
from tests.web.office import PASSWORD
from tests.web.stage import Stage

from svara.calls.commands import Request
from svara.web.build import MODULES, ROOT

ARTEFACTS = ROOT / "artefacts"
"""Screenshots go here; Git does not hold them."""
WHOLE, SHELL = Path("/usr/bin/chromium"), Path("/usr/bin/chromium-headless-shell")
WIDTHS = {1440: 900, 768: 1024, 360: 740}
AXE = MODULES / "axe-core" / "axe.min.js"
AXE_RUN = "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})"
COLOURS = ["color-contrast", "link-in-text-block"]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Asked = TypeVar("Asked", bound=Request)


def launch(playwright: Playwright, *more: str, light: bool = False) -> Browser:
    """`more`: further arguments of Chromium. `light`: the one without windows, where it is installed, for it takes a third
    less of the machine; but it knows no permissions, and so no microphone that is refused."""
    return playwright.chromium.launch(
        executable_path=SHELL if light and SHELL.exists() else WHOLE,
        args=[
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            *more,
        ],
    )


def with_microphone(sound: Path) -> tuple[str, ...]:
    """Arguments of a Chromium whose microphone hears this file over and over, from when it is turned on; nobody is asked."""
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
        "--autoplay-policy=no-user-gesture-required",
    )


class Visit:
    """One person's visit with one browser window."""

    def __init__(self, page: Page, stage: Stage) -> None:
        self.page = page
        self.stage = stage
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        expected = "the server responded with a status of 4", "Service Worker registration blocked by Playwright"
        if message.type in {"error", "warning"} and not any(words in message.text for words in expected):
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(self.stage.url + path)

    def sign_in(self, name: str, path: str = "/") -> None:
        self.go(f"/sign-in/?next={path}")
        self.page.fill("#name", name)
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_selector(".app")

    def live(self) -> None:
        """Wait until the page hears news."""
        self.page.wait_for_selector('html[data-live="on"]', state="attached")

    def seconds_until(self, selector: str, words: str) -> float:
        """How long it takes, from now on, until `words` stand in the first `selector`; looked at for every frame painted."""
        began = time.monotonic()
        self.page.wait_for_function(
            "([selector, words]) => document.querySelector(selector)?.textContent.includes(words)",
            arg=[selector, words],
            polling="raf",
            timeout=patience(10_000),
        )
        return time.monotonic() - began

    def asked(self, stage: Stage, kind: type[Asked], count: int) -> list[Asked]:
        """What the page asked of the calls process, as soon as that is so much, in order."""
        until = time.monotonic() + patience(10)
        while True:
            found = [one for one in stage.asked if isinstance(one, kind)]
            if len(found) >= count or time.monotonic() > until:
                return found
            self.page.wait_for_timeout(20)

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def barriers(self, *, colours_alone: bool = False) -> list[str]:
        """What axe-core objects to on this page, one line each; or what of it may change with light and dark."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        only = {"type": "rule", "values": COLOURS} if colours_alone else {"type": "tag", "values": STANDARDS}
        found = self.page.evaluate(AXE_RUN, only)
        return [
            f"{violation['id']}: {violation['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def picture(self, name: str) -> Path:
        """Keep a screenshot."""
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


@contextmanager
def visit(
    browser: Browser,
    stage: Stage,
    *,
    width: int = 1440,
    scheme: str = "light",
    language: str = "en",
    worker: bool = False,
) -> Iterator[Visit]:
    """`worker`: with the app's service worker; without it a test may play the server by `page.route`."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS.get(width, 900)},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=language,
        reduced_motion="reduce",
        service_workers="allow" if worker else "block",
    )
    expect.set_options(timeout=patience(5_000))
    context.set_default_timeout(patience(30_000))
    try:
        yield Visit(context.new_page(), stage)
    finally:
        context.close()
