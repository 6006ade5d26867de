"""The ledger of erasures: a file that only grows, one line of JSON an erasure, each with the hash of the line before.

It names nobody: tenants and subjects by id. It is no part of a content backup, because an older backup must be gone through
with the newest ledger: whoever was erased since is erased again before the office opens. It is copied apart, with the keys.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from svara.data import locked
from svara.privacy.errors import PlainError

NAME = "erasures"
FIRST = "0" * 64


class Damaged(PlainError):  # noqa: N818  the ledger is damaged
    """The ledger is not what was written."""


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
    with locked(place.with_name(f".{NAME}-lock")):
        before = FIRST
        for line in _lines(place):
            before = hashlib.sha256(line).hexdigest()
        entry = Entry(tenant, subject, at.astimezone(UTC).isoformat(timespec="seconds"), receipt, before)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
            file.write(json.dumps(asdict(entry), separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def read(place: Path) -> list[Entry]:
    """Every erasure, oldest first; [] where there is no ledger. Raises Damaged: a line was changed, or is missing."""
    before, found = FIRST, []
    for number, line in enumerate(_lines(place), start=1):
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            raise Damaged(f"line {number} of the ledger of erasures {place.name} cannot be read") from None
        if entry.before != before:
            raise Damaged(f"line {number} of the ledger of erasures {place.name} does not follow the one before it")
        before = hashlib.sha256(line).hexdigest()
        found.append(entry)
    return found


def _lines(place: Path) -> Iterator[bytes]:
    if place.exists():
        yield from place.read_bytes().splitlines()
