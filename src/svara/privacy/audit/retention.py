"""The log has an end too: entries go after `KEPT_DAYS`, and the rest of the chain still holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from svara.privacy.appendonly import removing
from svara.privacy.audit import anchors
from svara.privacy.audit.models import KEPT_DAYS, Chain, Concerned, Entry, Pruned
from svara.privacy.audit.port import SYSTEM, record
from svara.privacy.audit.verify import seal, verify


def keep(now: float) -> int:
    """What the jobs process does every hour: prune what is too old, and note the ends. Gives how many entries went."""
    at = datetime.fromtimestamp(now, UTC)
    gone = sum(prune(tenant_id, at) for tenant_id in list(Chain.all_tenants.values_list("tenant_id", flat=True)))
    anchors.note(settings.DATA, now)
    anchors.forget_pruned(settings.DATA)
    return gone


def prune(tenant_id: str, now: datetime) -> int:
    """Let the entries before `now` - KEPT_DAYS go, and write that down; gives how many went.

    A chain that does not hold is left as it is: it is evidence.
    """
    entries = Entry.all_tenants.filter(tenant_id=tenant_id).order_by("number")
    oldest = entries.first()
    if oldest is None or oldest.at >= now - timedelta(days=KEPT_DAYS):
        return 0
    if verify(tenant_id) is not None:
        return 0
    with transaction.atomic():
        Chain.all_tenants.select_for_update().get(tenant_id=tenant_id)
        young = entries.filter(at__gte=now - timedelta(days=KEPT_DAYS)).first()
        last = (entries.filter(number__lt=young.number) if young is not None else entries).last()
        if last is None:
            return 0
        gone = _let_go(tenant_id, last.number, last.hash, now)
        record(tenant_id, SYSTEM, "prune", None, "audit", str(last.number), "retention")
    return gone


@transaction.atomic
def drop(tenant_id: str) -> None:
    """A company is removed, and its log with it."""
    chain = Chain.all_tenants.select_for_update().filter(tenant_id=tenant_id).first()
    if chain is None:
        return
    _let_go(tenant_id, chain.number, chain.hash, datetime.now(UTC))
    with removing():
        Pruned.all_tenants.filter(tenant_id=tenant_id).delete()
    chain.delete()


def _let_go(tenant_id: str, up_to: int, hashed: str, now: datetime) -> int:
    pruning = Pruned(tenant_id=tenant_id, up_to=up_to, hash=hashed, at=now)
    pruning.seal = seal(pruning)
    pruning.save()
    with removing():
        Concerned.all_tenants.filter(tenant_id=tenant_id, entry__number__lte=up_to).delete()
        return Entry.all_tenants.filter(tenant_id=tenant_id, number__lte=up_to).delete()[0]
