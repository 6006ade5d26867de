"""Putting the decisions of the ledger (`svara.privacy.rights.decisions`) over a database that was made before them: what
somebody forbade meanwhile stays forbidden, what was lifted stays lifted, and what was corrected stays right.

Doing it again changes nothing. A chain of consents goes on where the backup ends, so that receipts of later ones are
genuine; where it cannot, because other decisions were made instead, the later decision is added anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import cast

from django.apps import apps
from django.core import serializers
from django.db import transaction

from svara.privacy.errors import PlainError
from svara.privacy.functions import ledger
from svara.privacy.functions.models import Consent, Reader
from svara.privacy.functions.registry import NEWS
from svara.privacy.rights import corrections, decisions
from svara.privacy.rights.asked import Correction
from svara.privacy.rights.decisions import Entry
from svara.privacy.rights.delivering import KINDS, fields_of
from svara.privacy.rights.restore import NOT_APPLIED
from svara.privacy.subject import Subject, account_of
from svara.privacy.tenancy import TenantOwned
from svara.privacy.vault.port import Unreadable


@transaction.atomic
def redo(entries: Iterable[Entry]) -> dict[str, int]:
    """Make the database what the ledger says; gives how many rows of which table that changed. Raises PlainError: the
    ledger speaks of what this version does not know."""
    tenants = set(apps.get_model("people", "Tenant")._default_manager.values_list("pk", flat=True))
    people = set(apps.get_model("people", "Account")._base_manager.values_list("pk", flat=True))
    rows = [_row(entry) for entry in decisions.newest(entries)]
    rows = [row for row in rows if row.tenant_id in tenants]
    consents = [row for row in rows if isinstance(row, Consent)]
    done: Counter[str] = Counter()
    for consent in sorted(consents, key=lambda each: (each.tenant_id, each.subject, each.number)):
        done[Consent._meta.label] += _consent(consent)
    for row in rows:
        account = None if isinstance(row, Consent) else account_of(Subject(str(getattr(row, "subject", ""))))
        if not isinstance(row, Consent) and (account is None or account in people):
            _put(row, done)
    for tenant_id, subject in {(each.tenant_id, each.subject) for each in consents if each.purpose == NEWS}:
        last = ledger.newest(tenant_id, Subject(subject), NEWS)
        if last is None or last.decision != "given":
            Reader.all_tenants.filter(tenant_id=tenant_id, subject=subject).delete()
    return {name: count for name, count in done.items() if count}


def _row(entry: Entry) -> TenantOwned:
    if entry.of not in KINDS:
        raise PlainError(f"the {decisions.TITLE} was written by a newer version of Svara: update this one first")
    written = {"model": entry.of, "pk": entry.row, "fields": entry.fields}
    found = next(iter(serializers.deserialize("python", [written], ignorenonexistent=True))).object
    assert isinstance(found, TenantOwned)  # noqa: S101  for the type: all of KINDS are
    return found


def _put(row: TenantOwned, done: Counter[str]) -> None:
    """Put a row over what stands in its place; a correction that was not made there is made."""
    table, label = type(row), row._meta.label
    there = table.all_tenants.filter(pk=row.pk).first()
    if there is not None and fields_of(there) == fields_of(row):
        return
    row.save_base(raw=True, force_insert=there is None, force_update=there is not None)
    done[label] += 1
    if isinstance(row, Correction) and row.state == "done" and getattr(there, "state", "") != "done":
        try:
            with transaction.atomic():
                corrections.make_again(row)
        except (PlainError, Unreadable):
            done[NOT_APPLIED] += 1


def _consent(entry: Consent) -> int:
    """Add a decision where it belongs; gives how many were added."""
    if Consent.all_tenants.filter(pk=entry.pk).exists():
        return 0
    subject = Subject(entry.subject)
    chain = ledger.of(entry.tenant_id, subject)
    if not chain or (chain[0].number + 1, chain[0].hash) == (entry.number, entry.previous):
        entry.save_base(raw=True, force_insert=True)
        return 1
    last = ledger.newest(entry.tenant_id, subject, entry.purpose)
    if last is not None and last.at >= entry.at:
        return 0
    ledger.add(
        entry.tenant_id,
        subject,
        entry.purpose,
        cast("ledger.Decision", entry.decision),
        how=entry.how,
        language=entry.language,
        text_version=entry.text_version,
        text=entry.text,
        evidence=entry.evidence,
        now=entry.at,
    )
    return 1
