"""Every page there is, for everybody who may open it: none asks a stranger, complains, has a barrier, or is too wide.

Which pages there are is read from the running addresses and from the links on the pages themselves. An address that wants
something in its path and that no page links to is opened with what `furnished.ways_in` says; whoever adds a page that is
reached by neither is told so here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from playwright.sync_api import APIResponse, Browser, Playwright, Route
from playwright.sync_api import TimeoutError as TooLate
from tests.privacy.staff.stories import erik
from tests.web import furnished
from tests.web.browsing import Visit, launch, visit
from tests.web.stage import Stage
from tests.web.support_stories import at_the_door

from svara.web.urls import urlpatterns

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]
Browsers = Callable[..., Client]

_LOOK = re.compile(r'\b(?:class|type|role)="[^"]*"|\b(?:hidden|open|disabled)\b|\baria-(?!current)\w+(?==)')
COLOURS_CHANGED = "() => document.getAnimations().every((one) => one.playState !== 'running')"
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
SETTLED_MS = 3_000
STRANGER = "http://stranger.example/seen.png"
WIDE_TABLE = "<table><tr><td>" + "x" * 600 + "</td></tr></table>"
BAD = f'<script>alert(1)</script><button></button>{WIDE_TABLE}<img src="{STRANGER}" alt="">'
WIDE, WIDTHS = 1440, (3840, 768, 360)
"""A page is loaded once; then its window grows and shrinks."""
ROUTES = {pattern.name: f"/{pattern.pattern}" for pattern in urlpatterns if getattr(pattern, "name", None)}
REACHED_BY_LETTER = {"my-correction-confirm", "news-confirm", "news-withdraw", "staff-invitation"}
"""By a secret that only a letter has. What they say of one that is wrong is looked at."""
FOR_PROGRAMS = {
    "app-manifest",
    "carddav",
    "carddav-below",
    "carddav-well-known",
    "phonebook-xml",
    "provision",
    "service-worker",
}
"""Answers to phones and to the browser itself."""
FILES = {
    "administration-prompt-sound",
    "export-fetch",
    "my-receipt",
    "privacy-erase-receipt",
    "privacy-outside-receipt",
    "privacy-package",
    "recording",
    "statistics-export",
    "voicemail-sound",
}
"""What is fetched, not opened."""
OTHERWISE = {
    "administration-prompt": "a part of the page of menus: tests/web/test_menus_browser.py",
    "conference": "a part of the page of conferences",
    "news": "only with a mail server: tests/web/test_letters.py",
    "privacy-erase-job": "while somebody is erased",
    "queue-member": "a part of a queue's page",
    "queue-today": "a part of a queue's page",
    "start-with": "only before there is a company",
}.keys()
"""What is no page here, and why."""


@dataclass
class Tour:
    """What was met on the way through all pages."""

    browser: Browser
    stage: Stage
    met: set[str] = field(default_factory=set)
    """Names of the addresses that are pages."""
    looked_at: set[tuple[str, str]] = field(default_factory=set)
    """By language, of what pages are made that were measured and searched for barriers: once is enough."""
    faults: list[str] = field(default_factory=list)
    seen: int = 0
    opened: int = 0

    def go(self, who: str, signed_in: Client | None, first: list[str], languages: tuple[str, ...]) -> None:
        """Open every page that somebody gets to, beginning with these."""
        with visit(self.browser, self.stage, width=WIDE) as window:
            if signed_in is not None:
                _sign_in(window, signed_in)
            found: dict[str, str] = {}
            for language in languages:
                window.page.context.set_extra_http_headers({"Accept-Language": language})
                found = self._again(window, found, language) if found else self._pages(window, first)
                for path, html in found.items():
                    self._see(window, f"{who}, {language}, {path}", path, language, html)

    def _again(self, window: Visit, found: dict[str, str], language: str) -> dict[str, str]:
        """The same pages in another language."""
        spoken = {"Accept-Language": language}
        return {path: window.page.request.get(self.stage.url + path, headers=spoken).text() for path in found}

    def _pages(self, window: Visit, first: list[str]) -> dict[str, str]:
        """Every page that they are given, one of a kind, with its text."""
        waiting, seen, pages = list(first), set[str](), dict[str, str]()
        while waiting:
            path = waiting.pop(0)
            kind = _kind(path)
            if not kind or kind in seen:
                continue
            seen.add(kind)
            answer = window.page.request.get(self.stage.url + path, max_redirects=0)
            if answer.status >= 500:
                self.faults.append(f"{path}: {answer.status}")
            if _is_page(answer):
                pages[path] = answer.text()
                self.met.add(kind.partition(" ")[0])
                waiting += _links(answer.text())
        return pages

    def _see(self, window: Visit, where: str, path: str, language: str, html: str) -> None:
        """Open it, unless it is made of the same as pages that were: then whom it would ask stands in its text."""
        self.seen += 1
        if {(language, piece) for piece in _pieces(html)} <= self.looked_at:
            self.faults += [f"{where}: {fault}" for fault in _faults_in(html)]
        else:
            self._open(window, where, path, language)

    def _open(self, window: Visit, where: str, path: str, language: str) -> None:
        page = window.page
        window.requests.clear()
        window.complaints.clear()
        answer = page.goto(self.stage.url + path)
        assert answer is not None
        self.opened += 1
        pieces = {(language, piece) for piece in _pieces(answer.text())}
        if not pieces <= self.looked_at:
            self.looked_at |= pieces
            self._look(window, where, axe=language == "en")
        own = (f"{self.stage.url}/", "data:", "blob:")
        self.faults += [f"{where}: asks {url}" for url in window.requests if not url.startswith(own)]
        self.faults += [f"{where}: {complaint}" for complaint in window.complaints]

    def _look(self, window: Visit, where: str, *, axe: bool) -> None:
        page, name = window.page, re.sub(r"\W+", "-", where).strip("-")[:120]
        self._measure(window, where, WIDE)
        if axe:
            window.picture(name)
            self.faults += [f"{where}: {barrier}" for barrier in window.barriers()]
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            page.wait_for_function(COLOURS_CHANGED)
            self.faults += [f"{where}, dark: {barrier}" for barrier in window.barriers(colours_alone=True)]
            page.emulate_media(color_scheme="light")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            self._measure(window, where, width)
        if axe:
            window.picture(f"{name}-{WIDTHS[-1]}")
        page.set_viewport_size({"width": WIDE, "height": 900})

    def _measure(self, window: Visit, where: str, width: int) -> None:
        try:
            window.page.wait_for_function(FITS, timeout=SETTLED_MS)  # a window that was just made narrower has not settled
        except TooLate:
            too_wide_px = window.overflow()
            if too_wide_px > 0:  # else it has settled since
                self.faults.append(f"{where}: {too_wide_px} px too wide at {width}")


def _sign_in(window: Visit, signed_in: Client) -> None:
    window.page.context.add_cookies(
        [{"name": name, "value": cookie.value, "url": window.stage.url} for name, cookie in signed_in.cookies.items()]
    )


def _kind(path: str) -> str:
    """Which page this is, whatever it is about: its name, for parts of the administration the part, and what it is asked."""
    parts = urlsplit(path)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return ""
    asked = "&".join(sorted(key for key in parse_qs(parts.query) if key not in {"next", "cursor"}))
    return " ".join((match.url_name or "", str(match.kwargs.get("section", "")), asked)).strip()


def _is_page(answer: APIResponse) -> bool:
    return answer.ok and "text/html" in answer.headers.get("content-type", "") and "<html" in answer.text()[:2000]


def _links(html: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(/[^"#]*)', html) if not link.startswith("/static/")]


def _faults_in(html: str) -> list[str]:
    """Whom a page would ask, and what the browser would refuse to run, by its text."""
    asked = re.findall(r'\s(?:src|srcset|poster|data|action|formaction)="((?:https?:)?//[^"]*)', html)
    asked += re.findall(r'<link\b[^>]*\bhref="((?:https?:)?//[^"]*)', html)
    inline = re.findall(r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>|<style\b|\sstyle=\"|\son[a-z]+=\"", html)
    return [f"asks {address}" for address in asked] + [f"Content Security Policy: {tag}" for tag in inline]


def _pieces(html: str) -> set[str]:
    """What a page is made of, without what it says: every three tags that follow each other, with all that decides how they
    look or what they are."""
    tags = [tag + "".join(sorted(_LOOK.findall(rest))) for tag, rest in re.findall(r"<([a-z]\w*)([^>]*)>", html)]
    return {" ".join(three) for three in zip(tags, tags[1:], tags[2:], strict=False)}


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = launch(playwright, light=True)
    yield chromium
    chromium.close()


def without_place() -> list[str]:
    """Every address that wants nothing in its path."""
    return [path for path in ROUTES.values() if "<" not in path]


def test_every_page_for_everybody_in_light_and_dark_at_every_width(
    browser: Browser, stage: Stage, browser_of: Browsers, settings: Any
) -> None:
    settings.DATA = stage.data  # what is sealed here is opened there
    full, empty = furnished.the_demo(), furnished.nothing_yet()
    story = furnished.lived_in(full)
    furnished.in_the_middle_of_the_day(stage, full)
    ways_in = furnished.ways_in(full)
    tour = Tour(browser, stage)
    first = [*without_place(), f"/history/{story}/", "/nothing-here/"]
    letters = [re.sub(r"<\w+:\w+>", "none", ROUTES[name]) for name in sorted(REACHED_BY_LETTER)]
    tour.go("signed out", None, [*ways_in.values(), *letters, *first], ("en", "ru"))
    for who in ("ingrid", "jonas", "olav", "mikkel", "janis"):
        tour.go(who, browser_of(full, who), first, ("en", "ru") if who == "ingrid" else ("en",))
    for who in ("anna", "olle", "sara", "bosse"):
        tour.go(f"{who}, where nothing is yet", browser_of(empty, who), first, ("en",))
    tour.go("the provider's engineer", at_the_door(erik()), first, ("en",))
    assert tour.faults == [], f"{len(tour.faults)} faults:\n" + "\n".join(tour.faults)
    assert tour.seen > 600
    assert tour.opened > 100
    with visit(browser, stage) as window:
        _sign_in(window, browser_of(full, "ingrid"))
        unmet = sorted(ROUTES.keys() - tour.met - FOR_PROGRAMS - FILES - OTHERWISE - REACHED_BY_LETTER)
        forgotten = [name for name in unmet if "<" in ROUTES[name] and _could_be_a_page(window, ROUTES[name])]
    assert forgotten == [], "no page leads there: say in furnished.ways_in how one gets to them, or link to them"


def _could_be_a_page(window: Visit, route: str) -> bool:
    """Whether anything but a form's answer or a part of a page may be at an address that wants something in its path."""
    path = re.sub(r"<(\w+):\w+>", lambda found: "1" if found[1] == "int" else "none", route)
    answer = window.page.request.get(window.stage.url + path, max_redirects=0)
    return answer.status == 404 or _is_page(answer)


def test_what_is_looked_for_is_found(browser: Browser, stage: Stage) -> None:
    """Each fault of a page with all of them is told: the tour above can fail."""
    with visit(browser, stage, width=WIDE) as window:
        tour = Tour(browser, stage)

        def spoil(route: Route) -> None:
            answer = route.fetch()
            body = answer.text().replace("</main>", f"{BAD}</main>")
            route.fulfill(response=answer, body=body)

        window.page.route("**/sign-in/", spoil)
        tour._open(window, "here", "/sign-in/", "en")
    said = "\n".join(tour.faults)
    assert _faults_in(BAD) == [f"asks {STRANGER}", "Content Security Policy: <script>"]
    assert f"asks {STRANGER}" in said
    assert "Content Security Policy" in said
    assert "button-name" in said
    assert "px too wide at 360" in said
