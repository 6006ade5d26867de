"""What a program asks by PROPFIND (RFC 4918) and REPORT (RFC 6352, RFC 6578), read from hostile XML.

No document types, no entities; sizes and counts are bounded. What cannot be read is `Unreadable`, what we do not do is
`Unmet` with the name of the precondition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from svara.phonebooks.cards import Version
from svara.phonebooks.dav.names import CARD, DATA, DAV

MAX_BODY_BYTES = 1024 * 1024
MAX_PROPERTIES = 60
MAX_HREFS = 10_000
MAX_FILTERS = 20
MAX_TEXT = 200
MatchType = Literal["contains", "equals", "starts-with", "ends-with"]
_MATCHES: dict[str, MatchType] = {
    "contains": "contains",
    "equals": "equals",
    "starts-with": "starts-with",
    "ends-with": "ends-with",
}
_COLLATIONS = ("i;unicode-casemap", "i;ascii-casemap", "i;octet", "default")


class Unreadable(Exception):  # noqa: N818  the request is
    """This is no request of WebDAV."""


class Unmet(Exception):  # noqa: N818  the precondition is
    """A precondition does not hold; `name` is its name in Clark notation (RFC 4918 section 16)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which properties; None: the usual ones. `names_only`: what there is, without values."""

    properties: tuple[str, ...] | None = None
    names_only: bool = False
    version: Version = "3.0"


@dataclass(frozen=True, slots=True)
class TextMatch:
    """RFC 6352 section 10.5.4; `text` is lower case."""

    text: str
    kind: MatchType = "contains"
    negated: bool = False


@dataclass(frozen=True, slots=True)
class PropFilter:
    """RFC 6352 section 10.5.1: about one property of a vCard, by its name in upper case. Without matches: it is there."""

    name: str
    defined: bool = True
    matches: tuple[TextMatch, ...] = ()
    all_of: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """addressbook-query (RFC 6352 section 8.6)."""

    wanted: Wanted
    filters: tuple[PropFilter, ...] = ()
    all_of: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Multiget:
    """addressbook-multiget (RFC 6352 section 8.7)."""

    wanted: Wanted
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sync:
    """sync-collection (RFC 6578 section 3.2); `token` "" the first time."""

    wanted: Wanted
    token: str


def propfind(body: bytes) -> Wanted:
    """What a PROPFIND asks for. Raises Unreadable."""
    if not body.strip():
        return Wanted()
    root = _parsed(body)
    if root.tag != f"{{{DAV}}}propfind":
        raise Unreadable
    return _wanted(root)


def report(body: bytes) -> Query | Multiget | Sync:
    """What a REPORT asks for. Raises Unreadable, Unmet."""
    root = _parsed(body)
    wanted = _wanted(root)
    if root.tag == f"{{{CARD}}}addressbook-multiget":
        paths = tuple((each.text or "").strip()[:1000] for each in root.findall(f"{{{DAV}}}href")[: MAX_HREFS + 1])
        if len(paths) > MAX_HREFS:
            raise Unreadable
        return Multiget(wanted, paths)
    if root.tag == f"{{{CARD}}}addressbook-query":
        return _query(root, wanted)
    if root.tag == f"{{{DAV}}}sync-collection":
        if root.findtext(f"{{{DAV}}}sync-level", "1").strip() not in ("1", "infinite"):
            raise Unreadable
        return Sync(wanted, root.findtext(f"{{{DAV}}}sync-token", "").strip())
    raise Unmet(f"{{{DAV}}}supported-report")


def _parsed(body: bytes) -> Element:
    if len(body) > MAX_BODY_BYTES:
        raise Unreadable
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable from error
    return root


def _wanted(root: Element) -> Wanted:
    if root.find(f"{{{DAV}}}propname") is not None:
        return Wanted(names_only=True)
    asked = root.find(f"{{{DAV}}}prop")
    if asked is None:
        return Wanted()
    names = dict.fromkeys(each.tag for each in list(asked)[: MAX_PROPERTIES + 1] if isinstance(each.tag, str))
    if len(names) > MAX_PROPERTIES:
        raise Unreadable
    data = asked.find(DATA)
    version: Version = "3.0"
    if data is not None:
        kind, said = data.get("content-type", "text/vcard"), data.get("version", "3.0")
        if kind != "text/vcard" or said not in ("3.0", "4.0"):
            raise Unmet(f"{{{CARD}}}supported-address-data")
        version = "4.0" if said == "4.0" else "3.0"
    return Wanted(tuple(names), version=version)


def _query(root: Element, wanted: Wanted) -> Query:
    limit: int | None = None
    if (said := root.findtext(f"{{{CARD}}}limit/{{{CARD}}}nresults")) is not None:
        if not (said.strip().isascii() and said.strip().isdigit() and len(said.strip()) < 9):
            raise Unreadable
        limit = int(said)
    found = root.find(f"{{{CARD}}}filter")
    if found is None:
        return Query(wanted, limit=limit)
    filters = found.findall(f"{{{CARD}}}prop-filter")
    if len(filters) > MAX_FILTERS:
        raise Unmet(f"{{{CARD}}}supported-filter")
    return Query(wanted, tuple(map(_prop_filter, filters)), found.get("test") == "allof", limit)


def _prop_filter(node: Element) -> PropFilter:
    if node.find(f"{{{CARD}}}param-filter") is not None:
        raise Unmet(f"{{{CARD}}}supported-filter")
    texts = node.findall(f"{{{CARD}}}text-match")
    if len(texts) > MAX_FILTERS:
        raise Unmet(f"{{{CARD}}}supported-filter")
    return PropFilter(
        node.get("name", "").upper(),
        node.find(f"{{{CARD}}}is-not-defined") is None,
        tuple(map(_text_match, texts)),
        node.get("test") == "allof",
    )


def _text_match(node: Element) -> TextMatch:
    kind = _MATCHES.get(node.get("match-type", "contains"))
    if node.get("collation", "default") not in _COLLATIONS:
        raise Unmet(f"{{{CARD}}}supported-collation")
    if kind is None:
        raise Unreadable
    return TextMatch((node.text or "")[:MAX_TEXT].casefold(), kind, node.get("negate-condition") == "yes")
