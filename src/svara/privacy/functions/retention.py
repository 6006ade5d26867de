"""How long the proof of a consent is kept: three years after the last of a subject's consents has ended.

A subject's entries go together, because each carries the hash of the one before. A consent has ended when it was withdrawn
or refused, when its person is gone from the company, or at once where it was for one call.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.apps import apps
from django.db.models import Max

from svara.privacy.appendonly import removing
from svara.privacy.functions.models import KEPT_DAYS, Consent
from svara.privacy.functions.registry import RECORDED_CALL
from svara.privacy.subject import Subject, account_of


def forget_consents(now: datetime) -> int:
    """Let go of the entries that nobody needs any more; gives how many."""
    before = now - timedelta(days=KEPT_DAYS)
    quiet = Consent.all_tenants.values("tenant_id", "subject").annotate(last=Max("at")).filter(last__lt=before)
    gone = 0
    for row in quiet:
        entries = Consent.all_tenants.filter(tenant_id=row["tenant_id"], subject=row["subject"])
        if _ended(row["subject"], list(entries.order_by("number"))):
            with removing():
                gone += entries.delete()[0]
    return gone


def _ended(subject: str, entries: list[Consent]) -> bool:
    account_id = account_of(Subject(subject))
    if account_id is not None and not apps.get_model("people", "Account")._base_manager.filter(pk=account_id).exists():
        return True
    newest = {entry.purpose: entry.decision for entry in entries if entry.purpose != RECORDED_CALL}
    return not {"given", "asked-again"} & set(newest.values())
