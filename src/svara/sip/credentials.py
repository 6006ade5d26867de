"""Answering challenges: our side of digest authentication, towards whoever asks us (RFC 3261 22.2 and 22.3, RFC 7616).

A request goes out bare and comes again with credentials when it is challenged. A server that hands out one nonce many times
sees its count grow, as the standard wants. A secret that was refused is not sent again: who goes on asking gets further
credentials only when the nonce is said to have been stale, and not more than a few times, so that nothing goes in circles.
"""

from __future__ import annotations

from random import Random
from typing import Final

from svara.sip.digest import respond
from svara.sip.errors import SipError
from svara.sip.headers import parse_authorization
from svara.sip.message import Request, Response

CHALLENGES: Final = frozenset({401, 407})

_ANSWERS: Final = {401: ("www-authenticate", "Authorization"), 407: ("proxy-authenticate", "Proxy-Authorization")}
_MAX_CHALLENGES: Final = 8
_MAX_TRIES: Final = 3
_REMEMBERED: Final = 64


class Credentials:
    """A login and its secret at one peer. With an empty login nothing is ever answered."""

    __slots__ = ("_counts", "_random", "_secret", "login")

    def __init__(self, login: str, secret: str, randomness: Random) -> None:
        self.login = login
        self._secret = secret
        self._random = randomness
        self._counts: dict[str, int] = {}

    def answer(self, request: Request, response: Response, tries: int) -> bool:
        """Put credentials for the challenge in `response` into `request`, to be sent again with its next CSeq.

        `tries` is how often a challenge of this request was answered already. False when there is no answer: no login, no
        challenge that we understand, or the secret was refused.
        """
        names = _ANSWERS.get(response.status)
        if names is None or not self.login or tries >= _MAX_TRIES:
            return False
        asked, header = names
        by_realm = _by_realm(response.all(asked)[:_MAX_CHALLENGES], stale=tries > 0)
        request.remove(header)
        values = [value for challenges in by_realm.values() if (value := self._value(challenges, request))]
        for value in values:
            request.add(header, value)
        return bool(values)

    def _value(self, challenges: list[str], request: Request) -> str:
        nonce = parse_authorization(challenges[0]).get("nonce", "")
        count = self._counts.pop(nonce, 0) + 1
        if len(self._counts) >= _REMEMBERED:
            self._counts.pop(next(iter(self._counts)))
        self._counts[nonce] = count
        cnonce = f"{self._random.getrandbits(64):016x}"
        try:
            return respond(
                challenges,
                request.method,
                request.uri,
                self.login,
                self._secret,
                cnonce=cnonce,
                nc=count,
                body=request.body,
            )
        except SipError:
            return ""


def _by_realm(values: list[str], *, stale: bool) -> dict[str, list[str]]:
    """Challenges of one realm are alternatives (RFC 8760 section 2.4), those of several realms all want an answer. `stale`:
    only those that say so of the nonce that was tried."""
    found: dict[str, list[str]] = {}
    for value in values:
        try:
            challenge = parse_authorization(value)
        except SipError:
            continue
        if challenge.get("realm") is not None and (not stale or challenge.get("stale", "").lower() == "true"):
            found.setdefault(challenge["realm"], []).append(value)
    return found
