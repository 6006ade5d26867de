"""Reading consents, for someone: one's own decisions with their receipts, and counts alone for who looks after privacy."""

from __future__ import annotations

from svara.privacy.functions import ledger
from svara.privacy.functions.models import Consent
from svara.privacy.functions.receipts import Receipt, receipt_of
from svara.privacy.subject import person
from svara.privacy.tenancy import Person

MAX_DECISIONS = 500


def access_decisions(actor: Person) -> list[Consent]:
    """What the actor decided, newest first."""
    return ledger.of(actor.tenant_id, person(actor.id))[:MAX_DECISIONS]


def access_receipt(actor: Person, receipt_id: str) -> Receipt | None:
    """The receipt of one of the actor's own decisions; None where there is none for them."""
    found = Consent.of(actor).select_related("tenant").filter(pk=receipt_id.replace("\0", "")[:32], subject=person(actor.id))
    entry = found.first()
    return receipt_of(entry) if entry is not None else None
