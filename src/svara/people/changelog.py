"""Who changed what in an office and when, and what the office said before: enough to undo it.

A change is recorded in the transaction that makes it. Only what differs is kept, and never a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from svara.people import routing
from svara.people.changes import Change
from svara.people.document import KEYS, Document, Item, export
from svara.people.models import Account, OfficeChange, Tenant
from svara.privacy import subject
from svara.privacy.audit.port import OPERATOR, record_views

Parts = dict[str, dict[str, Any]]
"""Section to name to item; None for one that is not there."""
TENANT = "tenant"
"""The section of the company itself, whose one item has no name."""
PARKING = "parking"
"""Likewise that of where callers are parked."""
PRIVATE = ("forward", "find_me", "quiet", "language", "call_waiting", "intercom", "keys")
"""Keys of a person that are never in the log."""
MAX_ITEMS = 500
"""A change of more than this is recorded, but cannot be undone."""
MAX_LINES = 500


def parts_of(document: Document) -> Parts:
    """A document by sections and names, without what people choose for themselves: that is nobody else's to read or undo."""
    parts: Parts = {section: {key(item): item for item in document[section]} for section, key in KEYS.items()}
    people = {
        name: {key: value for key, value in item.items() if key not in PRIVATE} for name, item in parts["people"].items()
    }
    parking = {PARKING: {"": document[PARKING]}} if PARKING in document else {}
    return parts | {"people": people, TENANT: {"": document[TENANT]}} | parking


def record(
    tenant: Tenant,
    was: Document | None,
    ids: Parts,
    changes: Iterable[Change],
    *,
    by: Account | None,
    undoes: OfficeChange | None = None,
) -> OfficeChange:
    """Write down what was changed just now, by a person or (None) by an office file; `was` and `ids` are from before (None:
    there was no such tenant)."""
    before, after = difference(parts_of(was), parts_of(export(tenant))) if was is not None else ({}, {})
    if sum(map(len, before.values())) > MAX_ITEMS:
        before, after = {}, {}
    changes = list(changes)
    lines = [str(change) for change in changes]
    more = len(lines) - MAX_LINES
    change = OfficeChange.all_tenants.create(
        tenant=tenant,
        account=by,
        origin="file" if by is None else "page" if undoes is None else "undo",
        lines=lines if more <= 0 else [*lines[:MAX_LINES], f"... {more}"],
        before=before,
        after=after,
        ids={
            section: {name: ids[section][name] for name in before.get(section, {}) if name in ids[section]}
            for section in ids
        },
        undoes=undoes,
    )
    _note(tenant, change, _concerned(before, after, changes), ids)
    return change


def _concerned(before: Parts, after: Parts, changes: Iterable[Change]) -> dict[str, bool]:
    """User names of those whom a change is about, and whether it gave them other roles."""
    was, is_ = before.get("people", {}), after.get("people", {})
    names = {change.name for change in changes if change.kind == "person"} | was.keys() | is_.keys()
    return {name: (was.get(name) or {}).get("roles") != (is_.get(name) or {}).get("roles") for name in names}


def _note(tenant: Tenant, change: OfficeChange, concerned: dict[str, bool], ids: Parts) -> None:
    """The log of views and changes has it too, where those concerned find it."""
    known = ids.get("people", {}) | dict(Account.of(tenant).filter(username__in=concerned).values_list("username", "id"))
    about = [subject.person(known[name]) for name in concerned if name in known]
    actor = change.account_id or OPERATOR
    record_views(tenant.id, actor, about, "person" if about else "office", act="change", ref=change.id, why=change.origin)
    if granted := [subject.person(known[name]) for name, roles in concerned.items() if roles and name in known]:
        record_views(tenant.id, actor, granted, "roles", act="grant", ref=change.id, why=change.origin)


def ids_of(tenant: Tenant) -> Parts:
    """The ids of what history may speak of."""
    people = dict(Account.of(tenant).values_list("username", "id"))
    queues: dict[str, str] = {}
    for kind in routing.KINDS:
        if kind.name == "queue":
            queues = dict(kind.model.of(tenant).values_list("name", "pk"))
    return {"people": people, "queues": queues}


def difference(before: Parts, after: Parts) -> tuple[Parts, Parts]:
    """What differs between two, from both sides."""
    was: Parts = {}
    is_: Parts = {}
    for section in before.keys() | after.keys():
        old, new = before.get(section, {}), after.get(section, {})
        for name in old.keys() | new.keys():
            if old.get(name) != new.get(name):
                was.setdefault(section, {})[name] = old.get(name)
                is_.setdefault(section, {})[name] = new.get(name)
    return was, is_


def put(document: Document, section: str, name: str, item: Item | None) -> None:
    """Put an item into a document, in place of the one of that name or at the end; None takes it out."""
    if section in (TENANT, PARKING):
        if item is None:
            document.pop(section, None)
        else:
            document[section] = item
        return
    items: list[Item] = document[section]
    for number, each in enumerate(items):
        if KEYS[section](each) == name:
            items[number : number + 1] = [] if item is None else [item]
            return
    if item is not None:
        items.append(item)
