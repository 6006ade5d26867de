"""What a program is told: multistatus documents (RFC 4918 section 13) about what lies in a library."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from urllib.parse import unquote

from svara.phonebooks.dav import names
from svara.phonebooks.dav.asked import Multiget, PropFilter, Query, Sync, TextMatch, Unmet, Wanted
from svara.phonebooks.dav.library import Library, Node
from svara.phonebooks.dav.names import DAV, DECLARED, element, href
from svara.phonebooks.entries import Entry

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_OK, _MISSING = "<D:status>HTTP/1.1 200 OK</D:status>", "<D:status>HTTP/1.1 404 Not Found</D:status>"


def properties(library: Library, node: Node, depth: str, wanted: Wanted) -> str:
    """PROPFIND of a thing and, with depth 1, of what lies in it. Raises Unmet for more than that."""
    if depth not in ("0", "1"):
        raise Unmet(f"{{{DAV}}}propfind-finite-depth")
    nodes = [node, *(library.children(node) if depth == "1" else ())]
    return _multistatus(_response(library, each, wanted) for each in nodes)


def report(library: Library, asked: Query | Multiget | Sync) -> str:
    """A REPORT of the address book. Raises Unmet."""
    match asked:
        case Multiget(wanted, paths):
            return _multistatus(_one(library, path, wanted) for path in paths)
        case Query(wanted, filters, all_of, limit):
            found = (entry for entry in library.entries if _matches(entry, filters, all_of=all_of))
            return _multistatus(_response(library, library.node(entry), wanted) for entry in islice(found, limit))
        case Sync(wanted, token):
            if token not in ("", library.token):
                # What went meanwhile is kept nowhere: the program compares the whole list anew (RFC 6578 section 3.2).
                raise Unmet(f"{{{DAV}}}valid-sync-token")
            entries = library.entries if not token else ()
            parts = [_response(library, library.node(entry), wanted) for entry in entries]
            return _multistatus([*parts, element(names.SYNC_TOKEN, library.token)])


def unmet(name: str) -> str:
    """The body that says which precondition does not hold."""
    return f"{HEAD}<D:error{DECLARED}>{element(name)}</D:error>"


def _multistatus(parts: Iterable[str]) -> str:
    return f"{HEAD}<D:multistatus{DECLARED}>{''.join(parts)}</D:multistatus>"


def _one(library: Library, path: str, wanted: Wanted) -> str:
    _scheme, absolute, rest = path.partition("://")
    node = library.find(unquote(f"/{rest.partition('/')[2]}" if absolute else path))
    if node is None or node.kind != "card":
        return f"<D:response>{href(path)}{_MISSING}</D:response>"
    return _response(library, node, wanted)


def _response(library: Library, node: Node, wanted: Wanted) -> str:
    if wanted.names_only:
        there = "".join(map(element, library.usual(node)))
        return f"<D:response>{href(node.path)}<D:propstat><D:prop>{there}</D:prop>{_OK}</D:propstat></D:response>"
    found: list[str] = []
    missing: list[str] = []
    for name in library.usual(node) if wanted.properties is None else wanted.properties:
        value = library.value(node, name, wanted.version)
        if value is None:
            missing.append(element(name))
        else:
            found.append(element(name, value))
    parts = f"<D:propstat><D:prop>{''.join(found)}</D:prop>{_OK}</D:propstat>" if found or not missing else ""
    if missing:
        parts += f"<D:propstat><D:prop>{''.join(missing)}</D:prop>{_MISSING}</D:propstat>"
    return f"<D:response>{href(node.path)}{parts}</D:response>"


def _matches(entry: Entry, filters: tuple[PropFilter, ...], *, all_of: bool) -> bool:
    if not filters:
        return True
    return (all if all_of else any)(_meets(entry, each) for each in filters)


def _meets(entry: Entry, asked: PropFilter) -> bool:
    values = _values(entry, asked.name)
    if not asked.defined:
        return not values
    if not asked.matches:
        return bool(values)
    return (all if asked.all_of else any)(any(_has(value, match) for value in values) for match in asked.matches)


def _has(value: str, match: TextMatch) -> bool:
    checks = {
        "contains": match.text in value,
        "equals": match.text == value,
        "starts-with": value.startswith(match.text),
        "ends-with": value.endswith(match.text),
    }
    return checks[match.kind] != match.negated


def _values(entry: Entry, name: str) -> list[str]:
    """The values of a property of a card, in lower case."""
    values = {
        "FN": (entry.name,),
        "N": (f"{entry.family};{entry.given};;;",),
        "NICKNAME": (),
        "TEL": entry.numbers,
        "EMAIL": (entry.email,),
        "UID": (entry.id,),
    }.get(name, ())
    return [value.casefold() for value in values if value]
