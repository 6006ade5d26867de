"""Digest authentication (RFC 3261 22, 7616, 8760): who is asking, without the secret crossing the wire.

The server keeps no state for a challenge: a nonce carries its age and a keyed checksum, so that a flood of unanswered
challenges costs no memory. What was used is remembered, bounded, so that a request that was overheard is refused when it
comes again. Unknown logins cost the same work and get the same answer as wrong secrets.

MD5 is here because phones know nothing else; RFC 8760 lets both sides prefer SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from svara.sip.errors import SipError
from svara.sip.headers import parse_authorization
from svara.sip.message import Request
from svara.sip.nonces import Nonces
from svara.sip.syntax import quote
from svara.sip.uri import parse_uri

__all__ = ["ALGORITHMS", "Nonces", "Rejected", "Verified", "challenge", "ha1", "hashes_for", "respond", "verify"]


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sha512_256(data: bytes) -> str:
    return hashlib.new("sha512_256", data).hexdigest()


_HASHES: Final[dict[str, Callable[[bytes], str]]] = {"SHA-256": _sha256, "SHA-512-256": _sha512_256, "MD5": _md5}

ALGORITHMS: Final = tuple(_HASHES)
"""The algorithms we know, in the order in which we offer them."""

_STRENGTH: Final = ("SHA-512-256", "SHA-256", "MD5")
_OFFERED: Final = ("MD5", "SHA-256")
"""MD5 stands first because many phones in the field read the first challenge only, and give up when it is not MD5; who can
do better (RFC 8760) picks SHA-256 from the second."""
_MD5_OR_NOTHING: Final = re.compile(r"baresip v?[01]\.|SIP\.js/", re.IGNORECASE)
"""Phones that give up at any challenge that they do not know, wherever it stands (baresip before 2.0, SIP.js)."""
_CREDENTIALS: Final = {False: "authorization", True: "proxy-authorization"}
_MAX_CREDENTIALS: Final = 8
_NONCE_COUNT = re.compile(r"[0-9A-Fa-f]{1,8}")


class Verified(msgspec.Struct, frozen=True, gc=False):
    """The request was made by someone who knows the secret of `login`."""

    login: str


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """The credentials do not hold. `stale`: only the nonce is too old or used; the phone need not ask its user."""

    stale: bool
    login: str | None


def ha1(algorithm: str, username: str, realm: str, secret: str) -> str:
    """The hash that stands for a secret (RFC 7616 3.4.2), lower-case hexadecimal. KeyError for unknown algorithms."""
    return _HASHES[algorithm](f"{username}:{realm}:{secret}".encode())


def hashes_for(login: str, realm: str, secret: str) -> dict[str, str]:
    """The stored form of a phone's secret: HA1 by algorithm."""
    return {algorithm: ha1(algorithm, login, realm, secret) for algorithm in _HASHES}


def challenge(
    nonces: Nonces,
    realm: str,
    *,
    proxy: bool,
    stale: bool = False,
    user_agent: str | None = None,
    algorithms: Iterable[str] | None = None,
) -> list[tuple[str, str]]:
    """The headers that ask for credentials, in our order of preference (RFC 8760 2.4).

    Without `algorithms` those that the phone, as it names itself, can cope with.
    """
    if algorithms is None:
        algorithms = ("MD5",) if user_agent and _MD5_OR_NOTHING.match(user_agent) else _OFFERED
    header = "Proxy-Authenticate" if proxy else "WWW-Authenticate"
    tail = f'nonce="{nonces.new()}",qop="auth"' + (",stale=true" if stale else "")
    return [(header, _challenge_head(realm, algorithm) + tail) for algorithm in algorithms]


@lru_cache(maxsize=64)
def _challenge_head(realm: str, algorithm: str) -> str:
    return f"Digest realm={quote(realm)},algorithm={algorithm},"


def verify(
    request: Request,
    nonces: Nonces,
    realm: str,
    ha1_of: Callable[[str], Mapping[str, str] | None],
    *,
    proxy: bool,
) -> Verified | Rejected | None:
    """Check the request's credentials for this realm; None when it brings none.

    `ha1_of` gives the stored hashes of a login, None for an unknown one. Accepts qop `auth`, `auth-int`, and the old
    form without qop (RFC 2069), each nonce of which counts once.
    """
    for index, value in enumerate(request.all(_CREDENTIALS[proxy])):
        if index >= _MAX_CREDENTIALS:
            break
        try:
            given = parse_authorization(value)
        except SipError:
            continue
        algorithm = given.get("algorithm", "MD5").upper()
        if given[""] == "digest" and given.get("realm") == realm and algorithm in _HASHES:
            return _check(request, nonces, algorithm, given, ha1_of)
    return None


def _check(
    request: Request,
    nonces: Nonces,
    algorithm: str,
    given: Mapping[str, str],
    ha1_of: Callable[[str], Mapping[str, str] | None],
) -> Verified | Rejected:
    login, nonce, uri = given.get("username", ""), given.get("nonce", ""), given.get("uri", "")
    stored = ha1_of(login)
    key = stored.get(algorithm) if stored is not None else None
    expected = _response(algorithm, key or nonces.nobody, request.method, given, request.body)
    right = hmac.compare_digest(expected.encode(), given.get("response", "").lower().encode())
    if key is None or not right or not expected or not nonces.is_ours(nonce) or not _same_target(uri, request):
        return Rejected(stale=False, login=login or None)
    count = _count(given)
    if count is None:
        return Rejected(stale=False, login=login or None)
    if not nonces.use(nonce, count):
        return Rejected(stale=True, login=login)
    return Verified(login)


def _count(given: Mapping[str, str]) -> int | None:
    """The nonce count; 0 for the old form without qop; None when malformed."""
    if "qop" not in given:
        return 0
    text = given.get("nc", "")
    return int(text, 16) or None if _NONCE_COUNT.fullmatch(text) else None


def _response(algorithm: str, key: str, method: str, given: Mapping[str, str], body: bytes) -> str:
    """The response that fits (RFC 7616 3.4.1), or the empty text for a qop we do not know."""
    digest = _HASHES[algorithm]
    nonce, uri, qop = given.get("nonce", ""), given.get("uri", ""), given.get("qop")
    if qop is None:
        return digest(f"{key}:{nonce}:{digest(f'{method}:{uri}'.encode())}".encode())
    middle = f"{nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:{qop}"
    if qop == "auth":
        ha2 = digest(f"{method}:{uri}".encode())
    elif qop == "auth-int":
        ha2 = digest(f"{method}:{uri}:{digest(body)}".encode())
    else:
        return ""
    return digest(f"{key}:{middle}:{ha2}".encode())


def _same_target(uri: str, request: Request) -> bool:
    """Whether the credentials were made for this Request-URI: they must not be cut out and pasted on another call.

    Parameters and port may differ, since phones write them differently in the two places; some name the server alone.
    """
    if uri == request.uri:
        return True
    try:
        one, other = parse_uri(uri), request.request_uri
    except SipError:
        return False
    return one.host == other.host and one.user in (None, other.user)


def respond(
    challenge_value: str | Iterable[str],
    method: str,
    uri: str,
    username: str,
    secret: str,
    *,
    cnonce: str | None = None,
    nc: int = 1,
    body: bytes = b"",
) -> str:
    """The credentials that answer a challenge, or the strongest of several that we understand.

    Raises SipError(400) when there is none that we understand.
    """
    values = [challenge_value] if isinstance(challenge_value, str) else list(challenge_value)
    best: dict[str, str] | None = None
    for value in values:
        try:
            offered = parse_authorization(value)
        except SipError:
            continue
        offered["algorithm"] = offered.get("algorithm", "MD5").upper()
        if offered[""] != "digest" or offered["algorithm"] not in _HASHES or not {"realm", "nonce"} <= offered.keys():
            continue
        if best is None or _STRENGTH.index(offered["algorithm"]) < _STRENGTH.index(best["algorithm"]):
            best = offered
    if best is None:
        raise SipError(400, "No challenge that can be answered")
    qops = [part.strip().lower() for part in best.get("qop", "").split(",") if part.strip()]
    qop = "auth" if "auth" in qops else "auth-int" if "auth-int" in qops else None
    if qops and qop is None:
        raise SipError(400, "No challenge that can be answered")
    algorithm, realm, nonce = best["algorithm"], best["realm"], best["nonce"]
    answer = {"nonce": nonce, "uri": uri}
    if qop is not None:
        answer |= {"qop": qop, "nc": f"{nc:08x}", "cnonce": cnonce or secrets.token_hex(8)}
    response = _response(algorithm, ha1(algorithm, username, realm, secret), method, answer, body)
    hashed = best.get("userhash", "").lower() == "true"
    name = _HASHES[algorithm](f"{username}:{realm}".encode()) if hashed else username
    parts = [f"username={quote(name)}", f"realm={quote(realm)}", f"nonce={quote(nonce)}", f"uri={quote(uri)}"]
    parts += [f'response="{response}"', f"algorithm={algorithm}"]
    if qop is not None:
        parts += [f'cnonce="{answer["cnonce"]}"', f"qop={qop}", f"nc={answer['nc']}"]
    if "opaque" in best:
        parts.append(f"opaque={quote(best['opaque'])}")
    if hashed:
        parts.append("userhash=true")
    return "Digest " + ",".join(parts)
