"""The small grammar that every header shares (RFC 3261 25.1): tokens, quoted strings, lists and parameters.

All functions take text without line folding and are linear in its length, so that 64 KiB of hostile text costs no
more than 64 KiB of honest text. They accept somewhat more than the grammar where real phones write more (`=` and
brackets in a parameter's value, UTF-8 in an unquoted display name), and refuse what could be read in two ways.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from svara.sip.errors import SipError

Params = Mapping[str, str | None]
"""Parameters by lower-case name; None is a parameter without a value (`;lr`)."""

NO_PARAMS: Final[Params] = MappingProxyType({})

TCHARS: Final = r"A-Za-z0-9\-.!%*_+`'~"
_TOKEN = re.compile(rf"[{TCHARS}]+")
_QUOTED: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"'
# What may stand unquoted as a value: a token, a host with brackets, and what phones write (base64, URIs).
_BARE: Final = r'[^\x00-\x20\x7f";,<>\\]'
_PARAM: Final = rf"[ \t]*;[ \t]*([{TCHARS}]+)(?:[ \t]*(=)[ \t]*({_QUOTED}|{_BARE}*))?"
_PARAM_PLAIN = re.compile(rf"(?:;[{TCHARS}]++(?:={_BARE}*+)?+)++")
_PARAM_ONE = re.compile(_PARAM, re.DOTALL)
_PARAM_ALL = re.compile(rf"(?:{_PARAM.replace('(=)', '=')})*[ \t]*", re.DOTALL)
_ELEMENT = re.compile(rf'(?:[^,"<]+|{_QUOTED}|<[^>]*>)*', re.DOTALL)
_NEEDS_QUOTES = re.compile(rf"[^{TCHARS}\[\]:]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TO_ESCAPE = re.compile(r'(["\\])')


def is_token(text: str) -> bool:
    """Whether the whole text is one `token` (a method, a header name, an option tag)."""
    return _TOKEN.fullmatch(text) is not None


def quote(text: str) -> str:
    """Text as a quoted-string, with its quotes and escapes."""
    return '"' + _TO_ESCAPE.sub(r"\\\1", text) + '"'


def unescape(text: str) -> str:
    """The inside of a quoted-string with each quoted-pair replaced by what it stands for."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def unquote(text: str) -> str:
    """A quoted-string without its quotes and escapes; any other text as it is."""
    return unescape(text[1:-1]) if len(text) >= 2 and text[0] == '"' == text[-1] else text


def printable(text: str, limit: int = 128) -> str:
    """Text of a stranger for people's eyes: at most `limit` characters, without control characters and those that turn
    the direction of writing; each becomes U+FFFD.
    """
    text = text[:limit]
    if text.isprintable():
        return text
    return "".join([each if each.isprintable() else "\ufffd" for each in text])


def split_list(value: str) -> list[str]:
    """The elements of a comma-separated value; commas in quotes or angle brackets do not split. Empty ones are left out.

    Raises SipError(400) for quotes or brackets that do not close.
    """
    if "," not in value:
        value = value.strip(" \t")
        return [value] if value else []
    if '"' not in value and "<" not in value:
        return [element for part in value.split(",") if (element := part.strip(" \t"))]
    elements = []
    position, end = 0, len(value)
    while position <= end:
        match = _ELEMENT.match(value, position)
        stop = match.end() if match else position
        if stop < end and value[stop] != ",":
            raise SipError(400, "Unbalanced quotes or brackets")
        if element := value[position:stop].strip(" \t"):
            elements.append(element)
        position = stop + 1
    return elements


def parse_params(text: str) -> Params:
    """`;name=value;flag` as a mapping; a name that comes twice keeps its first value.

    Raises SipError(400) for anything that is not a list of parameters.
    """
    if not text:
        return NO_PARAMS
    params: dict[str, str | None] = {}
    if _PARAM_PLAIN.fullmatch(text) is not None:  # neither quotes nor spaces: nearly always
        for part in text[1:].split(";"):
            name, equals, value = part.partition("=")
            key = name.lower()
            if key not in params:
                params[key] = value if equals else None
        return params
    if _PARAM_ALL.fullmatch(text) is None:
        raise SipError(400, "Malformed parameters")
    for name, equals, value in _PARAM_ONE.findall(text):
        key = name.lower()
        if key not in params:
            params[key] = unquote(value) if equals else None
    return params


def format_params(params: Params) -> str:
    """The reverse of `parse_params`: values that are neither tokens nor hosts are quoted."""
    if not params:
        return ""
    parts = []
    for name, value in params.items():
        if value is None:
            parts.append(f";{name}")
        elif value and _NEEDS_QUOTES.search(value) is None:
            parts.append(f";{name}={value}")
        else:
            parts.append(f";{name}={quote(value)}")
    return "".join(parts)


def parse_number(text: str, limit: int, what: str) -> int:
    """A decimal number of ASCII digits, 0 to `limit` inclusive; SipError(400, "Malformed <what>") otherwise."""
    if text.isascii() and text.isdigit() and len(text) <= 20:
        number = int(text)
        if number <= limit:
            return number
    raise SipError(400, f"Malformed {what}")


def parse_ipv6(text: str) -> str:
    """An IPv6 address, without brackets, in its shortest form. Raises SipError(400).

    Three colons before an embedded IPv4 address are taken for two: RFC 3261's grammar has that fault (RFC 5118 4.10).
    """
    try:
        address = ipaddress.IPv6Address(text.replace(":::", "::", 1) if "." in text else text)
    except ValueError:
        raise SipError(400, "Malformed IPv6 address") from None
    mapped = address.ipv4_mapped
    return address.compressed if mapped is None else f"::ffff:{mapped}"
