"""What stands in a notification, in the language of its reader.

Who called only where the person chose so for that browser.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from svara.calls.events import Party
from svara.people.models import PushDevice
from svara.push.ringing import Kind, Wish
from svara.push.vapid import base64url

MAX_NAME: Final = 80
_NOBODY: Final = frozenset({"", "anonymous"})
_ABOUT: Final[dict[Kind, str]] = {"ring": "call", "over": "call", "missed": "call", "message": "message"}
TRIAL: Final = "trial"
HOME, HISTORY, VOICEMAIL, SETTINGS = "/", "/history/", "/voicemail/", "/profile/browser-phone/"
"""Where a tap leads."""


def topic_of(device: PushDevice, kind: Kind, about: str) -> str:
    """By which a push service knows that a message replaces another one (at most 32 signs, RFC 8030 section 5.4), and the
    browser which notification it belongs to. It has nothing in common with that of another browser."""
    return _mark(f"{device.id}:{_ABOUT[kind]}:{about}")


def content(device: PushDevice, wish: Wish) -> bytes:
    """What the service worker gets (`assets/push/worker.js`)."""
    with translation.override(language_of(device)):
        return msgspec.json.encode(
            {"tag": topic_of(device, wish.kind, wish.about), "kind": wish.kind, **_said(device, wish)}
        )


def trial(device: PushDevice) -> tuple[str, bytes]:
    """Topic and content of a notification that only shows that they come."""
    topic = _mark(f"{device.id}:{TRIAL}")
    with translation.override(language_of(device)):
        said = {"title": _("It works"), "body": _("This is how Svara tells you here of a call."), "url": SETTINGS}
    return topic, msgspec.json.encode({"tag": topic, "kind": "message", **said})


def language_of(device: PushDevice) -> str:
    """The language that its person chose, else that of the browser."""
    known = dict(settings.LANGUAGES)
    return next((each for each in (device.account.language, device.language) if each in known), "en")


def _said(device: PushDevice, wish: Wish) -> dict[str, Any]:
    who = _who(wish.caller) if device.names and wish.caller is not None else ""
    match wish.kind:
        case "ring":
            about = _("Tap to open Svara and answer.")
            return {"title": who or _("Incoming call"), "body": about, "url": HOME, "until": wish.until}
        case "over":
            return {"title": _("The call is over"), "body": "", "url": HISTORY}
        case "missed":
            return {"title": _("Missed call"), "body": who, "url": HISTORY}
        case "message":
            return {"title": _("New voice message"), "body": "", "url": VOICEMAIL}


def _who(caller: Party) -> str:
    if caller.number in _NOBODY:
        return _("Unknown number")
    return " · ".join(filter(None, (caller.name[:MAX_NAME], caller.number[:MAX_NAME])))


def _mark(text: str) -> str:
    return base64url(hashlib.blake2b(text.encode(), key=settings.PUSH_SEED, digest_size=18).digest())
