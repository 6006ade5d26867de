"""Why the operator made an API token that acts as somebody: the words to an entry of the log of views, which has none."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from svara.privacy.staff.asking import checked_reason
from svara.privacy.staff.models import OperatorKey
from svara.privacy.tenancy import Person


def note_reason(account: Person, token_id: str, reason: str, now: datetime | None = None) -> None:
    """Keep the reason, in the caller's transaction. Raises Invalid."""
    OperatorKey.all_tenants.create(
        tenant_id=account.tenant_id,
        token_id=token_id,
        person=account.id,
        reason=checked_reason(reason),
        asked_at=now or timezone.now(),
    )
