"""The phonebook as WebDAV sees it: a root, a principal, a home, one address book in it, and the cards.

The places are the same for everybody; who asks decides what lies there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from xml.sax.saxutils import escape

from svara.phonebooks import cards
from svara.phonebooks.cards import Version
from svara.phonebooks.dav import names
from svara.phonebooks.dav.names import CARD, DAV, element, href
from svara.phonebooks.entries import Entry, clean

ROOT = "/carddav/"
PRINCIPAL = ROOT + "me/"
HOME = ROOT + "books/"
BOOK = HOME + "company/"
CARD_TYPE = "text/vcard; charset=utf-8"
_TOKEN = "urn:svara:phonebook:"  # noqa: S105  of a state, not a secret

Kind = Literal["root", "principal", "home", "book", "card"]
_PLACES: dict[str, Kind] = {ROOT: "root", PRINCIPAL: "principal", HOME: "home", BOOK: "book"}
_USUAL: dict[Kind, tuple[str, ...]] = {
    "root": (names.RESOURCE_TYPE, names.PRINCIPAL),
    "principal": (names.RESOURCE_TYPE, names.DISPLAY_NAME, names.PRINCIPAL, names.PRINCIPAL_URL, names.HOME),
    "home": (names.RESOURCE_TYPE, names.PRINCIPAL, names.OWNER, names.PRIVILEGES),
    "book": (
        names.RESOURCE_TYPE,
        names.DISPLAY_NAME,
        names.DESCRIPTION,
        names.PRINCIPAL,
        names.OWNER,
        names.PRIVILEGES,
        names.REPORTS,
        names.SUPPORTED_DATA,
        names.COLLECTION_TAG,
        names.SYNC_TOKEN,
    ),
    "card": (names.RESOURCE_TYPE, names.ETAG, names.CONTENT_TYPE, names.PRIVILEGES),
}
"""What each kind of thing has, besides the card itself (`names.DATA`)."""
_TYPES: dict[Kind, str] = {
    "root": "<D:collection/>",
    "principal": "<D:collection/><D:principal/>",
    "home": "<D:collection/>",
    "book": "<D:collection/><C:addressbook/>",
    "card": "",
}
_REPORTS = "".join(
    f"<D:supported-report><D:report>{element(name)}</D:report></D:supported-report>"
    for name in (f"{{{CARD}}}addressbook-query", f"{{{CARD}}}addressbook-multiget", f"{{{DAV}}}sync-collection")
)
_DATA_TYPES = "".join(f'<C:address-data-type content-type="text/vcard" version="{each}"/>' for each in cards.VERSIONS)


_FIXED = {
    names.CONTENT_TYPE: CARD_TYPE,
    names.PRINCIPAL: href(PRINCIPAL),
    names.PRINCIPAL_URL: href(PRINCIPAL),
    names.OWNER: href(PRINCIPAL),
    names.HOME: href(HOME),
    names.PRIVILEGES: "<D:privilege><D:read/></D:privilege>",
    names.REPORTS: _REPORTS,
    names.SUPPORTED_DATA: _DATA_TYPES,
}
"""Values that are the same everywhere."""


@dataclass(frozen=True, slots=True)
class Node:
    """Something at a place; `entry` of a card."""

    kind: Kind
    path: str
    entry: Entry | None = None


class Library:
    """One person's view."""

    def __init__(self, entries: tuple[Entry, ...], company: str, title: str) -> None:
        self.entries, self.company, self._title = entries, clean(company), clean(title)

    @cached_property
    def _by_id(self) -> dict[str, Entry]:
        return {entry.id: entry for entry in self.entries}

    @cached_property
    def state(self) -> str:
        """Another one whenever anything in the book has changed."""
        digest = hashlib.blake2b(digest_size=16)
        for entry in self.entries:
            digest.update(cards.tag(entry, self.company).encode())
        return digest.hexdigest()

    @property
    def token(self) -> str:
        """For sync-collection: the state, as a URI."""
        return _TOKEN + self.state

    def find(self, path: str) -> Node | None:
        """What lies at a path, with or without a slash at the end of a folder."""
        kind = _PLACES.get(path if path.endswith("/") else f"{path}/")
        if kind is not None:
            return Node(kind, path if path.endswith("/") else f"{path}/")
        if not path.startswith(BOOK) or not path.endswith(".vcf"):
            return None
        entry = self._by_id.get(path.removeprefix(BOOK).removesuffix(".vcf"))
        return None if entry is None else self.node(entry)

    def node(self, entry: Entry) -> Node:
        """A card's."""
        return Node("card", f"{BOOK}{entry.id}.vcf", entry)

    def children(self, node: Node) -> Iterator[Node]:
        """What lies in a folder."""
        if node.kind == "root":
            yield Node("principal", PRINCIPAL)
            yield Node("home", HOME)
        elif node.kind == "home":
            yield Node("book", BOOK)
        elif node.kind == "book":
            yield from map(self.node, self.entries)

    def card(self, entry: Entry, version: Version = "3.0") -> str:
        """The card itself."""
        return cards.card(entry, self.company, version)

    def usual(self, node: Node) -> tuple[str, ...]:
        """The properties that a thing has and that are told where none are named."""
        return _USUAL[node.kind]

    def value(self, node: Node, name: str, version: Version) -> str | None:
        """A property of a thing, as XML; None where it has no such property."""
        if name == names.DATA and node.entry is not None:
            return escape(self.card(node.entry, version))
        if name not in _USUAL[node.kind]:
            return None
        match name:
            case names.RESOURCE_TYPE:
                return _TYPES[node.kind]
            case names.ETAG if node.entry is not None:
                return cards.tag(node.entry, self.company)
            case names.DISPLAY_NAME | names.DESCRIPTION:
                return escape(self.company if node.kind == "book" and name == names.DISPLAY_NAME else self._title)
            case names.COLLECTION_TAG:
                return f'"{self.state}"'
            case names.SYNC_TOKEN:
                return self.token
            case _:
                return _FIXED[name]
