"""How entries hang together: pure functions from an entry's facts and the hash before it to its own hash."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

Act = Literal[
    "view",
    "hear",
    "create",
    "change",
    "remove",
    "export",
    "erase",
    "grant",
    "revoke",
    "approve",
    "refuse",
    "sign-in",
    "restore",
    "disclose",
    "reveal",
    "prune",
]
"""What was done; "hear" is to listen to a sound, "reveal" to lift a pseudonym, "prune" to let the oldest of this log go."""

KEY_LENGTH = 80
_KEY = re.compile(r"[0-9A-Za-z_.:/-]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = 1


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What an entry says. All of it are keys and ids: a sentence, a name or an address does not pass `checked`."""

    actor: str
    act: str
    what: str
    ref: str
    why: str
    count: int
    subjects: tuple[str, ...]


def checked(facts: Facts) -> Facts:
    """The same facts. Raises ValueError for anything that is no key or id: this log holds no content."""
    for name in ("actor", "act", "what", "ref", "why"):
        value = getattr(facts, name)
        required = name not in ("ref", "why")
        if not value and not required:
            continue
        if len(value) > KEY_LENGTH or not _KEY.fullmatch(value):
            raise ValueError(f"{name} of an entry of the audit log must be a key or an id")
    if any(len(one) > KEY_LENGTH or not _KEY.fullmatch(one) for one in facts.subjects):
        raise ValueError("a subject of an entry of the audit log must be a `svara.privacy.subject.Subject`")
    return facts


def genesis(tenant_id: str) -> str:
    """What stands before a company's first entry, hex."""
    return hashlib.sha256(b"svara audit\0" + tenant_id.encode()).hexdigest()


def microseconds(at: datetime) -> int:
    """Since the epoch, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def link(previous: str, tenant_id: str, number: int, at: datetime, facts: Facts) -> str:
    """The hash of an entry, hex: SHA-256 over canonical msgpack of the entry and the hash of the one before."""
    whole = (_VERSION, previous, tenant_id, number, microseconds(at), facts)
    return hashlib.sha256(msgspec.msgpack.encode(whole)).hexdigest()
