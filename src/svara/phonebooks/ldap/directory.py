"""The phonebook as an LDAP directory: names of entries, their attributes, and what a search finds. Pure.

Below `o=COMPANY` lies each entry as `uid=ID,o=COMPANY`, with the attributes of inetOrgPerson (RFC 2798) that phones ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from svara.phonebooks.entries import Entry
from svara.phonebooks.ldap import filters
from svara.phonebooks.ldap.messages import Result, Search, found

MAX_RESULTS = 10_000
CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson")
NAMES = {
    name.lower(): name
    for name in (
        "objectClass",
        "cn",
        "displayName",
        "sn",
        "givenName",
        "telephoneNumber",
        "ipPhone",
        "mobile",
        "mail",
        "o",
        "uid",
    )
}
"""Attributes as they are written, by their names in lower case, in the order in which they are told."""
_ROOT = (("objectClass", ("top",)), ("supportedLDAPVersion", ("3",)))
_ALL = "*"


@dataclass(frozen=True, slots=True)
class Directory:
    """One company's phonebook. `slug` names the company."""

    entries: tuple[Entry, ...]
    slug: str
    company: str

    @property
    def base(self) -> str:
        """The name of the whole."""
        return f"o={self.slug}"

    def name(self, entry: Entry) -> str:
        """The distinguished name of an entry."""
        return f"uid={entry.id},{self.base}"

    def search(self, id_: int, asked: Search) -> tuple[list[bytes], Result]:
        """The messages that tell what was found, and how it ended."""
        base = plain_name(asked.base)
        if not base and asked.scope == 0:
            return [self._root(id_, asked)], Result.SUCCESS
        limit = min(asked.size_limit or MAX_RESULTS, MAX_RESULTS)
        wanted = _wanted(asked.attributes)
        told: list[bytes] = []
        for entry in self._below(base, asked.scope):
            if entry is None or filters.holds(asked.filter, _reader(entry, self.company)) is not True:
                continue
            if len(told) == limit:
                return told, Result.SIZE_LIMIT_EXCEEDED
            attributes = ((NAMES[each], attribute(entry, each, self.company)) for each in wanted)
            given = ((name, () if asked.types_only else there) for name, there in attributes if there)
            told.append(found(id_, self.name(entry), given))
        return told, Result.SUCCESS if self._is_there(base) else Result.NO_SUCH_OBJECT

    def _below(self, base: str, scope: int) -> Iterable[Entry | None]:
        if base in ("", self.base):
            return self.entries if scope else ()
        if scope == 1:
            return ()
        return (entry for entry in self.entries if self.name(entry) == base)

    def _is_there(self, base: str) -> bool:
        return base in ("", self.base) or any(self.name(entry) == base for entry in self.entries)

    def _root(self, id_: int, asked: Search) -> bytes:
        """The root DSE (RFC 4512 section 5.1)."""
        there = (*_ROOT, ("namingContexts", (self.base,)))
        names = {each for each in asked.attributes if each not in (_ALL, "+")}
        shown = ((name, value) for name, value in there if not names or name.lower() in names)
        return found(id_, "", shown)


def root(id_: int) -> bytes:
    """What is told to who has not said who they are."""
    return found(id_, "", _ROOT)


def attribute(entry: Entry, name: str, company: str) -> tuple[str, ...]:
    """The values of an attribute, by its name in lower case."""
    match name:
        case "cn" | "displayname":
            there: tuple[str, ...] = (entry.name,)
        case "sn":
            there = (entry.family,)
        case "givenname":
            there = (entry.given,)
        case "telephonenumber":
            there = (entry.extension, *entry.direct)
        case "ipphone":
            there = (entry.extension,)
        case "mobile":
            there = (entry.mobile,)
        case "mail":
            there = (entry.email,)
        case "o":
            there = (company,)
        case "uid":
            there = (entry.id,)
        case _:
            there = CLASSES
    return tuple(filter(None, there))


def login_of(name: str) -> str:
    """Whom a bind means: `anna`, `anna@acme`, an e-mail address, or `uid=anna,o=acme` (also `cn=`)."""
    if "=" not in name:
        return name
    parts = dict(reversed([each.split("=", 1) for each in plain_name(name).split(",") if "=" in each]))
    who = parts.get("uid") or parts.get("cn") or ""
    return f"{who}@{parts['o']}" if parts.get("o") and "@" not in who else who


def plain_name(name: str) -> str:
    """A distinguished name in lower case, without spaces around its parts. Ours need no escapes, so none are undone."""
    return re.sub(r"\s*([,=])\s*", r"\1", name.strip().lower()[:500])


def _reader(entry: Entry, company: str) -> filters.Attributes:
    def read(name: str) -> tuple[str, ...] | None:
        return attribute(entry, name, company) if name in NAMES else None

    return read


def _wanted(asked: tuple[str, ...]) -> Iterator[str] | tuple[str, ...]:
    if not asked or _ALL in asked:
        return tuple(NAMES)
    return tuple(each for each in NAMES if each in asked)
