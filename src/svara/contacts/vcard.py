"""Reading vCards as phones and programs write them: 2.1 (versit, 1996), 3.0 (RFC 2426) and 4.0 (RFC 6350). Pure.

Written here, because a library takes a thousandth of a second for each card and refuses much of what phones write. What is
no part of a `Card` (pictures, sounds, keys, birthdays, where somebody lives) is passed over and goes nowhere.

Every input gives an answer: cards, and for what is none a word why. Time grows with the size of the file alone.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from svara.contacts.card import (
    MAX_MAIL,
    MAX_NAME,
    MAX_NOTE,
    MAX_NUMBER,
    MAX_NUMBERS,
    Card,
    Kind,
    Number,
    dialled,
    is_mail,
    line,
    lines,
)

MAX_BYTES = 32 * 1024 * 1024
MAX_CARDS = 10_000
MAX_LINE_BYTES = 64 * 1024
"""What of a line is looked at; only pictures have longer ones."""
_MOST_OF_A_KIND = 50

_BEGIN, _END, _AGENT = b"BEGIN:VCARD", b"END:VCARD", b"AGENT:"
_ANY = re.compile(rb"(?:^|[\r\n])BEGIN:VCARD[ \t]*(?:[\r\n]|$)", re.IGNORECASE)
_KEPT = frozenset({"FN", "N", "NICKNAME", "ORG", "TEL", "EMAIL", "NOTE", "KIND", "X-ADDRESSBOOKSERVER-KIND", "X-ABLABEL"})
_NAME = re.compile(rb"(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)(?=[;:])")
_HEAD = re.compile(rb'((?:"[^"]*"|[^":])*):')
_PARAMETER = re.compile(r';\s*([^=;:"\s]+)(?:=((?:"[^"]*"|[^;:"])*))?')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_BEFORE_3 = re.compile(r"\\([;,:\\])")
_PART = re.compile(r"(?:\\.|[^;\\])*", re.DOTALL)
_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_CHARSET = re.compile(
    r"utf-?(8|16|16le|16be)|(us-)?ascii|iso[-_]?8859-\d{1,2}|(windows|cp)-?125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|euc-jp"
    r"|euc-kr|shift[-_]jis|iso-2022-jp|macintosh"
)
_KINDS: tuple[tuple[frozenset[str], Kind], ...] = (
    (frozenset({"FAX", "HOMEFAX", "WORKFAX", "OTHERFAX"}), "fax"),
    (frozenset({"CELL", "MOBILE", "MOBIL", "IPHONE", "PCS", "CAR"}), "mobile"),
    (frozenset({"WORK", "COMPANY"}), "work"),
    (frozenset({"HOME"}), "home"),
)
_OLD_CHARSETS = (
    dict.fromkeys(("CZ", "SK", "PL", "HU", "SI", "HR", "RO"), "cp1250")
    | dict.fromkeys(("LV", "LT", "EE"), "cp1257")
    | dict.fromkeys(("RU", "UA", "BG", "BY"), "cp1251")
)
"""How programs of a country wrote before UTF-8, where a file does not say."""


@dataclass(frozen=True, slots=True)
class Found:
    """One card of a file, the `place`-th. Without a card it says why ("unfinished", "empty", "group"). `left_out`: numbers
    and addresses in it that could not be understood, or were too many."""

    place: int
    card: Card | None
    fault: str = ""
    title: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A property, its value still in bytes."""

    name: str
    group: str
    types: frozenset[str]
    charset: str
    encoding: str
    value: bytes


@dataclass(slots=True)
class _Draft:
    """A card as it is collected."""

    place: int
    old_charset: str
    version: str = "3.0"
    first: dict[str, _Line] = field(default_factory=dict)
    many: dict[str, list[_Line]] = field(default_factory=dict)
    labels: dict[str, _Line] = field(default_factory=dict)

    def take(self, one: _Line) -> None:
        if one.name == "VERSION":
            self.version = one.value.strip().decode("ascii", "replace")
        elif one.name == "X-ABLABEL":
            if len(self.labels) < _MOST_OF_A_KIND:
                self.labels[one.group] = one
        elif one.name in ("TEL", "EMAIL", "NOTE"):
            some = self.many.setdefault(one.name, [])
            if len(some) < _MOST_OF_A_KIND:
                some.append(one)
        else:
            self.first.setdefault("KIND" if one.name.endswith("KIND") else one.name, one)

    def text(self, one: _Line | None) -> str:
        """A value that is one text."""
        return self._plain(self._decoded(one)) if one is not None else ""

    def parts(self, name: str) -> list[str]:
        """A value of several parts."""
        one = self.first.get(name)
        whole = self._decoded(one)[: 20 * MAX_NAME] if one is not None else ""
        found, at = [], 0
        while at <= len(whole):
            match = _PART.match(whole, at)
            end = match.end() if match is not None else at
            found.append(self._plain(whole[at:end]).strip())
            at = end + 1
        return found

    def title(self) -> str:
        """What it may be called, as far as it is known."""
        named = self.text(self.first.get("FN"))
        if not named.strip():
            family, given, middle = [*self.parts("N"), "", "", ""][:3]
            named = " ".join(filter(None, (given, middle, family))) or self.text(self.first.get("NICKNAME"))
        return line(named, MAX_NAME)

    def found(self, country: str) -> Found:
        """The finished card."""
        if self.text(self.first.get("KIND")).strip().casefold() == "group":
            return Found(self.place, None, "group", self.title())
        name = self.title()
        organisation = line(", ".join(filter(None, self.parts("ORG"))), MAX_NAME)
        numbers, left_out = self._numbers(country)
        mail, strange = self._mail()
        note = lines("\n".join(self.text(one) for one in self.many.get("NOTE", ())), MAX_NOTE)
        card = Card("" if name == organisation else name, organisation, numbers, mail, note)
        left = (*left_out, *strange)
        if not card.title:
            return Found(self.place, None, "empty", left_out=left)
        return Found(self.place, card, title=card.title, left_out=left)

    def _numbers(self, country: str) -> tuple[tuple[Number, ...], list[str]]:
        found: dict[str, Number] = {}
        left_out = []
        for one in sorted(self.many.get("TEL", ()), key=lambda one: "PREF" not in one.types):
            typed = self.text(one).strip()
            number = dialled(typed, country)
            if number and (number in found or len(found) < MAX_NUMBERS):
                found.setdefault(number, Number(number, self._kind(one)))
            elif typed:
                left_out.append(line(typed, MAX_NUMBER))
        return tuple(found.values()), left_out

    def _kind(self, one: _Line) -> Kind:
        label = self.text(self.labels.get(one.group)) if one.group else ""
        match = _LABEL.fullmatch(label)
        words = one.types | {(match[1] if match else label).strip().upper()}
        return next((kind for named, kind in _KINDS if named & words), "other")

    def _mail(self) -> tuple[str, list[str]]:
        """The preferred address, and what is none."""
        found, strange = "", []
        for one in sorted(self.many.get("EMAIL", ()), key=lambda one: "PREF" not in one.types):
            text = self.text(one).strip().removeprefix("mailto:")
            if text and not is_mail(text):
                strange.append(line(text, MAX_MAIL))
            found = found or (text if is_mail(text) else "")
        return found, strange

    def _decoded(self, one: _Line) -> str:
        raw = one.value
        if one.encoding in ("QUOTED-PRINTABLE", "Q"):
            raw = quopri.decodestring(raw)
        elif one.encoding in ("BASE64", "B"):
            try:
                raw = binascii.a2b_base64(raw)
            except binascii.Error:
                raw = b""
        for charset in (one.charset, "utf-8"):
            if _CHARSET.fullmatch(charset):
                try:
                    return raw.decode(charset)
                except (LookupError, UnicodeDecodeError):
                    continue
        return raw.decode(self.old_charset, "replace")

    def _plain(self, text: str) -> str:
        """Without the signs that hide others; version 2.1 hides fewer."""
        if "\\" not in text:
            return text
        if self.version.startswith("2"):
            return _ESCAPED_BEFORE_3.sub(r"\1", text)
        return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)


def is_vcard(data: bytes) -> bool:
    """Whether there is any card in a file."""
    return _ANY.search(_in_bytes(data)) is not None


def read(data: bytes, country: str) -> Iterator[Found]:
    """The cards of a file, one by one. `country` (ISO 3166) says how numbers are meant that are not written in full."""
    draft: _Draft | None = None
    agent, depth, place = False, 0, 0
    for raw in _whole_lines(_in_bytes(data)):
        head = raw[:12].strip().upper()
        if depth:  # somebody's agent, a card within the card
            depth += (head == _BEGIN) - (head == _END)
        elif head == _BEGIN and agent:
            agent, depth = False, 1
        elif head == _BEGIN:
            if draft is not None:
                yield Found(place, None, "unfinished", draft.title())
            place += 1
            draft = _Draft(place, _OLD_CHARSETS.get(country, "cp1252"))
        elif draft is None:
            continue
        elif head == _END:
            yield draft.found(country)
            draft = None
        else:
            agent = raw[: len(_AGENT)].upper() == _AGENT and not raw[len(_AGENT) :].strip()
            one = _property(raw)
            if one is not None:
                draft.take(one)
    if draft is not None:
        yield Found(place, None, "unfinished", draft.title())


def _in_bytes(data: bytes) -> bytes:
    """A file of one byte a letter or of UTF-8; what is UTF-16 is made so."""
    for mark, charset in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(charset, "replace").encode()
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace").encode()
    if data[:1] == b"\0":
        return data.decode("utf-16-be", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def _whole_lines(data: bytes) -> Iterator[bytes]:
    """Lines without their folds (RFC 6350 section 3.2) and without the soft ends of quoted-printable ones (RFC 2045 section
    6.7), cut where they are too long."""
    parts: list[bytes] = []
    size, quoted, soft = 0, False, False
    for raw in data.splitlines():
        if soft and raw.strip().upper() in (_BEGIN, _END):
            soft = False
        if soft:
            piece = raw
        elif parts and raw[:1] in (b" ", b"\t"):
            piece = raw[1:]
        else:
            if parts:
                yield b"".join(parts)
            parts, size, piece = [], 0, raw
            quoted = b"QUOTED-PRINTABLE" in raw.partition(b":")[0].upper()
        soft = quoted and piece.endswith(b"=")
        if soft:
            piece = piece[:-1]
        if size < MAX_LINE_BYTES:
            parts.append(piece[: MAX_LINE_BYTES - size])
            size += len(piece)
    if parts:
        yield b"".join(parts)


def _property(raw: bytes) -> _Line | None:
    """The property of a line; None for what is not looked at."""
    named = _NAME.match(raw)
    if named is None:
        return None
    name = named[2].decode("ascii").upper()
    if name not in _KEPT and name != "VERSION":
        return None
    head = _HEAD.match(raw, named.end())
    end = head.end() if head is not None else raw.find(b":", named.end()) + 1
    if not end:
        return None
    types: set[str] = set()
    charset = encoding = ""
    for match in _PARAMETER.finditer(raw[named.end() : end - 1].decode("latin-1")):
        key, value = match[1].upper(), (match[2] or "").strip().strip('"')
        if key == "CHARSET":
            charset = value.casefold()
        elif key == "ENCODING":
            encoding = value.upper()
        elif key == "TYPE":
            types.update(part.strip().upper() for part in value.split(","))
        elif key in ("QUOTED-PRINTABLE", "BASE64"):
            encoding = key
        elif key == "PREF" or not value:
            types.add(key)
    group = (named[1] or b"").decode("ascii").upper()
    return _Line(name, group, frozenset(types), charset, encoding, raw[end:])
