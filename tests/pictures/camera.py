"""A browser in which Ingrid looks around while the office works."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect

MAX_BYTES = 200_000
WIDE, TALL, PHONE = (1360, 850), (1360, 1000), (390, 844)
Scheme = Literal["light", "dark"]


class Camera:
    """Signed in as Ingrid, who administers the office."""

    def __init__(self, browser: Browser, url: str, target: Path) -> None:
        self._browser, self._url, self._target = browser, url, target

    def take_all(self, story: str) -> None:
        with self._window(WIDE) as page:
            self._call_elias(page)
            self._keep(page, "people")
            page.locator("#phone").get_by_role("button", name="Hang up").click()
            expect(page.get_by_text("Ingrid Solheim → Elias Ekko")).to_be_hidden()
            for name, path, size in (
                ("story", f"/history/{story}/", TALL),
                ("statistics", "/statistics/mine/?span=month", TALL),
                ("menus", "/administration/menus/", TALL),
            ):
                page.set_viewport_size({"width": size[0], "height": size[1]})
                self._go(page, path)
                if name == "menus":
                    page.locator("input[name=view][value=fit]").check(force=True)
                    page.evaluate("document.querySelector('h1').scrollIntoView()")
                self._keep(page, name)
        with self._window(WIDE, "dark") as page:
            self._go(page, "/history/")
            self._keep(page, "history")
            self._go(page, "/queues/")
            page.get_by_role("link", name="workshop", exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_have_text("workshop")
            self._keep(page, "queue")
        pair = []
        for scheme, path in (("light", "/"), ("dark", "/history/")):
            with self._window(PHONE, scheme) as page:
                self._go(page, path)
                pair.append(page.screenshot())
        self._write(_beside(pair), "pocket")

    def _call_elias(self, page: Page) -> None:
        page.get_by_role("button", name="Phone Off").click()
        page.get_by_role("button", name="Turn on the phone").click()
        expect(page.get_by_role("button", name="Phone Ready")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Phone Ready").click()
        page.locator("#phone-number").fill("108")
        page.locator("#phone").get_by_role("button", name="Call", exact=True).first.click()
        expect(page.locator("#phone").get_by_role("button", name="Hang up")).to_be_visible(timeout=30_000)
        expect(page.locator("#phone").get_by_text("Good sound")).to_be_visible(timeout=60_000)

    @contextmanager
    def _window(self, size: tuple[int, int], scheme: Scheme = "light") -> Iterator[Page]:
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale="en-GB", reduced_motion="reduce",
            timezone_id="Europe/Oslo", device_scale_factor=2 if size == PHONE else 1.25,
        )  # fmt: skip
        page = context.new_page()
        page.goto(f"{self._url}/sign-in/")
        page.fill("#name", "ingrid@fjellvik.example")
        page.fill("#password", "velkommen-ingrid")
        page.press("#password", "Enter")
        page.wait_for_selector('html[data-live="on"]', state="attached")
        try:
            yield page
        finally:
            context.close()

    def _go(self, page: Page, path: str) -> None:
        page.goto(self._url + path)
        page.wait_for_selector('html[data-live="on"]', state="attached")

    def _keep(self, page: Page, name: str) -> None:
        page.evaluate("document.fonts.ready")
        self._write(Image.open(BytesIO(page.screenshot())), name)

    def _write(self, picture: Image.Image, name: str) -> None:
        place = self._target / f"{name}.webp"
        picture.convert("RGB").save(place, quality=84, method=6)
        size = place.stat().st_size
        assert size < MAX_BYTES, f"{place} has {size} bytes"
        sys.stdout.write(f"{place} {size // 1000} kB\n")


def _beside(pictures: list[bytes]) -> Image.Image:
    """Windows of a telephone, side by side."""
    opened = [Image.open(BytesIO(each)) for each in pictures]
    gap = 48
    whole = Image.new("RGB", (sum(each.width for each in opened) + gap * (len(opened) - 1), opened[0].height), "#8a989c")
    left = 0
    for each in opened:
        whole.paste(each, (left, 0))
        left += each.width + gap
    return whole
