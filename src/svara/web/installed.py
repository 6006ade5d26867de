"""Svara as an app that browsers install: its manifest (W3C), its service worker, and its page without a connection.

None of the three says anything about who asks: they are the same for everybody, and the only things that a browser keeps.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from typing import Any

import msgspec
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from svara.web import static_files

PAPER = "#f4f6f6"
"""The colour around a page, as in `tokens.css`."""
BAR = "#ffffff"
"""The colour of what is at its top; that in the dark stands in `base.html`."""
SIZES = (192, 512)
SHORTCUT_PIXELS = 96


def languages() -> tuple[str, ...]:
    return tuple(code for code, _name in settings.LANGUAGES)


def manifest(language: str) -> dict[str, Any]:
    """The manifest of the app in a language (W3C Web Application Manifest)."""
    with translation.override(language):
        shortcuts = [
            (pgettext("shortcut", "Call a number"), reverse("home") + "#dial", "phone"),
            (_("Call history"), reverse("history"), "history"),
            (_("Voicemail"), reverse("voicemail"), "voicemail"),
        ]
        return {
            "id": "/",
            "name": "Svara",
            "short_name": "Svara",
            "description": _("The company's phone: who can be reached, calls, voicemail."),
            "lang": language,
            "dir": "ltr",
            "start_url": reverse("home"),
            "scope": "/",
            "display": "standalone",
            "background_color": PAPER,
            "theme_color": BAR,
            "categories": ["business", "communication"],
            "icons": [
                _icon(f"icon-{purpose}-{size}.png", size, purpose) for purpose in ("any", "maskable") for size in SIZES
            ],
            "shortcuts": [
                {"name": name, "url": url, "icons": [_icon(f"shortcut-{sign}.png", SHORTCUT_PIXELS, "any")]}
                for name, url, sign in shortcuts
            ],
        }


@cache
def shell(language: str) -> str:
    """The page that stands in where the server cannot be reached."""
    with translation.override(language):
        return render_to_string("web/offline.html")


@cache
def version() -> str:
    """Another one whenever what browsers keep of us is another."""
    digest = hashlib.blake2s(digest_size=8)
    for language in languages():
        digest.update(shell(language).encode())
    digest.update(msgspec.json.encode(static_files.manifest(), order="deterministic"))
    return digest.hexdigest()


def release() -> str:
    """The version of Svara that is installed; that of the sources where nothing is installed."""
    try:
        return metadata.version("svara")
    except metadata.PackageNotFoundError:
        return "0.1.0"


def worker() -> str:
    """The service worker's program, with what it keeps, and where it tells of another address of its push service."""
    main = static_files.manifest()["main.ts"]
    parts = [static_files.PREFIX + file for file in (*main.css, *main.assets)]
    parts += [static_files.address(name) for name in ("offline.ts", "mark.svg")]
    kept = {
        "version": version(),
        "shells": {language: reverse("offline", args=[language]) for language in languages()},
        "parts": parts,
        "push": {
            "state": reverse("push-state"),
            "renew": reverse("push-renew"),
            "icon": static_files.address(f"icon-any-{SIZES[0]}.png"),
        },
    }
    program = (static_files.DIST / static_files.manifest()["service-worker.js"].file).read_text(encoding="utf-8")
    return f"self.svara = {msgspec.json.encode(kept).decode()};\n{program}"


def _icon(name: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": static_files.address(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
