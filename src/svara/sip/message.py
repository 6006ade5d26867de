"""SIP messages (RFC 3261 7): read lazily, written back byte for byte.

`parse` locates the headers in one pass; a header is parsed when it is read, and what was read is remembered (see
`svara.sip.fields`), so that a phone system that reads the same few addresses all day pays for each once. A header that
nobody changed is written back as it was received. Headers of one name keep their order; headers of different names
may be grouped (7.3.1 gives that order no meaning).

`parse` never raises: what cannot be a message comes back as `Malformed`, with the status to answer it with. Fields
read later raise `SipError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from svara.sip.errors import SipError
from svara.sip.fields import Message, clean, first_value, line, read_content_length
from svara.sip.headers import Via
from svara.sip.names import KNOWN, ONCE, key_of
from svara.sip.reasons import REASONS
from svara.sip.syntax import is_token
from svara.sip.uri import Uri, parse_uri

__all__ = [
    "MAX_MESSAGE_BYTES",
    "Malformed",
    "Message",
    "Request",
    "Response",
    "SipError",
    "frame",
    "new_request",
    "new_response",
    "parse",
    "request_of_lines",
]

MAX_MESSAGE_BYTES: Final = 65_536
MAX_HEADER_LINES: Final = 256
MAX_URI_LENGTH: Final = 4_096
_CACHED_START: Final = 256
"""Longer request lines are read each time, so that hostile ones cannot fill the memory."""

_METHODS: Final = frozenset(
    {"ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER", "REGISTER"}
    | {"SUBSCRIBE", "UPDATE"}
)
_DIALOG_FORMING: Final = frozenset({"INVITE", "SUBSCRIBE", "REFER", "NOTIFY"})
_COPIED: Final[tuple[str, ...]] = ("via", "from", "to", "call-id", "cseq")
_VERSION = re.compile(r"SIP/[0-9]+\.[0-9]+", re.IGNORECASE)
_HARD_VIA = re.compile(r"[,\"]|;received|;rport.*;rport", re.IGNORECASE)
_STRAY_BREAK = re.compile(r"[\r\n]")
_URI_TEXT = re.compile(r"[^\x00-\x20\x7f<>\"]+")
_LENGTH_LINE = re.compile(rb"\r\n(?:content-length|l)[ \t]*:(?:[ \t]|\r\n[ \t])*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


class Request(Message):
    """A request. `uri` is the Request-URI as received, or as to be sent."""

    __slots__ = ("method", "uri")

    def __init__(self, method: str, uri: str, fields: dict[str, str], body: bytes) -> None:
        self.method = method
        self.uri = uri
        self._fields = fields
        self._read = {}
        self.body = body

    @property
    def request_uri(self) -> Uri:
        """The Request-URI parsed. Raises SipError(400); headers in it are not allowed (19.1.1, RFC 4475 3.1.2.11)."""
        uri = parse_uri(self.uri)
        if uri.headers:
            raise SipError(400, "Request-URI holds headers")
        return uri

    def set_received(self, host: str, port: int) -> None:
        """Note in the top Via where the request really came from (18.2.1, RFC 3581 4). Raises SipError(400)."""
        raw = self._fields.get("via", "")
        top, more, others = raw.partition("\r\n")
        address = f"[{host}]" if ":" in host else host
        before, asked, after = top.partition(";rport")
        if asked and after[:1] in ("", ";") and _HARD_VIA.search(top) is None and others[:1] not in (" ", "\t"):
            self.put_line("via", f"{before};rport={port};received={address}{after}{more}{others}")
            return
        via = self.via
        if "rport" in via.params:
            params = {**via.params, "rport": str(port), "received": address}
        elif via.host == host:
            return
        else:
            params = {**via.params, "received": address}
        self.replace_first("Via", str(Via(via.transport, via.host, via.port, params)))

    def copy(self) -> Request:
        """A message of its own with the same lines."""
        return Request(self.method, self.uri, dict(self._fields), self.body)

    def _start_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"

    def __repr__(self) -> str:
        return f"<Request {self.method}>"


class Response(Message):
    """A response. `status` is 100 to 699, `reason` the phrase for people."""

    __slots__ = ("reason", "status")

    def __init__(self, status: int, reason: str, fields: dict[str, str], body: bytes) -> None:
        self.status = status
        self.reason = reason
        self._fields = fields
        self._read = {}
        self.body = body

    def copy(self) -> Response:
        """A message of its own with the same lines."""
        return Response(self.status, self.reason, dict(self._fields), self.body)

    def _start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


class Malformed:
    """What arrived is no message that can be handled.

    `status` is what to answer (0: nothing), `reason` a static phrase, `request` as much of the request as
    `new_response` needs, or None when it cannot be answered.
    """

    __slots__ = ("reason", "request", "status")

    def __init__(self, status: int, reason: str, request: Request | None = None) -> None:
        self.status = status
        self.reason = reason
        self.request = request

    def __repr__(self) -> str:
        return f"<Malformed {self.status} {self.reason}>"


def parse(data: bytes) -> Request | Response | Malformed:
    """Read one message: a datagram, or what `frame` cut from a stream. Never raises.

    A body longer than Content-Length is trimmed to it, a shorter one is refused (18.3).
    """
    if len(data) > MAX_MESSAGE_BYTES:
        return Malformed(0, "Message too large")
    end = data.find(b"\r\n\r\n")
    if data[:2] == b"\r\n":
        data = data.lstrip(b"\r\n")
        end = data.find(b"\r\n\r\n")
    if not data:
        return Malformed(0, "Empty")
    problem = ""
    if end < 0:
        problem, end = "Headers do not end", len(data)
    try:
        text = data[:end].decode()
    except UnicodeDecodeError:
        text = data[:end].decode("utf-8", "surrogateescape")
    lines = text.split("\r\n")
    breaks = len(lines) - 1
    if text.count("\r") != breaks or text.count("\n") != breaks:
        problem = "Stray line break"
        lines = [_STRAY_BREAK.sub(" ", part) for part in lines]
    start = lines[0]
    if len(lines) > MAX_HEADER_LINES:
        problem = "Too many header lines"
        del lines[MAX_HEADER_LINES:]

    del lines[0]
    fields, wrong = _locate(lines)
    problem = problem or wrong
    if start[:4].upper() == "SIP/":
        return _finish_response(start, fields, data[end + 4 :], problem)
    return _finish_request(start, fields, data[end + 4 :], problem)


def _locate(lines: list[str]) -> tuple[dict[str, str], str]:
    """The header lines by key, and what is wrong with them, if anything."""
    try:  # nearly always: each line is a header of a known name, and none comes twice
        fields = {KNOWN[each[: each.index(":")]]: each for each in lines}
        if len(fields) == len(lines):
            return fields, ""
    except (KeyError, ValueError):
        pass
    problem = ""
    fields = {}
    known = KNOWN.get
    key: str | None = None
    for each in lines:
        name, colon, _ = each.partition(":")
        found = known(name)
        if found is None or not colon:
            if each[:1] in (" ", "\t") and key is not None:
                fields[key] += f"\r\n{each}"
                continue
            name = name.rstrip(" \t")
            if not colon or not is_token(name):
                if each:
                    problem = problem or "Malformed header line"
                continue
            found = key_of(name)
        key = found
        if fields.setdefault(key, each) is each:
            continue
        if key in ONCE:
            problem = problem or "Header came twice"
            key = None
        else:
            fields[key] += f"\r\n{each}"
    return fields, problem


def _finish_response(start: str, fields: dict[str, str], body: bytes, problem: str) -> Response | Malformed:
    status, reason = start[8:11], start[12:]
    if start[:8].upper() != "SIP/2.0 " or not (status.isascii() and status.isdigit()) or start[11:12] not in (" ", ""):
        return Malformed(0, "Malformed status line")
    if problem or not "100" <= status <= "699":
        return Malformed(0, problem or "Malformed status line")
    response = Response(int(status), clean(reason), fields, body)
    try:
        _check(response)
    except SipError as error:
        return Malformed(0, error.reason)
    return response


@lru_cache(maxsize=2048)
def _plain_start(start: str) -> tuple[str, str] | None:
    """Method and URI of a request line as nearly all are; None for others, which have to be looked at."""
    method, _, rest = start.partition(" ")
    uri, _, version = rest.partition(" ")
    good = method in _METHODS and version == "SIP/2.0" and uri.isascii() and _URI_TEXT.fullmatch(uri) is not None
    return (method, uri) if good else None


def _finish_request(start: str, fields: dict[str, str], body: bytes, problem: str) -> Request | Malformed:
    if not problem and len(start) <= _CACHED_START and (plain := _plain_start(start)) is not None:
        request = Request(*plain, fields, body)
        try:
            _check(request, request.method)
        except SipError as error:
            return _malformed(request, 400, error.reason)
        return request
    parts = start.split(" ")
    method, uri = parts[0], parts[1] if len(parts) > 1 else ""
    status = 400
    if len(parts) == 3 and (method in _METHODS or is_token(method)) and _URI_TEXT.fullmatch(uri) and clean(uri) == uri:
        version = parts[2]
        if version != "SIP/2.0" and version.upper() != "SIP/2.0":
            if _VERSION.fullmatch(version) is None:
                return Malformed(0, "Not SIP")
            status, problem = 505, "Version not supported"
        elif len(uri) > MAX_URI_LENGTH:
            status, problem = 414, "Request-URI too long"
    elif not start.rstrip().upper().endswith(" SIP/2.0"):
        return Malformed(0, "Not SIP")
    else:
        problem = "Malformed request line"
    request = Request(method, uri, fields, body)
    if not problem:
        try:
            _check(request, method)
        except SipError as error:
            problem = error.reason
        else:
            return request
    return _malformed(request, status, problem)


def _malformed(request: Request, status: int, problem: str) -> Malformed:
    """What to do about a request that cannot be handled: answer it where that is allowed and possible."""
    if request.method == "ACK":
        return Malformed(0, problem)
    request.body = b""
    request.remove("content-length")
    return Malformed(status, problem, request) if _can_be_answered(request) else Malformed(0, problem)


def _check(message: Message, method: str | None = None) -> None:
    """What every message must have (8.1.1); trims the body to Content-Length."""
    fields = message._fields
    for name in _COPIED:
        if name not in fields:
            raise SipError(400, "Missing mandatory header")
    _ = message.via
    if message.cseq.method != method and method is not None:
        raise SipError(400, "CSeq names another method")
    raw = fields.get("content-length")
    if raw is not None:
        length, given = read_content_length(raw), len(message.body)
        if length > given:
            raise SipError(400, "Content-Length exceeds the body")
        if length < given:
            message.body = message.body[:length]


def _can_be_answered(request: Request) -> bool:
    """Whether a response would find its way."""
    try:
        return bool(request.via)
    except SipError:
        return False


def frame(buffer: bytes | bytearray) -> int | None:
    """The length of the first message in a stream's buffer, None while it is not whole.

    The buffer begins with a message: CRLF keep-alives before it (RFC 5626 3.5.1) are the transport's to take away.
    Raises SipError when no message can be cut any more, so that the connection has to be closed: 400 without a
    Content-Length (mandatory on streams, 18.3), 513 above 64 KiB.
    """
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > MAX_MESSAGE_BYTES:
            raise SipError(513, "Message too large")
        return None
    match = _LENGTH_LINE.search(buffer, 0, end + 2)
    if match is None:
        raise SipError(400, "Content-Length missing or malformed")
    whole = end + 4 + int(match[1])
    if whole > MAX_MESSAGE_BYTES:
        raise SipError(513, "Message too large")
    return whole if len(buffer) >= whole else None


def new_request(
    method: str,
    uri: str,
    headers: Iterable[tuple[str, str]],
    body: bytes = b"",
    content_type: str | None = None,
) -> Request:
    """A request with these headers, in this order. Raises SipError(400) for anything that would break its lines."""
    if not is_token(method) or _URI_TEXT.fullmatch(uri) is None:
        raise SipError(400, "Malformed request line")
    request = Request(method, uri, {}, body)
    _fill(request, headers, content_type)
    return request


def request_of_lines(method: str, uri: str, lines: dict[str, str], body: bytes = b"") -> Request:
    """A request whose header lines are finished: by lower-case long name, each `Name: value` and without its end.

    For who sends thousands a second and made every line from parts that cannot hold a line break; nothing is checked.
    """
    return Request(method, uri, lines, body)


def new_response(
    request: Request,
    status: int,
    reason: str | None = None,
    *,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str | None = None,
    to_tag: str | None = None,
) -> Response:
    """The answer to a request (8.2.6): Via, From, To, Call-ID and CSeq are its own, byte for byte.

    `to_tag` is added to a To that has none. Record-Route is copied where a dialog may be formed (12.1.1), Timestamp
    into a 100. Raises SipError(400) for anything that would break its lines.
    """
    if reason is None:
        reason = REASONS.get(status, "Unknown")
    elif "\r" in reason or "\n" in reason:
        raise SipError(400, "Reason holds a line break")
    source = request._fields
    try:
        fields = {
            "via": source["via"],
            "from": source["from"],
            "to": source["to"],
            "call-id": source["call-id"],
            "cseq": source["cseq"],
        }
    except KeyError:  # a malformed request may lack some
        fields = {name: source[name] for name in _COPIED if name in source}
    if to_tag is not None and "to" in fields and not _has_tag(request):
        if not is_token(to_tag):
            raise SipError(400, "Malformed tag")
        fields["to"] = f"{fields['to'].rstrip()};tag={to_tag}"
    if status == 100:
        if "timestamp" in source:
            fields["timestamp"] = source["timestamp"]
    elif status < 300 and "record-route" in source and request.method in _DIALOG_FORMING:
        fields["record-route"] = source["record-route"]
    response = Response(status, reason, fields, body)
    _fill(response, headers, content_type)
    return response


def _has_tag(request: Request) -> bool:
    try:
        return "tag" in request.to.params
    except SipError:
        return ";tag=" in first_value(request._fields["to"]).lower()


def _fill(message: Message, headers: Iterable[tuple[str, str]], content_type: str | None) -> None:
    fields = message._fields
    known = KNOWN.get
    for name, value in headers:
        key = known(name) or key_of(name)
        raw, added = fields.get(key), line(name, value)
        fields[key] = added if raw is None else f"{raw}\r\n{added}"
    if content_type is not None:
        fields["content-type"] = line("Content-Type", content_type)
