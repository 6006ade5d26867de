"""Header values of the extensions we speak: Reason, Replaces, RAck, RSeq, session timers, Privacy, and credentials.

Each parser takes one value without line folding and raises SipError(400) for a malformed one. They are exported by
`svara.sip.headers`, where the other header values are.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from svara.sip.errors import SipError
from svara.sip.syntax import TCHARS, Params, is_token, parse_number, parse_params, quote, unquote

MAX_SECONDS: Final = 2**32 - 1

_QUOTED: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_AUTH_PARAM: Final = rf"([{TCHARS}]+)[ \t]*=[ \t]*({_QUOTED}|[^\x00-\x20\x7f\",]*)[ \t]*"
_AUTH_ONE = re.compile(_AUTH_PARAM, re.DOTALL)
_AUTH_ALL = re.compile(rf"[ \t,]*(?:{_AUTH_PARAM}(?:,[ \t,]*|$))*", re.DOTALL)
_AUTH_KEYS: Final = frozenset(
    {"username", "realm", "nonce", "uri", "response", "algorithm", "cnonce", "opaque", "qop", "nc", "stale"}
)
_MAX_AUTH_PARAMS: Final = 32


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why a request was sent or a call ended (RFC 3326): `SIP;cause=200;text="Call completed elsewhere"`."""

    protocol: str
    cause: int | None
    text: str | None = None

    def __str__(self) -> str:
        cause = "" if self.cause is None else f";cause={self.cause}"
        text = "" if self.text is None else f";text={quote(self.text)}"
        return f"{self.protocol}{cause}{text}"


class Replaces(msgspec.Struct, frozen=True, gc=False):
    """The dialog that a new call takes over (RFC 3891 6.1)."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"


class RAck(msgspec.Struct, frozen=True, gc=False):
    """Which reliable provisional response a PRACK acknowledges (RFC 3262 7.2)."""

    rseq: int
    cseq: int
    method: str

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"


class SessionExpires(msgspec.Struct, frozen=True, gc=False):
    """The session timer (RFC 4028 4): its interval, and who refreshes."""

    seconds: int
    refresher: Literal["uac", "uas"] | None = None

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)


def _head_and_params(text: str) -> tuple[str, Params]:
    head, semicolon, rest = text.partition(";")
    return head.strip(" \t"), parse_params(semicolon + rest)


def parse_reason(text: str) -> Reason:
    """One Reason value. A cause that is no number is left out, since the reason is for information only."""
    protocol, params = _head_and_params(text)
    if not is_token(protocol):
        raise SipError(400, "Malformed Reason")
    cause = params.get("cause")
    number = int(cause) if cause and cause.isascii() and cause.isdigit() and len(cause) < 10 else None
    return Reason(protocol, number, params.get("text"))


def parse_replaces(text: str) -> Replaces:
    """A Replaces value; both tags are mandatory."""
    call_id, params = _head_and_params(text)
    to_tag, from_tag = params.get("to-tag"), params.get("from-tag")
    if not call_id or " " in call_id or not to_tag or not from_tag:
        raise SipError(400, "Malformed Replaces")
    return Replaces(call_id, to_tag, from_tag, "early-only" in params)


def parse_rack(text: str) -> RAck:
    """An RAck value: response number, CSeq number, method."""
    parts = text.split()
    if len(parts) != 3 or not is_token(parts[2]):
        raise SipError(400, "Malformed RAck")
    return RAck(parse_number(parts[0], 2**32 - 1, "RAck"), parse_number(parts[1], 2**31 - 1, "RAck"), parts[2])


def parse_rseq(text: str) -> int:
    """An RSeq value (RFC 3262 7.1), 1 to 2**32-1."""
    number = parse_number(text.strip(" \t"), 2**32 - 1, "RSeq")
    if number == 0:
        raise SipError(400, "Malformed RSeq")
    return number


def parse_session_expires(text: str) -> SessionExpires:
    """A Session-Expires value; an unknown refresher counts as none."""
    seconds, params = _head_and_params(text)
    refresher = (params.get("refresher") or "").lower()
    who: Literal["uac", "uas"] | None = "uac" if refresher == "uac" else "uas" if refresher == "uas" else None
    return SessionExpires(parse_number(seconds, MAX_SECONDS, "Session-Expires"), who)


def parse_min_se(text: str) -> int:
    """A Min-SE value in seconds (RFC 4028 5); its parameters are ignored."""
    return parse_number(_head_and_params(text)[0], MAX_SECONDS, "Min-SE")


def parse_privacy(text: str) -> frozenset[str]:
    """The privacy asked for (RFC 3323 4.2, 3325): `id`, `header`, `session`, `user`, `none`, `critical`, lower-case."""
    values = [part.strip(" \t").lower() for part in text.replace(",", ";").split(";")]
    if not all(is_token(value) for value in values):
        raise SipError(400, "Malformed Privacy")
    return frozenset(values)


def parse_authorization(text: str) -> dict[str, str]:
    """Credentials or a challenge as parameters by lower-case name, unquoted; the scheme, lower-case, is under `""`.

    Serves Authorization, Proxy-Authorization, WWW-Authenticate, Proxy-Authenticate and Authentication-Info alike
    (RFC 3261 20.7; the last has no scheme). Parameters that come twice are refused: two readers could differ.
    """
    scheme, _, rest = text.strip(" \t").partition(" ")
    if "=" in scheme:
        scheme, rest = "", text
    elif not is_token(scheme):
        raise SipError(400, "Malformed credentials")
    params = _plain_credentials(rest)
    if params is not None:
        params[""] = scheme.lower()
        return params
    if _AUTH_ALL.fullmatch(rest) is None:
        raise SipError(400, "Malformed credentials")
    found = _AUTH_ONE.findall(rest)
    params = {name.lower(): unquote(value) for name, value in found}
    if len(params) != len(found) or len(params) > _MAX_AUTH_PARAMS:
        raise SipError(400, "Malformed credentials")
    params[""] = scheme.lower()
    return params


def _plain_credentials(text: str) -> dict[str, str] | None:
    """The parameters as nearly all phones write them; None for others: unknown names, escapes, commas within quotes."""
    parts = text.split(",")
    if "\\" in text or len(parts) > _MAX_AUTH_PARAMS:
        return None
    params: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.lstrip(" ")
        if name not in _AUTH_KEYS or not equals or not value.isprintable():
            return None
        if '"' in value:
            if value[0] != '"' or value.find('"', 1) != len(value) - 1:
                return None
            value = value[1:-1]
        elif " " in value:
            return None
        params[name] = value
    return params if len(params) == len(parts) else None
