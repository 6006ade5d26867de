"""A company whose log is looked at."""

from __future__ import annotations

from svara.people.models import Account, Tenant
from svara.privacy.audit.models import Entry


def company(slug: str = "acme") -> Tenant:
    return Tenant.objects.create(slug=slug, name=slug.title(), country="NO", timezone="Europe/Oslo", languages=["nb"])


def person(tenant: Tenant, username: str, *roles: str) -> Account:
    return Account.all_tenants.create(tenant=tenant, username=username, name=username.title(), roles=list(roles))


def written(tenant: Tenant) -> list[tuple[str, str]]:
    """What was done and to what, in order."""
    return list(Entry.of(tenant).order_by("number").values_list("act", "what"))
