"""The ledger of decisions (`svara.privacy.rights.chained`): restrictions, objections, consents, corrections and wishes to be
erased, made and taken back, so that no older backup makes them undone.

A line holds one row of the database as it stood after a change; what was said in it is sealed there as well, and whom it is
about stands by id. Whatever a backup holds, the newest line of each row is put over it before a restored office opens
(`svara.privacy.rights.redoing`). It is no part of a content backup, and is copied apart, beside the keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from svara.privacy.rights import chained

NAME = "decisions"
TITLE = "ledger of decisions"


class Entry(msgspec.Struct, frozen=True):
    """One row after a change: of which table (a model's label), its key and its fields, and when it was written here."""

    at: str
    of: str
    row: str
    fields: dict[str, Any]
    before: str


def read(place: Path) -> list[Entry]:
    """Everything that was decided, oldest first; [] where there is no ledger. Raises Damaged."""
    return parse(place.read_bytes()) if place.exists() else []


def parse(content: bytes) -> list[Entry]:
    """The same of a ledger's content. Raises Damaged."""
    try:
        return msgspec.convert(chained.read(content, TITLE), list[Entry])
    except msgspec.ValidationError:
        raise chained.Damaged(f"the {TITLE} cannot be read: a line lacks what it has to say") from None


def merged(ledgers: Iterable[list[Entry]]) -> list[Entry]:
    """What stands in any of several ledgers of one installation, oldest first."""
    found = {(entry.at, entry.of, entry.row, msgspec.json.encode(entry.fields)): entry for each in ledgers for entry in each}
    return sorted(found.values(), key=lambda entry: entry.at)


def newest(entries: Iterable[Entry]) -> list[Entry]:
    """The last entry of each row, in the order in which rows first came."""
    return list({(entry.of, entry.row): entry for entry in entries}.values())
