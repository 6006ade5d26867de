"""Writing contacts as vCards of version 4.0 (RFC 6350), which every address book reads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from svara.contacts.card import Card, Kind

_LINE_BYTES = 75
_TYPES: dict[Kind, str] = {
    "mobile": 'TYPE="cell,voice"',
    "work": 'TYPE="work,voice"',
    "home": 'TYPE="home,voice"',
    "fax": "TYPE=fax",
    "other": "TYPE=voice",
}


def written(cards: Iterable[tuple[str, Card]]) -> Iterator[str]:
    """Cards with their ids, one vCard after the other."""
    for key, card in cards:
        yield "".join(f"{_folded(line)}\r\n" for line in _lines(key, card))


def _lines(key: str, card: Card) -> Iterator[str]:
    given, _space, family = card.name.rpartition(" ")
    yield from ("BEGIN:VCARD", "VERSION:4.0", "PRODID:-//Svara//Contacts//EN", f"UID:urn:uuid:{key}")
    yield f"KIND:{'individual' if card.name or not card.organisation else 'org'}"
    yield f"FN:{_text(card.title)}"
    if card.name:
        yield f"N:{_text(family)};{_text(given)};;;"
    if card.organisation:
        yield f"ORG:{_text(card.organisation)}"
    for each in card.numbers:
        yield f"TEL;{_TYPES[each.kind]}:{_text(each.number)}"
    if card.mail:
        yield f"EMAIL:{_text(card.mail)}"
    if card.note:
        yield f"NOTE:{_text(card.note)}"
    yield "END:VCARD"


def _text(text: str) -> str:
    """A value, escaped (RFC 6350 section 3.4); no control character but the end of a line is in a card."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line of which none has more than 75 bytes (RFC 6350 section 3.2), no letter torn apart."""
    if len(line.encode()) <= _LINE_BYTES:
        return line
    parts, used = [""], 0
    for sign in line:
        size = len(sign.encode())
        if used + size > _LINE_BYTES:
            parts.append(" ")
            used = 1
        parts[-1] += sign
        used += size
    return "\r\n".join(parts)
