"""Olga works in support of the provider, Erik is its engineer; Acme is their customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from svara.people import staffdoor
from svara.people.models import Tenant
from svara.privacy.staff import asking
from svara.privacy.staff.models import Grant, Staff

PASSWORD = "seven-quiet-herons"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHY = "Phones of the warehouse do not ring"


def member(name: str, role: str = "support", email: str = "") -> Staff:
    """Somebody of the provider who has set a password."""
    _staff, token = staffdoor.do_add(name, email or f"{name.partition(' ')[0].casefold()}@provider.test", role)
    return staffdoor.do_accept(token, PASSWORD)


def olga() -> Staff:
    return member("Olga Strand")


def erik() -> Staff:
    return member("Erik Dahl", "engineer")


def asked(staff: Staff, tenant: Tenant, *, now: datetime = NOON, minutes: int = 60, content: bool = False) -> Grant:
    """Support asks to be let in."""
    return asking.do_ask(staff, tenant.slug, WHY, role=staff.role, minutes=minutes, content=content, now=now)
