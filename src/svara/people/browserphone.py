"""The phone in a person's browser: its login, and the passes with which it registers.

Everybody has one such phone, which exists by itself (`login_of`) and has no secret. A signed-in session is given a *pass*
instead: a user name that names the phone, the session and when the pass ends, and a password that is a keyed hash of that
name (the scheme of draft-uberti-behave-turn-rest-00). Whoever has the installation's secret checks it without asking
anybody; who has only a pass cannot make another one, nor learns anything of a desk phone.

Pure: call control imports it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec

TOPIC_ENDED: Final = "browserphone.ended"
"""Bus topic: sessions were ended, and with them their phones; the payload is `Ended`."""
PASS_SECONDS: Final = 600
"""How long a pass is good for; a browser asks for the next one before."""

_MARK: Final = "~"
"""Begins the login of a browser's phone, as no phone of the office may be called, and parts the pass behind it."""
_MAX_PASS: Final = 128


class Ended(msgspec.Struct, frozen=True):
    """The ids of sessions that stand no more."""

    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """What a browser registers with."""

    login: str
    """The phone: the user part of its address."""
    username: str
    """For the digest (RFC 7616)."""
    password: str


@dataclass(frozen=True, slots=True)
class Read:
    """What stands in the user name of a pass; not that it is genuine."""

    login: str
    session: str
    expires_at: int
    """Seconds since the epoch."""


def login_of(account_id: str) -> str:
    """The login of a person's phone in the browser."""
    return _MARK + account_id


def is_browser(login: str) -> bool:
    """Whether this is the login of a phone in a browser, or the user name of a pass."""
    return login.startswith(_MARK)


def key_of(secret: bytes) -> bytes:
    """The key of all passes, from the installation's secret."""
    return blake2b(secret, person=b"svara browsers").digest()[:32]


def issue(key: bytes, account_id: str, session: str, now: float) -> Pass:
    """A pass for this session, good for `PASS_SECONDS`. `session` has letters and digits alone."""
    login = login_of(account_id)
    username = f"{login}{_MARK}{session}{_MARK}{int(now) + PASS_SECONDS:x}"
    return Pass(login, username, password_of(key, username))


def password_of(key: bytes, username: str) -> str:
    """The password that belongs to the user name of a pass."""
    return urlsafe_b64encode(hmac.digest(key, username.encode(), "sha256")).decode().rstrip("=")


def read(username: str) -> Read | None:
    """What the user name of a pass says; None when it is none."""
    parts = username.split(_MARK)
    if len(parts) != 4 or parts[0] or len(username) > _MAX_PASS or not username.isascii():
        return None
    _, account_id, session, expires = parts
    try:
        return Read(login_of(account_id), session, int(expires, 16))
    except ValueError:
        return None
