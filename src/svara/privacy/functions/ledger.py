"""The ledger itself: entries are added in their order, each bound to the one before by a hash, and read back.

An entry's hash covers everything in it and the hash of the same subject's entry before: one that was changed, left out or
slipped in is found by `broken`. Of two decisions at the same moment one comes first: the company's row is locked meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from svara.privacy.functions.models import Consent
from svara.privacy.subject import Subject

Decision = Literal["given", "refused", "withdrawn", "asked-again"]
DECISIONS: tuple[str, ...] = get_args(Decision)


@transaction.atomic
def add(
    tenant_id: str,
    subject: Subject,
    purpose: str,
    decision: Decision,
    *,
    how: str,
    language: str,
    text_version: int,
    text: Mapping[str, str],
    evidence: str = "",
    now: datetime | None = None,
) -> Consent:
    """Write one decision. `how` says in a word by which way it was made, `evidence` where that can be looked up (an id).

    Raises Tenant.DoesNotExist when the company is gone.
    """
    _tenants().select_for_update(no_key=True).get(pk=tenant_id)
    last = Consent.all_tenants.filter(tenant_id=tenant_id, subject=subject).order_by("-number").first()
    entry = Consent(
        tenant_id=tenant_id,
        number=last.number + 1 if last else 1,
        subject=subject,
        purpose=purpose,
        decision=decision,
        how=how[:40],
        evidence=evidence[:100],
        language=language[:35],
        text_version=text_version,
        text=dict(text),
        at=(now or timezone.now()).astimezone(UTC),
        previous=last.hash if last else "",
    )
    entry.hash = hash_of(entry)
    entry.save(force_insert=True)
    return entry


def hash_of(entry: Consent) -> str:
    """SHA-256 over the entry as canonical JSON (RFC 8785: keys are ASCII and numbers whole), in hex."""
    content = {
        "tenant": entry.tenant_id,
        "id": entry.id,
        "number": entry.number,
        "subject": entry.subject,
        "purpose": entry.purpose,
        "decision": entry.decision,
        "how": entry.how,
        "evidence": entry.evidence,
        "language": entry.language,
        "text_version": entry.text_version,
        "text": entry.text,
        "at": entry.at.astimezone(UTC).isoformat(),
        "previous": entry.previous,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def canonical(content: object) -> bytes:
    """JSON in its one form (RFC 8785), for text and whole numbers under ASCII keys."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def newest(tenant_id: str, subject: Subject, purpose: str) -> Consent | None:
    """The decision that is in force."""
    found = Consent.all_tenants.filter(tenant_id=tenant_id, subject=subject, purpose=purpose)
    return found.order_by("-number").first()


def of(tenant_id: str, subject: Subject) -> list[Consent]:
    """Everything that one subject decided, newest first."""
    return list(Consent.all_tenants.filter(tenant_id=tenant_id, subject=subject).order_by("-number"))


def broken(tenant_id: str) -> Iterator[Consent]:
    """The entries that are not what was written, or do not follow the one before. A subject's oldest entries may have gone
    by retention: the oldest that is left may name one that is not there any more."""
    before: Consent | None = None
    for entry in Consent.all_tenants.filter(tenant_id=tenant_id).order_by("subject", "number").iterator():
        first = before is None or before.subject != entry.subject
        follows = first or (before is not None and (before.number + 1, before.hash) == (entry.number, entry.previous))
        if entry.hash != hash_of(entry) or not follows:
            yield entry
        before = entry


def _tenants() -> models.Manager[Any]:
    """The companies, whose table belongs to a room above."""
    manager: models.Manager[Any] = apps.get_model("people", "Tenant")._default_manager
    return manager
