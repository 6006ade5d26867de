"""Who has to have a second factor, as their company says; who lacks it is led to add one, and can do nothing else before."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime

from django.utils import timezone

from svara.people.models import Account
from svara.people.second.access import has_factor


def due(account: Account, now: datetime | None = None) -> bool:
    """Whether this person lacks a second factor that they have to have by now."""
    return _asked_of(account) and _begins(account) <= _today(account, now) and not has_factor(account)


def coming(account: Account, now: datetime | None = None) -> date | None:
    """From which later day on this person, who lacks one, has to have it; None: from none."""
    if not _asked_of(account) or has_factor(account):
        return None
    begins = _begins(account)
    return begins if begins > _today(account, now) else None


def _asked_of(account: Account) -> bool:
    if account.visit is not None:
        return False
    who = account.tenant.second_factor
    return who == "everybody" or (who == "administrators" and account.has_role("admin"))


def _begins(account: Account) -> date:
    return date.fromisoformat(account.tenant.second_factor_from or date.min.isoformat())


def _today(account: Account, now: datetime | None) -> date:
    try:
        zone: zoneinfo.ZoneInfo | None = zoneinfo.ZoneInfo(account.tenant.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        zone = None
    return (now or timezone.now()).astimezone(zone or UTC).date()
