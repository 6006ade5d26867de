"""Header values as structures: the ones every message has (Via, From, To, Contact, Route, CSeq).

Each `parse_*` takes one value without line folding, keeps a bounded cache of short texts, and raises SipError(400)
for what the grammar of RFC 3261 25.1 does not allow. Structures are immutable and turn back into text with `str()`.
Headers of the extensions are in `svara.sip.extensions`; they are exported here as well.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from svara.sip.errors import SipError
from svara.sip.extensions import (
    RAck,
    Reason,
    Replaces,
    SessionExpires,
    parse_authorization,
    parse_min_se,
    parse_privacy,
    parse_rack,
    parse_reason,
    parse_replaces,
    parse_rseq,
    parse_session_expires,
)
from svara.sip.syntax import (
    NO_PARAMS,
    TCHARS,
    Params,
    format_params,
    is_token,
    parse_ipv6,
    parse_params,
    printable,
    quote,
    unescape,
)
from svara.sip.uri import CACHED_TEXT_LENGTH, Uri, parse_uri

__all__ = [
    "VIA_PLAIN",
    "CSeq",
    "NameAddr",
    "RAck",
    "Reason",
    "Replaces",
    "SessionExpires",
    "Via",
    "parse_authorization",
    "parse_cseq",
    "parse_min_se",
    "parse_name_addr",
    "parse_privacy",
    "parse_rack",
    "parse_reason",
    "parse_replaces",
    "parse_rseq",
    "parse_session_expires",
    "parse_tagged",
    "parse_via",
    "plain_via",
]

MAX_CSEQ: Final = 2**31 - 1

_VIA = re.compile(
    rf"[{TCHARS}]++[ \t]*+/[ \t]*+[{TCHARS}]++[ \t]*+/[ \t]*+([{TCHARS}]++)[ \t]++"
    r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9._\-]*+)(?:[ \t]*+:[ \t]*+([0-9]{1,5}))?[ \t]*+(;.*)?",
    re.DOTALL,
)
# As nearly every phone writes it; the rest of the grammar is `_VIA`'s.
VIA_PLAIN: Final = re.compile(
    rf"SIP/2\.0/([A-Z]{{2,4}}) ([A-Za-z0-9][A-Za-z0-9.\-]*+)(?::([0-9]{{1,5}}))?(;rport)?;branch=([{TCHARS}]++)(;rport)?"
)
_PLAIN_TAG = re.compile(rf"[{TCHARS}]{{1,128}}+")
# Possessive throughout: a long run of spaces or quotes is looked at once.
_NAME_ADDR = re.compile(
    r'(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"[ \t]*+|([^"<>;,:\\\x00-\x08\x0a-\x1f\x7f]*+))<([^<>]*+)>[ \t]*+(;.*)?', re.DOTALL
)


class Via(msgspec.Struct, frozen=True, gc=False):
    """One hop of the response's way back (RFC 3261 20.42). `transport` is upper-case; an IPv6 `host` has no brackets."""

    transport: str
    host: str
    port: int | None
    params: Params = NO_PARAMS

    @property
    def branch(self) -> str | None:
        return self.params.get("branch")

    @property
    def received(self) -> str | None:
        """The address the request really came from, without brackets (RFC 5118 4.5)."""
        value = self.params.get("received")
        return value.strip("[]") if value else None

    @property
    def rport(self) -> int | None:
        """The port the request really came from (RFC 3581); None also while it is only asked for (`;rport`)."""
        value = self.params.get("rport")
        return int(value) if value and value.isascii() and value.isdigit() and len(value) < 6 else None

    @property
    def sent_by(self) -> str:
        """Host and port as written in the header, in lower case: part of a transaction's identity (17.2.3)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {self.sent_by}{format_params(self.params)}"


class NameAddr(msgspec.Struct, frozen=True, gc=False):
    """An address with an optional display name and header parameters (From, To, Contact, Route, ...)."""

    display: str
    uri: Uri
    params: Params = NO_PARAMS

    @property
    def tag(self) -> str | None:
        return self.params.get("tag")

    @property
    def name(self) -> str:
        """The display name as people may see and a database may keep it: one short line without control characters."""
        return printable(self.display)

    @property
    def expires(self) -> int | None:
        """Contact's lifetime in seconds (20.10), at most 2**32-1; a malformed one counts as 3600, as 10.3 asks."""
        value = self.params.get("expires")
        if value is None:
            return None
        if not (value.isascii() and value.isdigit()):
            return 3600
        return min(int(value[:11]), 2**32 - 1)

    @property
    def q(self) -> float:
        """Contact's preference, 0.0 to 1.0; 1.0 when left out. Raises SipError(400)."""
        value = self.params.get("q")
        if value is None:
            return 1.0
        if re.fullmatch(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?", value) is None:
            raise SipError(400, "Malformed q")
        return float(value)

    @property
    def instance(self) -> str | None:
        """The device's own name, a URN without its angle brackets (`+sip.instance`, RFC 5626 4.1)."""
        value = self.params.get("+sip.instance")
        return value.strip("<>") if value else None

    @property
    def reg_id(self) -> int | None:
        """Which of a device's flows this is (RFC 5626 4.2), 1 to 2**31-1. Raises SipError(400)."""
        value = self.params.get("reg-id")
        if value is None:
            return None
        if value.isascii() and value.isdigit() and len(value) <= 10 and 0 < int(value) < 2**31:
            return int(value)
        raise SipError(400, "Malformed reg-id")

    def with_tag(self, tag: str) -> NameAddr:
        """The same address with this tag."""
        return NameAddr(self.display, self.uri, {**self.params, "tag": tag})

    def __str__(self) -> str:
        display = f"{quote(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{format_params(self.params)}"


class CSeq(msgspec.Struct, frozen=True, gc=False):
    """The order of a request in its dialog (20.16)."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def parse_via(text: str) -> Via:
    """One Via value. Raises SipError(400)."""
    plain = VIA_PLAIN.fullmatch(text)
    if plain is not None and (via := plain_via(plain)) is not None:
        return via
    match = _VIA.fullmatch(text.strip(" \t"))
    if match is None:
        raise SipError(400, "Malformed Via")
    transport, host, port_text, more = match.groups()
    if host[0] == "[":
        host = parse_ipv6(host[1:-1])
    port = None
    if port_text is not None:
        port = int(port_text)
        if port > 65535:
            raise SipError(400, "Malformed Via")
    return Via(transport.upper(), host.lower(), port, parse_params(more) if more else NO_PARAMS)


def plain_via(match: re.Match[str]) -> Via | None:
    """What `VIA_PLAIN` matched; None where its port is none."""
    transport, host, port_text, before, branch, after = match.groups()
    port = None if port_text is None else int(port_text)
    if port is not None and port > 65535:
        return None
    params: dict[str, str | None] = {"branch": branch, "rport": None} if before or after else {"branch": branch}
    return Via(transport, host.lower(), port, params)


def parse_name_addr(text: str) -> NameAddr:
    """A `name-addr` or `addr-spec` with parameters. Without angle brackets, parameters belong to the header (20.10).

    Raises SipError(400), also for an address without brackets that holds a question mark or a comma, since nobody
    could say whose they are.
    """
    return _parse_name_addr_cached(text) if len(text) <= CACHED_TEXT_LENGTH else _parse_name_addr(text)


def parse_tagged(text: str) -> NameAddr:
    """The same for From and To: their tags are new in each call, their addresses are not. Raises SipError(400)."""
    head, found, tag = text.rpartition(">;tag=")
    if found and len(head) < CACHED_TEXT_LENGTH and _PLAIN_TAG.fullmatch(tag) is not None:
        address = _parse_name_addr_cached(f"{head}>")
        if not address.params:
            return NameAddr(address.display, address.uri, {"tag": tag})
    return _parse_name_addr(text)


def _parse_name_addr(text: str) -> NameAddr:
    match = _NAME_ADDR.fullmatch(text.strip(" \t"))
    if match is not None:
        quoted, bare, address, params = match.groups()
        display = " ".join(bare.split()) if quoted is None else unescape(quoted)
        return NameAddr(display, parse_uri(address), parse_params(params) if params else NO_PARAMS)
    address, semicolon, params = text.partition(";")
    address = address.strip(" \t")
    if "<" in address or "?" in address or "," in address:
        raise SipError(400, "Malformed address")
    return NameAddr("", parse_uri(address), parse_params(semicolon + params))


_parse_name_addr_cached = lru_cache(maxsize=4096)(_parse_name_addr)


@lru_cache(maxsize=1024)
def _parse_cseq_cached(text: str) -> CSeq:
    number, _, method = text.strip(" \t").partition(" ")
    method = method.strip(" \t")
    if not (number.isascii() and number.isdigit() and len(number) <= 20 and is_token(method)):
        raise SipError(400, "Malformed CSeq")
    if int(number) > MAX_CSEQ:
        raise SipError(400, "CSeq number out of range")
    return CSeq(int(number), method)


def parse_cseq(text: str) -> CSeq:
    """A CSeq value: a number below 2**31 and a method (8.1.1.5). Raises SipError(400)."""
    if len(text) > 100:
        raise SipError(400, "Malformed CSeq")
    return _parse_cseq_cached(text.replace("\t", " "))
