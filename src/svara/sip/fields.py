"""The header fields of a message: one dictionary from name to the lines as they were received.

Several lines of one name are kept as one text, joined by CRLF, as are the continuations of a folded line; so copying
a header to another message, or writing it back, is one reference. What every message is asked for again and again (Via,
From, To, CSeq, Call-ID) a message remembers until that header changes; other typed readings go through bounded caches
keyed by those very lines, so nothing has to be forgotten when a header changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeVar

from svara.sip.errors import SipError
from svara.sip.headers import VIA_PLAIN, CSeq, NameAddr, Via, parse_cseq, parse_name_addr, parse_tagged, parse_via, plain_via
from svara.sip.names import AS_WRITTEN, DISPLAY, KNOWN, LISTS, display_of, key_of
from svara.sip.syntax import is_token, parse_number, split_list

_T = TypeVar("_T")
_NEXT_LINE = re.compile(r"\r\n(?![ \t])")
_FOLD = re.compile(r"\r\n[ \t]+")
_CACHED_LENGTH: Final = 640
_MAX_SECONDS: Final = 2**32 - 1


def line(name: str, value: str) -> str:
    """One header line without its end. Raises SipError(400) where a line break or a bad name would forge another."""
    if "\r" in value or "\n" in value:
        raise SipError(400, "Header value holds a line break")
    if name in AS_WRITTEN:
        return f"{name}: {value}"
    display = KNOWN.get(name)
    if display is None:
        if not is_token(name):
            raise SipError(400, "Malformed header name")
        return f"{display_of(name)}: {value}"
    return f"{display_of(name) if display == name else name}: {value}"


def clean(text: str) -> str:
    """The text with what was not UTF-8 on the wire replaced by U+FFFD, so that anyone can encode it."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def first_value(raw: str) -> str:
    """The value of the first of these lines, unfolded."""
    if "\r\n" in raw:
        raw = _FOLD.sub(" ", raw).partition("\r\n")[0]
    value = raw[raw.find(":") + 1 :].strip(" \t")
    return value if value.isascii() else clean(value)


def line_values(raw: str) -> list[str]:
    """The value of each of these lines, unfolded."""
    if "\r\n" not in raw:
        return [first_value(raw)]
    return [clean(text[text.find(":") + 1 :].strip(" \t")) for text in _FOLD.sub(" ", raw).split("\r\n")]


def list_values(raw: str) -> list[str]:
    """The elements of all these lines, for a header that is a comma-separated list. Raises SipError(400)."""
    if "," not in raw and "\r\n" not in raw:
        value = first_value(raw)
        return [value] if value else []
    return [element for value in line_values(raw) for element in split_list(value)]


def _first_line(raw: str) -> tuple[list[str], list[str]]:
    """The elements of the first of these lines that has any, and the lines after it as they are. Raises SipError(400)."""
    others = raw
    while others:
        match = _NEXT_LINE.search(others)
        top, others = (others, "") if match is None else (others[: match.start()], others[match.end() :])
        if values := list_values(top):
            return values, [others] if others else []
    return [], []


def _missing(name: str) -> NoReturn:
    raise SipError(400, f"Missing {name}")


def _cached(size: int) -> Callable[[Callable[[str], _T]], Callable[[str], _T]]:
    """Remember what was read from short texts; long ones are read each time, so that they cannot fill the memory."""

    def decorate(read: Callable[[str], _T]) -> Callable[[str], _T]:
        remembered = lru_cache(maxsize=size)(read)

        def cached(raw: str) -> _T:
            return remembered(raw) if len(raw) <= _CACHED_LENGTH else read(raw)

        return cached

    return decorate


@_cached(1024)
def _read_cseq(raw: str) -> CSeq:
    return parse_cseq(first_value(raw))


@_cached(4096)
def _read_address(raw: str) -> NameAddr:
    return parse_tagged(first_value(raw))


@_cached(4096)
def _read_addresses(raw: str) -> tuple[NameAddr, ...]:
    return tuple([parse_name_addr(value) for value in list_values(raw)])


def _read_top_via(raw: str) -> Via:
    """Not cached: nearly every Via that comes is new."""
    if raw[:5] == "Via: " and (plain := VIA_PLAIN.fullmatch(raw, 5)) is not None and (via := plain_via(plain)) is not None:
        return via
    if "," not in raw:
        return parse_via(first_value(raw))
    values = split_list(first_value(raw))
    if not values:
        raise SipError(400, "Malformed Via")
    return parse_via(values[0])


@_cached(512)
def _read_tags(raw: str) -> frozenset[str]:
    return frozenset([value.lower() for value in list_values(raw)])


@_cached(512)
def _read_methods(raw: str) -> frozenset[str]:
    return frozenset([value.upper() for value in list_values(raw)])


@_cached(512)
def read_content_length(raw: str) -> int:
    return parse_number(first_value(raw), 2**31, "Content-Length")


def _says(raw: str, length: int) -> bool:
    try:
        return read_content_length(raw) == length
    except SipError:
        return False


@_cached(256)
def _read_max_forwards(raw: str) -> int:
    return parse_number(first_value(raw), 255, "Max-Forwards")


@_cached(256)
def _read_content_type(raw: str) -> str:
    return first_value(raw).partition(";")[0].strip(" \t").lower()


_NO_TAGS: Final[frozenset[str]] = frozenset()


class Message:
    """What requests and responses share. Header names are taken in any spelling; lower-case long form is fastest.

    Properties raise SipError(400) where the header is missing although mandatory, or malformed.
    """

    __slots__ = ("_fields", "_read", "body")

    def __init__(self, fields: dict[str, str], body: bytes) -> None:
        self._fields = fields
        self._read: dict[str, Any] = {}
        """The five, as far as they were read; who changes a header forgets its reading."""
        self.body = body

    # -- headers as text

    def first(self, name: str) -> str | None:
        """The value of the first header of that name, unfolded and stripped; None when there is none."""
        raw = self._fields.get(name)
        if raw is None and name not in DISPLAY:  # another spelling than the lower-case long form
            raw = self._fields.get(key_of(name))
        return None if raw is None else first_value(raw)

    def all(self, name: str) -> list[str]:
        """All values of that name, in order. Known list headers are split at their commas (`svara.sip.names.LISTS`).

        Raises SipError(400) when such a list has quotes or brackets that do not close.
        """
        key = key_of(name)
        raw = self._fields.get(key)
        if raw is None:
            return []
        return list_values(raw) if key in LISTS else line_values(raw)

    def has(self, name: str) -> bool:
        """Whether there is a header of that name."""
        return name in self._fields or key_of(name) in self._fields

    def names(self) -> list[str]:
        """The names present, in lower-case long form, in order of first appearance."""
        return list(self._fields)

    def set(self, name: str, value: str) -> None:
        """Make this the only header of that name. Raises SipError(400) for a line break in it."""
        key = key_of(name)
        self._fields[key] = line(name, value)
        self._read.pop(key, None)

    def add(self, name: str, value: str) -> None:
        """Append a header, after others of that name. Raises SipError(400) for a line break in it."""
        key = key_of(name)
        raw = self._fields.get(key)
        added = line(name, value)
        self._fields[key] = added if raw is None else f"{raw}\r\n{added}"
        self._read.pop(key, None)

    def put_line(self, key: str, finished: str) -> None:
        """Make this finished line the only header of that key (its lower-case long name); nothing is checked.

        For who made it from parts that cannot hold a line break.
        """
        self._fields[key] = finished
        self._read.pop(key, None)

    def prepend(self, name: str, value: str) -> None:
        """Put a header before others of that name, or before all. Raises SipError(400) for a line break in it."""
        key = key_of(name)
        raw = self._fields.get(key)
        added = line(name, value)
        if raw is None:
            self._fields = {key: added, **self._fields}
        else:
            self._fields[key] = f"{added}\r\n{raw}"
        self._read.pop(key, None)

    def remove(self, name: str) -> None:
        """Take away all headers of that name, if there are any."""
        key = key_of(name)
        self._fields.pop(key, None)
        self._read.pop(key, None)

    def pop_first(self, name: str) -> str | None:
        """Take away the first value of a list header (the top Via, the first Route) and return it; None without one."""
        key = key_of(name)
        raw = self._fields.get(key)
        if raw is None:
            return None
        values, others = _first_line(raw)
        lines = [line(name, ", ".join(values[1:]))] if len(values) > 1 else []
        self._read.pop(key, None)
        if rest := "\r\n".join(lines + others):
            self._fields[key] = rest
        else:
            del self._fields[key]
        return values[0] if values else None

    def replace_first(self, name: str, value: str) -> None:
        """Put this in place of the first value of a list header; other lines stay as they are. SipError(400)."""
        key = key_of(name)
        raw = self._fields.get(key)
        new = line(name, value)
        self._read.pop(key, None)
        if raw is None:
            self._fields[key] = new
            return
        values, others = _first_line(raw)
        lines = [new, line(name, ", ".join(values[1:]))] if len(values) > 1 else [new]
        self._fields[key] = "\r\n".join(lines + others)

    def copy_from(self, other: Message, *names: str) -> None:
        """Take over these headers of another message, byte for byte; names in lower-case long form."""
        for name in names:
            raw = other._fields.get(name)
            if raw is not None:
                self._fields[name] = raw
                self._read.pop(name, None)

    # -- headers as structures

    # The five that are read dozens of times in a call.

    @property
    def call_id(self) -> str:
        value: str | None = self._read.get("call-id")
        if value is None:
            value = first_value(self._fields.get("call-id") or _missing("Call-ID"))
            if not value or " " in value:
                raise SipError(400, "Malformed Call-ID")
            self._read["call-id"] = value
        return value

    @property
    def cseq(self) -> CSeq:
        value: CSeq | None = self._read.get("cseq")
        if value is None:
            value = self._read["cseq"] = _read_cseq(self._fields.get("cseq") or _missing("CSeq"))
        return value

    @property
    def from_(self) -> NameAddr:
        value: NameAddr | None = self._read.get("from")
        if value is None:
            value = self._read["from"] = _read_address(self._fields.get("from") or _missing("From"))
        return value

    @property
    def to(self) -> NameAddr:
        value: NameAddr | None = self._read.get("to")
        if value is None:
            value = self._read["to"] = _read_address(self._fields.get("to") or _missing("To"))
        return value

    @property
    def via(self) -> Via:
        """The topmost Via: of a request, who sent it to us; of a response, whom it is for."""
        value: Via | None = self._read.get("via")
        if value is None:
            value = self._read["via"] = _read_top_via(self._fields.get("via") or _missing("Via"))
        return value

    @property
    def vias(self) -> list[Via]:
        return [parse_via(value) for value in list_values(self._fields.get("via") or _missing("Via"))]

    @property
    def contacts(self) -> list[NameAddr]:
        """The Contact addresses; empty for `Contact: *` (see `contact_star`)."""
        return [] if self.contact_star else self.addresses("contact")

    @property
    def contact_star(self) -> bool:
        """Whether the one Contact is `*`, which stands for all bindings (10.2.2)."""
        raw = self._fields.get("contact")
        return raw is not None and raw.endswith("*") and first_value(raw) == "*"

    @property
    def routes(self) -> list[NameAddr]:
        return self.addresses("route")

    @property
    def record_routes(self) -> list[NameAddr]:
        return self.addresses("record-route")

    @property
    def paths(self) -> list[NameAddr]:
        """The proxies between a registrar and a phone (RFC 3327)."""
        return self.addresses("path")

    @property
    def service_routes(self) -> list[NameAddr]:
        """The proxies that a registrar asks a phone to use (RFC 3608)."""
        return self.addresses("service-route")

    @property
    def asserted_identities(self) -> list[NameAddr]:
        """Who the caller is, as a trusted peer says (RFC 3325)."""
        return self.addresses("p-asserted-identity")

    def addresses(self, name: str) -> list[NameAddr]:
        """All addresses of a header, by its lower-case long name; empty without one. Raises SipError(400)."""
        raw = self._fields.get(name)
        return [] if raw is None else list(_read_addresses(raw))

    @property
    def max_forwards(self) -> int | None:
        """Hops left, 0 to 255 (20.22)."""
        raw = self._fields.get("max-forwards")
        return None if raw is None else _read_max_forwards(raw)

    @property
    def expires(self) -> int | None:
        """Seconds, clamped to 2**32-1 (20.19)."""
        raw = self._fields.get("expires")
        if raw is None:
            return None
        value = first_value(raw)
        if not (value.isascii() and value.isdigit()):
            raise SipError(400, "Malformed Expires")
        return min(int(value[:11]), _MAX_SECONDS)

    @property
    def content_type(self) -> str | None:
        """The media type in lower case without its parameters: `application/sdp`."""
        raw = self._fields.get("content-type")
        return None if raw is None else _read_content_type(raw)

    @property
    def supported(self) -> frozenset[str]:
        """Option tags, lower-case."""
        raw = self._fields.get("supported")
        return _NO_TAGS if raw is None else _read_tags(raw)

    @property
    def require(self) -> frozenset[str]:
        """Option tags, lower-case."""
        raw = self._fields.get("require")
        return _NO_TAGS if raw is None else _read_tags(raw)

    @property
    def proxy_require(self) -> frozenset[str]:
        """Option tags, lower-case."""
        raw = self._fields.get("proxy-require")
        return _NO_TAGS if raw is None else _read_tags(raw)

    @property
    def allow(self) -> frozenset[str]:
        """Methods, upper-case."""
        raw = self._fields.get("allow")
        return _NO_TAGS if raw is None else _read_methods(raw)

    # -- the wire

    def _start_line(self) -> str:
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """The message as it goes on the wire: untouched headers as received, Content-Length as the body is."""
        fields, length = self._fields, len(self.body)
        raw = fields.get("content-length")
        if raw is None or not _says(raw, length):
            fields["content-length"] = f"Content-Length: {length}"
        head = "\r\n".join([self._start_line(), *fields.values(), "\r\n"])
        try:
            return head.encode("utf-8", "surrogateescape") + self.body
        except UnicodeEncodeError:
            return head.encode("utf-8", "replace") + self.body
