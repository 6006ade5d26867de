"""Svara as an installed app: manifest, service worker and the page without a connection say nothing about anybody."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from tests.web.office import Company

from svara.web import installed, static_files
from svara.web.build import WEB

LANGUAGES = [code for code, _name in settings.LANGUAGES]


def pixels(address: str) -> tuple[int, int]:
    """Width and height of a PNG file among the assets."""
    data = (static_files.DIST / address.removeprefix(static_files.PREFIX)).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_names_what_a_browser_asks_of_an_app(language: str, db: None) -> None:
    answer = Client().get(f"/app/{language}.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    found = json.loads(answer.content)
    assert (found["id"], found["start_url"], found["scope"], found["display"]) == ("/", "/", "/", "standalone")
    assert (found["name"], found["lang"]) == ("Svara", language)
    icons = {(icon["sizes"], icon["purpose"]): icon["src"] for icon in found["icons"]}
    assert set(icons) == {(f"{size}x{size}", purpose) for size in (192, 512) for purpose in ("any", "maskable")}
    for (sizes, _purpose), address in icons.items():
        assert f"{pixels(address)[0]}x{pixels(address)[1]}" == sizes
    assert [shortcut["url"] for shortcut in found["shortcuts"]] == ["/#dial", "/history/", "/voicemail/"]
    assert {pixels(shortcut["icons"][0]["src"]) for shortcut in found["shortcuts"]} == {(96, 96)}


def test_the_manifest_is_in_the_readers_language(db: None) -> None:
    names = {
        language: [
            shortcut["name"] for shortcut in json.loads(Client().get(f"/app/{language}.webmanifest").content)["shortcuts"]
        ]
        for language in LANGUAGES
    }
    assert len({" ".join(one) for one in names.values()}) == len(LANGUAGES)
    assert names["nb"][0] == "Ring et nummer"
    assert Client().get("/app/xx.webmanifest").status_code == 404


def test_each_page_names_manifest_icon_and_colours(acme: Company, browser_of: Callable[..., Client]) -> None:
    for browser, path in ((Client(), "/sign-in/"), (browser_of(acme, "anna"), "/")):
        page = browser.get(path).content.decode()
        assert '<link rel="manifest" href="/app/en.webmanifest">' in page
        assert '<link rel="apple-touch-icon" href="/static/assets/icon-maskable-192' in page
        assert f'data-version="{installed.version()}"' in page
        colours = dict(
            re.findall(r'<meta name="theme-color" content="(#\w+)" media="\(prefers-color-scheme: (\w+)\)"', page)
        )
        tokens = (WEB / "assets" / "styles" / "tokens.css").read_text(encoding="utf-8")
        light, dark = re.findall(r"--surface: light-dark\((#\w+), (#\w+)\)", tokens)[0]
        assert colours == {light: "light", dark: "dark"}
        assert light == installed.BAR
        assert f"--paper: light-dark({installed.PAPER}," in tokens


def test_the_service_worker_keeps_what_is_there_and_the_same_for_everybody(
    acme: Company, browser_of: Callable[..., Client]
) -> None:
    anna, stranger = browser_of(acme, "anna"), Client()
    answer = stranger.get("/service-worker.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "no-cache"
    assert anna.get("/service-worker.js").content == answer.content
    kept = json.loads(answer.content.decode().split(";\n", 1)[0].removeprefix("self.svara = "))
    assert kept["version"] == installed.version()
    assert set(kept["shells"]) == set(LANGUAGES)
    for part in kept["parts"]:
        assert (static_files.DIST / part.removeprefix("/static/")).is_file(), part
    for language, address in kept["shells"].items():
        page = stranger.get(address)
        assert page.status_code == 200
        assert anna.get(address).content == page.content
        assert f'<html lang="{language}"' in page.content.decode()
        assert "Anna" not in page.content.decode()
        assert page.cookies == {}


def test_what_the_page_without_connection_needs_is_kept(db: None) -> None:
    kept = json.loads(Client().get("/service-worker.js").content.decode().split(";\n", 1)[0].removeprefix("self.svara = "))
    page = Client().get("/offline/en/").content.decode()
    wanted = set(re.findall(r'"(/static/[^"#]+)"', page)) - {static_files.address("icon-maskable-192.png")}
    assert wanted
    assert wanted <= set(kept["parts"])
    assert Client().get("/offline/xx/").status_code == 404


def test_another_style_or_another_text_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = installed.version()
    manifest = static_files.manifest()
    changed = manifest | {"main.ts": static_files.Entry("assets/main-other.js", manifest["main.ts"].css)}
    monkeypatch.setattr(static_files, "manifest", lambda: changed)
    installed.version.cache_clear()
    other = installed.version()
    monkeypatch.undo()
    monkeypatch.setattr(installed, "shell", lambda language: f"other words in {language}")
    installed.version.cache_clear()
    assert len({before, other, installed.version()}) == 3
    monkeypatch.undo()
    installed.version.cache_clear()
    assert installed.version() == before


def test_the_policy_of_pages_lets_only_our_own_worker_and_manifest_in(db: None) -> None:
    policy = Client().get("/sign-in/")["Content-Security-Policy"]
    assert "worker-src 'self';" in policy
    assert "manifest-src 'self';" in policy
    assert "unsafe" not in policy
    assert "blob:" not in policy
