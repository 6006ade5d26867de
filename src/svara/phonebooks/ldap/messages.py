"""Messages of LDAP (RFC 4511 section 4): what a phone says, read from BER, and what it is told, written. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from svara.phonebooks.ldap import filters
from svara.phonebooks.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    OCTETS,
    SEQUENCE,
    SET,
    BerError,
    encode,
    encode_all,
    encode_number,
    encode_text,
    number,
    one,
    text,
    values,
)

MAX_MESSAGE_BYTES = 16 * 1024
MAX_ATTRIBUTES = 50
MAX_NAME_LENGTH = 500
_BIND, _UNBIND, _SEARCH, _ABANDON, _EXTENDED = 0x60, 0x42, 0x63, 0x50, 0x77
_WRITING = {0x66: 0x67, 0x68: 0x69, 0x4A: 0x6B, 0x6C: 0x6D, 0x6E: 0x6F}
"""Of what would change or compare something: the tag of its answer."""
_CONTROLS = 0xA0
DISCONNECTION = "1.3.6.1.4.1.1466.20036"


class Result(IntEnum):
    """RFC 4511 section 4.1.9."""

    SUCCESS = 0
    PROTOCOL_ERROR = 2
    SIZE_LIMIT_EXCEEDED = 4
    AUTH_METHOD_NOT_SUPPORTED = 7
    UNAVAILABLE_CRITICAL_EXTENSION = 12
    CONFIDENTIALITY_REQUIRED = 13
    NO_SUCH_OBJECT = 32
    INAPPROPRIATE_AUTHENTICATION = 48
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS_RIGHTS = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING_TO_PERFORM = 53


@dataclass(frozen=True, slots=True)
class Bind:
    """`password` None: by another method than a password."""

    version: int
    name: str
    password: str | None


@dataclass(frozen=True, slots=True)
class Search:
    """`scope` 0: the base itself, 1: what is right below, 2: all below. `attributes` in lower case."""

    base: str
    scope: int
    size_limit: int
    types_only: bool
    filter: filters.Filter
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unbind:
    """Good-bye."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """Never mind; there is no answer to it."""


@dataclass(frozen=True, slots=True)
class Extended:
    """An operation of another document."""

    name: str


@dataclass(frozen=True, slots=True)
class Writing:
    """It would change or compare something; `answer` is the tag of what it is answered with."""

    answer: int


Operation = Bind | Search | Unbind | Abandon | Extended | Writing


@dataclass(frozen=True, slots=True)
class Message:
    """`critical`: it has a control that we do not know and must not pass over (section 4.1.11)."""

    id: int
    operation: Operation
    critical: bool = False


def read(data: bytes) -> Message:
    """One whole LDAPMessage. Raises BerError."""
    outer = values(data)
    parts = values(one(outer, SEQUENCE)[1])
    id_ = number(parts)
    if not 0 < id_ < 2**31:
        raise BerError("no id of a message")
    tag, content = one(parts)
    controls = next(parts, None)
    critical = controls is not None and controls[0] == _CONTROLS and _is_critical(controls[1])
    return Message(id_, _operation(tag, content), critical)


def _operation(tag: int, content: bytes) -> Operation:
    if tag in _WRITING:
        return Writing(_WRITING[tag])
    match tag:
        case 0x60:
            return _bind(content)
        case 0x63:
            return _search(content)
        case 0x42:
            return Unbind()
        case 0x50:
            return Abandon()
        case 0x77:
            return Extended(text(one(values(content), 0x80)[1][:MAX_NAME_LENGTH]))
        case _:
            raise BerError("no operation")


def _bind(content: bytes) -> Bind:
    parts = values(content)
    version, name = number(parts), text(one(parts, OCTETS)[1][:MAX_NAME_LENGTH])
    method, secret = one(parts)
    return Bind(version, name, text(secret[:MAX_NAME_LENGTH]) if method == 0x80 else None)


def _search(content: bytes) -> Search:
    parts = values(content)
    base = text(one(parts, OCTETS)[1][:MAX_NAME_LENGTH])
    scope, _aliases = number(parts, ENUMERATED), number(parts, ENUMERATED)
    size_limit, _seconds = number(parts), number(parts)
    types_only = one(parts, BOOLEAN)[1] not in (b"\0", b"")
    asked = filters.read(*one(parts))
    attributes: list[str] = []
    for _tag, name in values(one(parts, SEQUENCE)[1]):
        if len(attributes) == MAX_ATTRIBUTES:
            raise BerError("too many attributes")
        attributes.append(text(name[:MAX_NAME_LENGTH]).lower())
    if scope not in (0, 1, 2) or size_limit < 0:
        raise BerError("no search")
    return Search(base, scope, size_limit, types_only, asked, tuple(attributes))


def _is_critical(content: bytes) -> bool:
    for tag, control in values(content):
        if tag != SEQUENCE:
            raise BerError("no control")
        parts = values(control)
        one(parts, OCTETS)
        after = next(parts, None)
        if after is not None and after[0] == BOOLEAN and after[1] not in (b"\0", b""):
            return True
    return False


def bound(id_: int, result: Result, why: str = "") -> bytes:
    """The answer to a bind."""
    return _result(id_, 0x61, result, why)


def found(id_: int, name: str, attributes: Iterable[tuple[str, tuple[str, ...]]]) -> bytes:
    """One entry of what a search found."""
    listed = (
        encode_all(SEQUENCE, (encode_text(key), encode_all(SET, map(encode_text, given)))) for key, given in attributes
    )
    entry = encode_text(name) + encode_all(SEQUENCE, listed)
    return _message(id_, encode(0x64, entry))


def searched(id_: int, result: Result, why: str = "") -> bytes:
    """The end of what a search found."""
    return _result(id_, 0x65, result, why)


def refused(id_: int, answer: int, result: Result, why: str = "") -> bytes:
    """The answer to what we do not do."""
    return _result(id_, answer, result, why)


def extended(id_: int, result: Result, why: str = "") -> bytes:
    """The answer to an extended operation."""
    return _result(id_, 0x78, result, why)


def disconnection(result: Result, why: str) -> bytes:
    """The notice that the connection ends (section 4.4.1)."""
    return _message(0, encode(0x78, _content(result, why) + encode_text(DISCONNECTION, 0x8A)))


def _result(id_: int, tag: int, result: Result, why: str) -> bytes:
    return _message(id_, encode(tag, _content(result, why)))


def _content(result: Result, why: str) -> bytes:
    return encode_number(result, ENUMERATED) + encode_text("") + encode_text(why)


def _message(id_: int, operation: bytes) -> bytes:
    return encode(SEQUENCE, encode_number(id_) + operation)
