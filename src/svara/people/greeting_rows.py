"""Greetings in their table, as the structs that call control knows."""

from __future__ import annotations

import msgspec

from svara.people import office
from svara.people.models import Greeting


def greetings_by_owner() -> dict[str, dict[office.GreetingKind, office.Sound]]:
    """All greetings on the server, by the id of the person or queue, by kind."""
    found: dict[str, dict[office.GreetingKind, office.Sound]] = {}
    for row in Greeting.all_tenants.order_by("kind"):
        until = row.until.timestamp() if row.until is not None else None
        kind = msgspec.convert(row.kind, office.GreetingKind)
        found.setdefault(row.account_id or row.queue_id or "", {})[kind] = office.Sound(row.kind, row.file, until)
    return found
