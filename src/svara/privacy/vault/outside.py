"""Whom outside a number or address stands for: a keyed hash, the same wherever that number is met in one company."""

from __future__ import annotations

from svara.privacy.subject import Subject, outside
from svara.privacy.vault import current


def subject_of(tenant_id: str, number: str) -> Subject:
    """The person outside who has this number (E.164) or address, for one company. Raises Unreadable, VaultError."""
    value = number.strip().casefold()
    return outside(current().index(tenant_id, "mail" if "@" in value else "number", value))
