"""Consent of people outside the company: callers who press a key, readers who ask for news.

Whom it is about is a keyed hash of their number or address: the ledger holds neither.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import translation

from svara.privacy import vault
from svara.privacy.functions import ledger
from svara.privacy.functions.models import Consent, Reader
from svara.privacy.functions.port import stopped
from svara.privacy.functions.receipts import Receipt, receipt_of
from svara.privacy.functions.registry import NEWS, OUTSIDE
from svara.privacy.subject import Subject, outside


def subject_of(tenant_id: str, number: str) -> Subject:
    """The person outside who has this number (E.164) or e-mail address, for one company."""
    value = number.strip().casefold()
    return outside(vault.current().index(tenant_id, "mail" if "@" in value else "number", value))


@transaction.atomic
def do_record(
    tenant_id: str,
    subject: Subject,
    purpose: str,
    *,
    agreed: bool,
    how: str,
    evidence: str = "",
    language: str = "",
    now: datetime | None = None,
) -> Receipt:
    """Write down what somebody outside decided about a purpose of `registry.OUTSIDE`; who wants no news any more is no
    reader from that moment. Raises KeyError for another purpose."""
    function = OUTSIDE[purpose]
    last = ledger.newest(tenant_id, subject, purpose)
    refusal: ledger.Decision = "withdrawn" if last is not None and last.decision == "given" else "refused"
    spoken = language if language and translation.check_for_language(language) else "en"
    with translation.override(spoken):
        text = function.read()
    entry = ledger.add(
        tenant_id,
        subject,
        purpose,
        "given" if agreed else refusal,
        how=how,
        language=spoken,
        text_version=function.text_version,
        text={"title": text.title, "purpose": text.purpose, "collects": text.collects},
        evidence=evidence,
        now=now,
    )
    if purpose == NEWS and not agreed:
        Reader.all_tenants.filter(tenant_id=tenant_id, subject=subject).delete()
    return receipt_of(entry)


def is_recorded(tenant_id: str, purpose: str, evidence: str) -> bool:
    """Whether what happened there is in the ledger already."""
    return Consent.all_tenants.filter(tenant_id=tenant_id, purpose=purpose, evidence=evidence[:100]).exists()


def agreed(tenant_id: str, subject: Subject, purpose: str) -> bool:
    """Whether the newest decision of somebody outside about a purpose is a yes to the text as it stands now, and nothing
    stops it (`port.stopped`)."""
    last = ledger.newest(tenant_id, subject, purpose)
    if subject in stopped(purpose, tenant_id):
        return False
    return last is not None and last.decision == "given" and last.text_version == OUTSIDE[purpose].text_version


def agreeing(tenant_id: str, purpose: str) -> frozenset[Subject]:
    """Everybody outside of whom `agreed` is true for a purpose."""
    later = Consent.all_tenants.filter(
        tenant_id=tenant_id, subject=OuterRef("subject"), purpose=purpose, number__gt=OuterRef("number")
    )
    yes = Consent.all_tenants.filter(
        tenant_id=tenant_id,
        purpose=purpose,
        decision="given",
        text_version=OUTSIDE[purpose].text_version,
        subject__startswith="outside:",
    )
    found = frozenset(map(Subject, yes.filter(~Exists(later)).values_list("subject", flat=True)))
    return found - stopped(purpose, tenant_id)
