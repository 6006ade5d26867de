"""What a company can do about the provider's staff: say what it wants, answer, open its door itself, and end everything.

For administrators and privacy officers alone; and never for those who come by a grant themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy.audit.port import OPERATOR, record
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.staff import rules
from svara.privacy.staff.asking import ACCESS, checked_minutes, checked_reason, checked_role, rule_of, same_person
from svara.privacy.staff.models import Grant, Rule, Staff
from svara.privacy.staff.port import acting
from svara.privacy.tenancy import Person, id_in

OFFICERS = ("admin", "privacy-officer")
MAX_DOORS = 10
"""Doors that one company holds open at a time."""


class Officer(Person, Protocol):
    """Whoever acts, with roles and an address (`svara.people.models.Account`)."""

    email: str

    def has_role(self, *roles: str) -> bool: ...


def officer(actor: Officer) -> None:
    """Only who looks after the company goes on. Raises Forbidden."""
    if acting(actor) is not None or not actor.has_role(*OFFICERS):
        raise Forbidden


def access_rule(actor: Officer) -> Rule:
    """What the company wants. Raises Forbidden."""
    officer(actor)
    return rule_of(actor.tenant_id)


@transaction.atomic
def do_choose_rule(actor: Officer, wish: str, *, emergency: bool) -> Rule:
    """Be asked first, or only told; allow an emergency to open the door, or not. Raises Forbidden, Invalid."""
    officer(actor)
    if wish not in rules.WISHES:
        raise Invalid(_("Choose to be asked, or to be told."))
    rule, _made = Rule.all_tenants.update_or_create(
        tenant_id=actor.tenant_id, defaults={"wish": wish, "emergency": emergency}
    )
    record(actor.tenant_id, actor.id, "change", None, "support-rule")
    return rule


@transaction.atomic
def do_decide(actor: Officer, grant_id: str, *, agree: bool, content: bool = False, now: datetime | None = None) -> Grant:
    """Answer a question: the time runs from now on. `content`: recordings and shared voice messages too, where that was
    asked for. Raises Forbidden (also to whoever asked), NotFound, Invalid for what is decided already."""
    officer(actor)
    at = now or timezone.now()
    grant = _of(actor, grant_id)
    asked_by = Staff.objects.filter(pk=grant.staff_id).first()
    if asked_by is None or same_person(actor.email, asked_by.email):
        raise Forbidden
    if rules.state(grant, at) != "waiting":
        raise Invalid(_("This is decided already, or too old."))
    grant.decided_at, grant.decided_by = at, actor.id
    if agree:
        grant.until, grant.content = rules.until(at, grant.minutes), content and grant.content_wanted
    else:
        grant.refused = True
    grant.save(update_fields=["decided_at", "decided_by", "until", "content", "refused"])
    record(actor.tenant_id, actor.id, "approve" if agree else "refuse", None, ACCESS, grant.id)
    return grant


@transaction.atomic
def do_open(
    actor: Officer,
    reason: str,
    *,
    role: str = "support",
    minutes: int = rules.DEFAULT_MINUTES,
    content: bool = False,
    now: datetime | None = None,
) -> Grant:
    """Let one member of staff look, without being asked: the first who comes. Raises Forbidden, Invalid."""
    officer(actor)
    at = now or timezone.now()
    Rule.all_tenants.get_or_create(tenant_id=actor.tenant_id)
    Rule.all_tenants.select_for_update().get(tenant_id=actor.tenant_id)
    if len(standing(actor.tenant_id, at)) >= MAX_DOORS:
        raise Invalid(_("Enough doors are open: close one first."))
    grant = Grant.all_tenants.create(
        tenant_id=actor.tenant_id,
        role=checked_role(role),
        how="opened",
        reason=checked_reason(reason),
        minutes=checked_minutes(minutes),
        content_wanted=content,
        content=content,
        asked_at=at,
        decided_at=at,
        decided_by=actor.id,
        until=rules.until(at, minutes),
    )
    record(actor.tenant_id, actor.id, "grant", None, ACCESS, grant.id)
    return grant


@transaction.atomic
def do_end(actor: Officer, grant_id: str, now: datetime | None = None) -> None:
    """End it: whoever looks sees nothing more with the next request. Raises Forbidden, NotFound."""
    officer(actor)
    at = now or timezone.now()
    grant = _of(actor, grant_id)
    if rules.state(grant, at) in {"open", "offered"}:
        grant.ended_at, grant.ended_by = at, actor.id
        grant.save(update_fields=["ended_at", "ended_by"])
        record(actor.tenant_id, actor.id, "revoke", None, ACCESS, grant.id)


def end_all_of(staff_id: str, now: datetime) -> int:
    """Somebody works for the provider no more: whatever they could still see is over. In the caller's transaction; gives
    how many grants and questions ended."""
    ended = 0
    for grant in Grant.all_tenants.select_for_update().filter(staff_id=staff_id, ended_at=None, refused=False):
        if rules.state(grant, now) in {"waiting", "open"}:
            grant.ended_at, grant.ended_by = now, "removed"
            grant.save(update_fields=["ended_at", "ended_by"])
            record(grant.tenant_id, OPERATOR, "revoke", None, ACCESS, grant.id)
            ended += 1
    return ended


def standing(tenant_id: str, now: datetime) -> list[tuple[Grant, rules.State]]:
    """What an administrator has to see on every page: who may look now, which doors are open, and who asks; oldest first."""
    rows = Grant.all_tenants.filter(tenant_id=tenant_id, ended_at=None, refused=False).filter(
        asked_at__gt=now - rules.LAPSES_AFTER - timedelta(minutes=rules.LONGEST_MINUTES)
    )
    stated = [(grant, rules.state(grant, now)) for grant in rows.order_by("asked_at")]
    return [(grant, state) for grant, state in stated if state in {"waiting", "offered", "open"}]


def _of(actor: Officer, grant_id: str) -> Grant:
    grant = Grant.of(actor).select_for_update().filter(pk=id_in(grant_id)).first()
    if grant is None:
        raise NotFound
    return grant
