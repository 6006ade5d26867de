"""Whom a command means: somebody of a company by user name, or somebody outside by number or address."""

from __future__ import annotations

from svara.people import access
from svara.people.errors import PlainError
from svara.people.models import Tenant
from svara.privacy.functions.outside import subject_of
from svara.privacy.subject import Subject, person


def subject_named(who: str, tenant_slug: str | None) -> tuple[str, Subject]:
    """The company's id and the person. Raises PlainError."""
    if who.startswith("+"):
        tenants = list(Tenant.objects.filter(slug=tenant_slug) if tenant_slug else Tenant.objects.all()[:2])
        if len(tenants) != 1:
            raise PlainError("say which company with --tenant" if not tenant_slug else f"there is no tenant '{tenant_slug}'")
        return tenants[0].id, subject_of(tenants[0].id, who)
    found = access.accounts_named(who.casefold(), tenant_slug)
    if not found:
        raise PlainError(f"there is no person '{who}'" + (f" in tenant '{tenant_slug}'" if tenant_slug else ""))
    if len(found) > 1:
        slugs = ", ".join(account.tenant.slug for account in found)
        raise PlainError(f"several tenants have '{who}': say which with --tenant ({slugs})")
    return found[0].tenant_id, person(found[0].id)
