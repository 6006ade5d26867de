"""A trial: the notification by which somebody sees that their browser shows ours, asked for on a page and sent by the role
`jobs` like all others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec
from django.db import DatabaseError, connection

from svara import log
from svara.people import waking
from svara.push.access import opened
from svara.push.encryption import BrowserKeys, encrypt
from svara.push.sending import Answered, Message, Unreachable
from svara.push.services import Place
from svara.push.words import trial
from svara.sealing.errors import Unreadable

SERVICE: Final = "push"
"""The bus service that answers `Try` by `Tried`."""
TRIAL_SECONDS: Final = 60
WAIT_SECONDS: Final = 12.0
"""So long a page waits for the answer."""
_log = log.get("push.trial")


class Try(msgspec.Struct, frozen=True, tag="try"):
    """Send a trial to this browser (its row's id) of this person."""

    person: str
    device: str


class Tried(msgspec.Struct, frozen=True, tag="tried"):
    """What the push service said: it took the message, the browser is "gone", it "refused" it, or was "unreached"."""

    what: Literal["taken", "gone", "refused", "unreached", "not-found"]


Hand = Callable[[Place, Message], Awaitable[Answered]]
_decode = msgspec.msgpack.Decoder(Try).decode


async def serve(payload: bytes, hand: Hand) -> bytes:
    """The bus's side: decode, send, encode."""
    try:
        asked = _decode(payload)
    except msgspec.DecodeError:
        return msgspec.msgpack.encode(Tried("not-found"))
    return msgspec.msgpack.encode(Tried(await attempt(asked, hand)))


async def attempt(asked: Try, hand: Hand) -> Literal["taken", "gone", "refused", "unreached", "not-found"]:
    """Send it."""
    found = await asyncio.to_thread(_prepared, asked)
    if found is None:
        return "not-found"
    place, keys, topic, content = found
    try:
        answered = await hand(place, Message(encrypt(content, keys), TRIAL_SECONDS, topic, urgent=True))
    except Unreachable:
        return "unreached"
    return "taken" if answered.taken else "gone" if answered.gone else "refused"


def _prepared(asked: Try) -> tuple[Place, BrowserKeys, str, bytes] | None:
    try:
        device = next((one for one in waking.devices(frozenset({asked.person})) if one.id == asked.device), None)
        return None if device is None else (*opened(device), *trial(device))
    except (DatabaseError, Unreadable, ValueError):
        _log.warning("a trial could not be prepared", exc_info=True)
        return None
    finally:
        connection.close()
