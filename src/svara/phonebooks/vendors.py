"""The phonebook as the XML files that desk phones read. Pure: entries in, text out.

Each vendor has its own elements, as its manuals show them. None of the phones understands namespaces, entities of its own
or anything clever, so there is nothing of the kind. Control characters, which XML 1.0 (section 2.2) has no place for, are
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.sax.saxutils import escape

from svara.phonebooks.entries import Entry, clean

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
MAX_ON_SNOM = 100
"""Snom's minibrowser shows no more lines by number."""
POLY_NAME_BYTES = 40


@dataclass(frozen=True, slots=True)
class Words:
    """What phones show beside names, in the reader's language."""

    title: str
    name: str
    extension: str
    direct: str
    mobile: str


Rendering = Callable[[Iterable[Entry], Words], str]


def yealink(entries: Iterable[Entry], words: Words) -> str:
    """Yealink: Remote Phone Book."""
    return _directory("YealinkIPPhoneDirectory", entries, words)


def plain(entries: Iterable[Entry], words: Words) -> str:
    """`IPPhoneDirectory`, which many other phones read."""
    return _directory("IPPhoneDirectory", entries, words)


def snom(entries: Iterable[Entry], words: Words) -> str:
    """Snom: what was found, for the minibrowser: one line a number."""
    lines = [
        f"<DirectoryEntry><Name>{_text(name)}</Name><Telephone>{_text(number)}</Telephone></DirectoryEntry>\n"
        for entry in entries
        for name, number in _lines(entry, words)
    ]
    head = f"<SnomIPPhoneDirectory>\n<Title>{_text(words.title)}</Title>\n"
    return f"{HEAD}{head}{''.join(lines[:MAX_ON_SNOM])}</SnomIPPhoneDirectory>\n"


def snom_question(url: str, words: Words) -> str:
    """Snom: whom one looks for. The phone fetches `url` with what was typed as `search`."""
    return (
        f"{HEAD}<SnomIPPhoneInput>\n<Title>{_text(words.title)}</Title>\n<Prompt>{_text(words.name)}</Prompt>\n"
        f"<URL>{_text(url)}</URL>\n<InputItem>\n<DisplayName>{_text(words.name)}</DisplayName>\n"
        "<QueryStringParam>search</QueryStringParam>\n<DefaultValue/>\n<InputFlags>a</InputFlags>\n</InputItem>\n"
        "</SnomIPPhoneInput>\n"
    )


def grandstream(entries: Iterable[Entry], words: Words) -> str:
    """Grandstream: XML Based Downloadable Phonebook."""
    del words
    contacts: list[str] = []
    for serial, entry in enumerate(entries, start=1):
        phones = "".join(
            f'<Phone type="{kind}"><phonenumber>{_text(number)}</phonenumber><accountindex>0</accountindex></Phone>'
            for kind, number in _kinds(entry)
        )
        contacts.append(
            f"<Contact><id>{serial}</id><FirstName>{_text(entry.given)}</FirstName>"
            f"<LastName>{_text(entry.family)}</LastName>{phones}</Contact>\n"
        )
    return f"{HEAD}<AddressBook>\n<version>1</version>\n{''.join(contacts)}</AddressBook>\n"


def poly(entries: Iterable[Entry], words: Words) -> str:
    """Poly (Polycom): contact directory; one item a number. Names are cut where the phone would."""
    items: list[str] = []
    for entry in entries:
        for name, number in _lines(entry, words):
            first = entry.given if name == entry.name else f"{entry.given} {name.removeprefix(entry.name).strip()}".strip()
            items.append(
                f"<item><ln>{_text(_cut(entry.family))}</ln><fn>{_text(_cut(first))}</fn><ct>{_text(number)}</ct>"
                "<ad>0</ad><ar>0</ar><bw>0</bw><bb>0</bb></item>\n"
            )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<directory>\n<item_list>\n'
    return f"{head}{''.join(items)}</item_list>\n</directory>\n"


VENDORS: Mapping[str, Rendering] = MappingProxyType(
    {"yealink": yealink, "snom": snom, "grandstream": grandstream, "poly": poly, "plain": plain}
)


def _directory(root: str, entries: Iterable[Entry], words: Words) -> str:
    labels = {"Work": words.extension, "Direct": words.direct, "Cell": words.mobile}
    parts: list[str] = []
    for entry in entries:
        numbers = "".join(
            f'<Telephone label="{_attribute(labels[kind])}">{_text(number)}</Telephone>'
            for kind, number in _kinds(entry, direct="Direct")
        )
        parts.append(f"<DirectoryEntry><Name>{_text(entry.name)}</Name>{numbers}</DirectoryEntry>\n")
    return f"{HEAD}<{root}>\n<Title>{_text(words.title)}</Title>\n{''.join(parts)}</{root}>\n"


def _kinds(entry: Entry, direct: str = "Work") -> list[tuple[str, str]]:
    """Every number with its kind, as phones call kinds."""
    found = [("Work", entry.extension)] if entry.extension else []
    found += [(direct, number) for number in entry.direct]
    return found + ([("Cell", entry.mobile)] if entry.mobile else [])


def _lines(entry: Entry, words: Words) -> list[tuple[str, str]]:
    """One line a number: the extension under the name alone."""
    marks = {"Work": "", "Direct": f" ({words.direct})", "Cell": f" ({words.mobile})"}
    return [(entry.name + marks[kind], number) for kind, number in _kinds(entry, direct="Direct")]


def _text(text: str) -> str:
    return escape(clean(text))


def _attribute(text: str) -> str:
    return escape(clean(text), {'"': "&quot;"})


def _cut(text: str) -> str:
    """At most POLY_NAME_BYTES of UTF-8, no half letter."""
    return text.encode()[:POLY_NAME_BYTES].decode(errors="ignore")
