"""How decisions come into their ledger (`svara.privacy.rights.decisions`): noted in the transaction that makes them, and
written once it is committed.

What a kill or a full disk keeps from being written is noted still, and is written with the next decision or within the hour.
Demo companies are in no backup, and so in no ledger.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import serializers
from django.db import models, transaction
from django.utils import timezone

from svara import log
from svara.data import locked
from svara.privacy.errors import PlainError
from svara.privacy.functions.models import KEPT_DAYS, Consent
from svara.privacy.rights import chained, decisions, keycopy
from svara.privacy.rights.asked import Correction, ErasureWish, Objection, Restriction
from svara.privacy.rights.models import Undelivered
from svara.privacy.tenancy import TenantOwned, demo_tenants

KINDS: dict[str, type[TenantOwned]] = {
    table._meta.label: table for table in (Restriction, Objection, Correction, ErasureWish, Consent)
}
"""The tables whose rows are decisions."""
KEPT = timedelta(days=KEPT_DAYS)
"""As long as consents and what was asked are kept after they ended."""
_AT_ONCE = 500

_log = log.get("rights.delivering")


def changed(sender: type[models.Model], instance: TenantOwned, *, raw: bool = False, **_more: Any) -> None:
    """A row of such a table was written: it goes into the ledger once that is certain."""
    if raw:  # it comes from the ledger
        return
    Undelivered.all_tenants.create(tenant_id=instance.tenant_id, kind=sender._meta.label, row=str(instance.pk))
    transaction.on_commit(_deliver_now)


def deliver() -> int:
    """Write down what is noted; gives how many lines. Raises OSError."""
    place, count = settings.DATA.root / decisions.NAME, 0
    if not Undelivered.all_tenants.exists():
        return 0
    with locked(place.with_name(f".{decisions.NAME}-lock")):
        while noted := list(Undelivered.all_tenants.order_by("pk")[:_AT_ONCE]):
            lines = _lines(noted)
            chained.append(place, lines)
            Undelivered.all_tenants.filter(pk__in=[each.pk for each in noted]).delete()
            count += len(lines)
    keycopy.follow(settings.DATA)
    return count


def forget(now: datetime) -> int:
    """Let go of what is older than the rows themselves are kept; gives how many lines. Raises Damaged, OSError."""
    place, before = settings.DATA.root / decisions.NAME, (now - KEPT).astimezone(UTC).isoformat()
    with locked(place.with_name(f".{decisions.NAME}-lock")):
        gone = chained.forget(place, decisions.TITLE, lambda entry: str(entry["at"]) < before)
    if gone:
        keycopy.follow(settings.DATA)
    return gone


def fields_of(row: TenantOwned) -> dict[str, Any]:
    """A row's fields, as the ledger holds them: what JSON has, times to the microsecond, and bytes in base64."""
    found = serializers.serialize("python", [row])[0]["fields"]
    return {name: each.isoformat() if isinstance(each, datetime) else each for name, each in found.items()}


def _lines(noted: list[Undelivered]) -> list[chained.Entry]:
    demo, at = set(demo_tenants()), timezone.now().astimezone(UTC).isoformat()
    wanted = dict.fromkeys((each.kind, each.row) for each in noted if each.tenant_id not in demo)
    rows = {kind: table.all_tenants.in_bulk([row for of, row in wanted if of == kind]) for kind, table in KINDS.items()}
    return [
        {"at": at, "of": kind, "row": row, "fields": fields_of(rows[kind][row])}
        for kind, row in wanted
        if row in rows.get(kind, ())
    ]


def _deliver_now() -> None:
    try:
        deliver()
    except (OSError, PlainError):  # it stays noted
        _log.error("a decision could not be written into its ledger now", exc_info=True)
