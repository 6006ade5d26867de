"""The Basic Encoding Rules of ASN.1 as LDAP narrows them (RFC 4511 section 5.1): definite lengths, tags of one octet.

Written here: the usual library (pyasn1-modules) knows LDAP's filters to three levels alone. Reading never goes deeper than
who calls it goes, so nothing hostile can make it recurse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

BOOLEAN, INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x0A, 0x30, 0x31
MAX_INTEGER_OCTETS = 5


class BerError(ValueError):
    """These octets are no BER as LDAP wants it."""


def length_of(data: bytes) -> tuple[int, int] | None:
    """Of a value's first octets (tag and length): how many octets they are, and how many follow. None where more of them
    are needed. Raises BerError."""
    if len(data) < 2:
        return None
    first = data[1]
    if first < 0x80:
        return 2, first
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise BerError("a length that LDAP does not know")
    if len(data) < 2 + count:
        return None
    return 2 + count, int.from_bytes(data[2 : 2 + count])


def values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The values that stand one after the other in `data`: tag and content. Raises BerError."""
    at = 0
    while at < len(data):
        if data[at] & 0x1F == 0x1F:
            raise BerError("a tag that LDAP does not use")
        found = length_of(data[at : at + 6])
        if found is None:
            raise BerError("cut off")
        head, length = found
        if at + head + length > len(data):
            raise BerError("longer than what it stands in")
        yield data[at], data[at + head : at + head + length]
        at += head + length


def one(pairs: Iterator[tuple[int, bytes]], *tags: int) -> tuple[int, bytes]:
    """The next value, which must have one of `tags`. Raises BerError."""
    found = next(pairs, None)
    if found is None or (tags and found[0] not in tags):
        raise BerError("something else was expected")
    return found


def number(pairs: Iterator[tuple[int, bytes]], tag: int = INTEGER) -> int:
    """The next value, an integer or enumerated. Raises BerError."""
    _tag, content = one(pairs, tag)
    if not 1 <= len(content) <= MAX_INTEGER_OCTETS:
        raise BerError("a number out of range")
    return int.from_bytes(content, signed=True)


def text(content: bytes) -> str:
    """An LDAPString: UTF-8; what is none is read as far as it goes, and so matches nothing."""
    return content.decode(errors="replace")


def encode(tag: int, content: bytes) -> bytes:
    """One value."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def encode_number(value: int, tag: int = INTEGER) -> bytes:
    """An integer or enumerated."""
    return encode(tag, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def encode_text(value: str, tag: int = OCTETS) -> bytes:
    """A string."""
    return encode(tag, value.encode(errors="replace"))


def encode_all(tag: int, parts: Iterable[bytes]) -> bytes:
    """A value that holds others."""
    return encode(tag, b"".join(parts))
