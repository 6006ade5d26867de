"""Reading requests for access, for somebody: the only way."""

from __future__ import annotations

from svara.admission.models import Reception, Request
from svara.people.models import Account, Tenant
from svara.privacy.audit.port import record_views
from svara.privacy.errors import Forbidden
from svara.privacy.sealedtext import open_all
from svara.privacy.subject import outside
from svara.privacy.tenancy import InTenant

MAX_LISTED = 500


def is_open(company: InTenant) -> bool:
    """Whether a company takes requests."""
    return Reception.of(company).filter(open=True).exists()


def open_company(slug: str) -> Tenant | None:
    """The company of that short name, where it takes requests: for strangers, who learn of no other."""
    tenant = Tenant.objects.filter(slug=slug[:64]).first()
    return tenant if tenant is not None and is_open(Reception(tenant_id=tenant.id)) else None


def access_requests(actor: Account) -> list[Request]:
    """Those of the actor's company, the oldest that wait first, then those that were refused. Raises Forbidden."""
    administered(actor)
    found = list(Request.of(actor).order_by("-refused_at", "asked_at")[:MAX_LISTED])
    found.sort(key=lambda one: (one.refused_at is not None, one.asked_at))
    open_all(found, "name", "contact", "company")
    if found:
        about = [outside(one.index) for one in found if one.index]
        record_views(actor.tenant_id, actor.id, about, "access-requests", why="admin", count=len(found))
    return found


def administered(actor: Account) -> None:
    """Only who administers the company; the provider's staff does not. Raises Forbidden."""
    if not actor.has_role("admin") or actor.visit is not None:
        raise Forbidden
