"""The phones that Svara sets up, for whom they concern: administrators see all of the company, everybody their own."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from svara.people import access
from svara.people.models import Account, Handset
from svara.privacy import subject
from svara.privacy.audit.port import record_views

State = Literal["here", "open", "awaited", "shut-out"]
"""It has come; the door is open for it; it may come by its token; it cannot come."""


def state_of(handset: Handset, now: datetime) -> State:
    """How far a phone is."""
    if handset.bound_at is not None:
        return "here"
    if handset.open_until is not None and handset.open_until > now:
        return "open"
    return "awaited" if handset.token_until is not None and handset.token_until > now else "shut-out"


def access_handsets(actor: Account) -> list[Handset]:
    """All of the company, with their people, by name. Raises Forbidden for who is no administrator."""
    if not access.me(actor).has_role("admin"):
        raise access.Forbidden
    rows = Handset.of(actor).select_related("phone__account").order_by("phone__account__name", "phone__login")
    found = list(rows)
    if about := [subject.person(each.phone.account_id) for each in found if each.phone.account_id != actor.id]:
        record_views(actor.tenant_id, actor.id, about, "handset", why="admin", count=len(about))
    return found


def access_handset(actor: Account, handset_id: str) -> Handset:
    """One of them: any for an administrator, one's own for others. Raises NotFound."""
    rows = Handset.of(actor).select_related("phone__account__tenant")
    if not access.me(actor).has_role("admin"):
        rows = rows.filter(phone__account=actor)
    found = rows.filter(pk=handset_id).first()
    if found is None:
        raise access.NotFound
    if found.phone.account_id != actor.id:
        about = [subject.person(found.phone.account_id)]
        record_views(actor.tenant_id, actor.id, about, "handset", ref=found.id, why="admin")
    return found


def access_own_handsets(actor: Account) -> list[Handset]:
    """The actor's own."""
    return list(Handset.of(actor).filter(phone__account=actor).select_related("phone__account").order_by("phone__login"))
