"""SIP and SIPS URIs (RFC 3261 19.1), tel URIs (RFC 3966), and every other scheme as opaque text.

`Uri` is immutable and cheap to make; `parse_uri` keeps a bounded cache, because a phone system reads the same few
addresses all day. `user` is unescaped (what a directory is asked for); `str(uri)` escapes it again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote as percent_encode
from urllib.parse import unquote_to_bytes

import msgspec

from svara.sip.errors import SipError
from svara.sip.syntax import NO_PARAMS, TCHARS, Params, parse_ipv6

CACHED_TEXT_LENGTH: Final = 512
"""Longer texts are parsed each time, so that hostile ones cannot fill the memory through the caches."""

_USER_SAFE: Final = "-_.!~*'()&=+$,;?/"
_PASSWORD_SAFE: Final = "-_.!~*'()&=+$,"  # noqa: S105
_USER_PLAIN = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/]*")

_HOST: Final = r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9._\-]*"
# The user may hold ; ? / & and more, but "@" only escaped, so the first "@" ends it.
_SIP = re.compile(
    r"(?:([^@:\x00-\x20\x7f<>\"]*)(?::([^@\x00-\x20\x7f<>\"]*))?@)?"
    rf"({_HOST})(?::([0-9]{{1,5}}))?"
    r"((?:;[^;?@<>\"\x00-\x20\x7f]+)*)"
    r"(?:\?([^?@<>\"\x00-\x20\x7f]*))?"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*")
_PARAM_NAME = re.compile(rf"[{TCHARS}\[\]/:&$]+")
_PARAM_SAFE: Final = "[]/:&+$-_.!~*'()"
_PARAM_PLAIN = re.compile(r"[A-Za-z0-9\[\]/:&+$\-_.!~*'()]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OPAQUE = re.compile(r"[^\x00-\x20\x7f<>\"]+")

# 19.1.4: one of these in only one of two URIs makes them different, even when it names the default.
_TELLING_PARAMS: Final = ("user", "ttl", "method", "maddr", "transport")


class Uri(msgspec.Struct, frozen=True, gc=False):
    """An address. `scheme` and `host` are lower-case; an IPv6 `host` has no brackets.

    `user`, `password` and `params` are unescaped; the former are None when there is no `@`, the names of the latter
    are lower-case. `headers` is the text after `?`, as written. For `tel:`, `user` is the number and `host` is empty;
    for schemes we know nothing of, `user` is everything after the colon.
    """

    scheme: str
    user: str | None
    password: str | None
    host: str
    port: int | None
    params: Params = NO_PARAMS
    headers: str = ""

    def __str__(self) -> str:
        if self.scheme not in ("sip", "sips"):
            return f"{self.scheme}:{self.user or ''}{format_uri_params(self.params)}"
        user = ""
        if self.user is not None:
            user = _escape(self.user, _USER_SAFE)
            user = f"{user}@" if self.password is None else f"{user}:{_escape(self.password, _PASSWORD_SAFE)}@"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{host}{port}{format_uri_params(self.params)}{headers}"

    def __hash__(self) -> int:
        return hash((self.scheme, self.user, self.host, self.port))

    @property
    def is_sip(self) -> bool:
        """Whether the scheme is `sip` or `sips`."""
        return self.scheme == "sip" or self.scheme == "sips"  # noqa: PLR1714  two comparisons are the fast form

    @property
    def transport(self) -> str | None:
        """The `transport` parameter in lower case."""
        value = self.params.get("transport")
        return value.lower() if value else None

    def with_params(self, params: Params) -> Uri:
        """The same address with these parameters in place of its own."""
        return Uri(self.scheme, self.user, self.password, self.host, self.port, params, self.headers)

    def matches(self, other: Uri) -> bool:
        """Whether both are the same address by the rules of RFC 3261 19.1.4."""
        if not self.is_sip or not other.is_sip:
            return str(self).lower() == str(other).lower()
        if (self.scheme, self.user, self.password, self.port) != (other.scheme, other.user, other.password, other.port):
            return False
        if self.host != other.host:
            return False
        for name in self.params.keys() | other.params.keys():
            if name in self.params and name in other.params:
                if _plain(self.params[name]) != _plain(other.params[name]):
                    return False
            elif name in _TELLING_PARAMS:
                return False
        return _header_set(self.headers) == _header_set(other.headers)


def format_uri_params(params: Params) -> str:
    """URI parameters as text, each with its `;`."""
    if not params:
        return ""
    parts = []
    for name, value in params.items():
        parts.append(f";{_escape_param(name)}")
        if value is not None:
            parts.append(f"={_escape_param(value)}")
    return "".join(parts)


def parse_uri(text: str) -> Uri:
    """The address that `text` is, all of it. Raises SipError(400) when it is none."""
    return _parse_uri_cached(text) if len(text) <= CACHED_TEXT_LENGTH else _parse_uri(text)


def _parse_uri(text: str) -> Uri:
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if scheme not in ("sip", "sips"):
        return _parse_other(scheme, colon, rest)
    match = _SIP.fullmatch(rest)
    if match is None:
        raise SipError(400, "Malformed URI")
    user, password, host, port_text, params, headers = match.groups()
    if host[0] == "[":
        host = parse_ipv6(host[1:-1])
    port = None
    if port_text is not None:
        port = int(port_text)
        if port > 65535:
            raise SipError(400, "Malformed URI port")
    return Uri(
        scheme,
        _unescape(user),
        _unescape(password),
        host.lower(),
        port,
        _uri_params(params) if params else NO_PARAMS,
        headers or "",
    )


_parse_uri_cached = lru_cache(maxsize=4096)(_parse_uri)


def _parse_other(scheme: str, colon: str, rest: str) -> Uri:
    if not colon or _SCHEME.fullmatch(scheme) is None or _OPAQUE.fullmatch(rest) is None:
        raise SipError(400, "Malformed URI")
    if scheme != "tel":
        return Uri(scheme, rest, None, "", None)
    number, semicolon, params = rest.partition(";")
    if not number:
        raise SipError(400, "Malformed URI")
    return Uri(scheme, number, None, "", None, _uri_params(semicolon + params) if semicolon else NO_PARAMS)


def _uri_params(text: str) -> Params:
    params: dict[str, str | None] = {}
    for part in text[1:].split(";"):
        name, equals, value = part.partition("=")
        if _PARAM_NAME.fullmatch(name) is None:
            raise SipError(400, "Malformed URI parameters")
        if "%" in part:
            name, value = _unescape(name) or "", _unescape(value) or ""
        params.setdefault(name.lower(), value if equals else None)
    return params


def _unescape(text: str | None) -> str | None:
    if text is None or "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise SipError(400, "Malformed escape in URI")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise SipError(400, "URI is not UTF-8") from None


def _escape_param(text: str) -> str:
    return text if _PARAM_PLAIN.fullmatch(text) else percent_encode(text, safe=_PARAM_SAFE, errors="replace")


def _escape(text: str, safe: str) -> str:
    if _USER_PLAIN.fullmatch(text) is not None and (safe is _USER_SAFE or not set(text) & {"/", ";", "?"}):
        return text
    return percent_encode(text, safe=safe, errors="replace")


def _plain(value: str | None) -> str | None:
    return value if value is None else unquote_to_bytes(value).decode(errors="replace").lower()


def _header_set(headers: str) -> set[tuple[str, str | None]]:
    return {
        (name.lower(), _plain(value) if name.lower() != "body" else value)
        for name, _, value in (part.partition("=") for part in headers.split("&") if part)
    }
