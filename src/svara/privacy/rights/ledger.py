"""The ledger of erasures (`svara.privacy.rights.chained`): a line an erasure.

It names nobody: tenants and subjects by id. It is no part of a content backup, because an older backup must be gone through
with the newest ledger: whoever was erased since is erased again before the office opens. It is copied apart, with the keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from svara.data import locked
from svara.privacy.rights import chained
from svara.privacy.rights.chained import Damaged

NAME = "erasures"
_TITLE = "ledger of erasures"


@dataclass(frozen=True, slots=True)
class Entry:
    """One erasure. `receipt` is its receipt's digest, `before` the hash of the line before."""

    tenant: str
    subject: str
    at: str
    receipt: str
    before: str


def append(tenant: str, subject: str, at: datetime, receipt: str) -> None:
    """Write down an erasure that is committed; one that is there already is not written twice."""
    place = settings.DATA.root / NAME
    if not any(entry.receipt == receipt for entry in read(place)):
        write(place, tenant, subject, at, receipt)


def write(place: Path, tenant: str, subject: str, at: datetime, receipt: str) -> None:
    """Add a line. Raises OSError where the disk refuses it."""
    stamp = at.astimezone(UTC).isoformat(timespec="seconds")
    with locked(place.with_name(f".{NAME}-lock")):
        chained.append(place, [{"tenant": tenant, "subject": subject, "at": stamp, "receipt": receipt}])


def read(place: Path) -> list[Entry]:
    """Every erasure, oldest first; [] where there is no ledger. Raises Damaged: a line was changed, or is missing."""
    return parse(place.read_bytes()) if place.exists() else []


def parse(content: bytes) -> list[Entry]:
    """The same of a ledger's content. Raises Damaged."""
    entries = chained.read(content, _TITLE)
    try:
        return [Entry(**entry) for entry in entries]
    except TypeError:
        raise Damaged(f"the {_TITLE} cannot be read: it was written by a newer version of Svara") from None
