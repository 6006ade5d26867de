"""An entry of the phonebook as a vCard: version 3.0 (RFC 2426) or 4.0 (RFC 6350). Pure.

Written here, because a library takes a thousandth of a second for each card, which a company of some thousand people would
wait for; that others read these cards is proven with such a library.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from svara.phonebooks.entries import Entry

Version = Literal["3.0", "4.0"]
VERSIONS: tuple[Version, ...] = ("3.0", "4.0")
_FORM = 1
"""Of these cards; a change of it changes every tag, so that programs fetch them anew."""
_LINE_BYTES = 75


def card(entry: Entry, company: str, version: Version = "3.0") -> str:
    """The card, lines folded (RFC 6350 section 3.2) and ended as RFC 5322 says."""
    person = entry.kind == "person"
    lines = [
        "BEGIN:VCARD",
        f"VERSION:{version}",
        "PRODID:-//Svara//Phonebook//EN",
        f"UID:{entry.id}",
        f"FN:{_text(entry.name)}",
        f"N:{_text(entry.family)};{_text(entry.given)};;;" if person else f"N:{_text(entry.name)};;;;",
        f"ORG:{_text(company)}",
    ]
    if version == "4.0":
        lines.append("KIND:" + ("individual" if person else "group" if entry.kind == "conference" else "org"))
        types = {"work": 'TYPE="work,voice"', "cell": 'TYPE="cell,voice"', "mail": "TYPE=work"}
    else:
        types = {"work": "TYPE=WORK,VOICE", "cell": "TYPE=CELL,VOICE", "mail": "TYPE=INTERNET,WORK"}
    numbers = [("work", number) for number in (*entry.direct, entry.extension) if number]
    if entry.mobile:
        numbers.append(("cell", entry.mobile))
    lines += [f"TEL;{types[kind]}:{_text(number)}" for kind, number in numbers]
    if entry.email:
        lines.append(f"EMAIL;{types['mail']}:{_text(entry.email)}")
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCARD"))


def tag(entry: Entry, company: str) -> str:
    """Which version of an entry this is: another one whenever anything of it has changed. An `ETag` (RFC 9110 section
    8.8.3) with its quotes."""
    parts = (entry.id, entry.kind, entry.name, entry.extension, *entry.direct, "", entry.mobile, entry.email, company)
    return f'"{hashlib.blake2b(chr(0).join(parts).encode(), digest_size=12, person=b"card%d" % _FORM).hexdigest()}"'


def _text(text: str) -> str:
    """A value, escaped (RFC 6350 section 3.4); no control character passes."""
    plain = text
    if not text.isprintable():
        plain = "".join(sign for sign in text.replace("\n", " ") if sign.isprintable())
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> str:
    if len(line.encode(errors="replace")) <= _LINE_BYTES:
        return line
    parts, used = [""], 0
    for sign in line:
        size = len(sign.encode(errors="replace"))
        if used + size > _LINE_BYTES:
            parts.append(" ")
            used = 1
        parts[-1] += sign
        used += size
    return "\r\n".join(parts)
