"""What a member of the provider's staff can do: ask a company, take a door that it opened, speak of an emergency, enter, and
give back. Nothing here opens a company that did not say so.
"""

from __future__ import annotations

from datetime import datetime

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy.audit.port import Act, record
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.staff import letters, rules
from svara.privacy.staff.models import Grant, Rule, Staff
from svara.privacy.tenancy import id_in

ACCESS, EMERGENCY = "support-access", "support-emergency"
"""What the entries of the log of views are about."""


def rule_of(tenant_id: str) -> Rule:
    """What a company wants; to be asked, where it never said."""
    return Rule.all_tenants.filter(tenant_id=tenant_id).first() or Rule(tenant_id=tenant_id)


def checked_reason(text: str) -> str:
    """A reason in words. Raises Invalid for none, or for a novel."""
    reason = " ".join(text.replace("\0", " ").split())
    if not rules.SHORTEST_REASON <= len(reason) <= rules.LONGEST_REASON:
        shortest, longest = rules.SHORTEST_REASON, rules.LONGEST_REASON
        raise Invalid(
            _("Say why, in words: %(shortest)d to %(longest)d letters.") % {"shortest": shortest, "longest": longest}
        )
    return reason


def checked_minutes(minutes: int) -> int:
    """A time that a grant can last. Raises Invalid."""
    if not rules.SHORTEST_MINUTES <= minutes <= rules.LONGEST_MINUTES:
        raise Invalid(_("A grant is for a quarter of an hour at least, and for eight hours at most."))
    return minutes


def checked_role(role: str) -> str:
    """A role that there is. Raises Invalid."""
    if role not in rules.ROLES:
        raise Invalid(_("Choose one of the roles of the list."))
    return role


@transaction.atomic
def do_ask(
    staff: Staff, slug: str, reason: str, *, role: str, minutes: int, content: bool = False, now: datetime | None = None
) -> Grant:
    """Ask a company, known by its short name, to be let in; where it wants only to be told, and no recordings or messages
    are asked for, the door is open at once. Raises Invalid."""
    at = now or timezone.now()
    me = Staff.objects.select_for_update().get(pk=staff.pk)
    named = slug.strip().casefold().replace("\0", "\ufffd")[:40]  # PostgreSQL takes no NUL
    company = apps.get_model("people", "Tenant")._default_manager.filter(slug=named).first()
    if company is None:
        raise Invalid(_("There is no company of this short name."))
    if not rules.covers(me.role, checked_role(role)):
        raise Invalid(_("Your role does not reach that far."))
    grant = Grant(
        tenant_id=company.pk,
        staff_id=me.id,
        staff_name=me.name,
        role=role,
        how="asked",
        reason=checked_reason(reason),
        minutes=checked_minutes(minutes),
        content_wanted=content,
        asked_at=at,
    )
    earlier = Grant.all_tenants.filter(tenant_id=company.pk, staff_id=me.id, ended_at=None, refused=False)
    if any(rules.state(each, at) in {"waiting", "open"} for each in earlier):
        raise Invalid(_("You have asked this company already."))
    if rules.works_at_once(rule_of(company.pk).wish, content_wanted=content):
        grant.how, grant.until = "told", rules.until(at, minutes)
    grant.save()
    _note(grant, "grant" if grant.how == "told" else "create")
    letters.tell(grant)
    return grant


@transaction.atomic
def do_take(staff: Staff, grant_id: str, now: datetime | None = None) -> Grant:
    """Be the one who comes through a door that a company opened; one alone does. Raises NotFound, Invalid."""
    grant = Grant.all_tenants.select_for_update().filter(pk=id_in(grant_id), how="opened").first()
    if grant is None or not rules.covers(staff.role, grant.role):
        raise NotFound
    if rules.state(grant, now or timezone.now()) != "offered":
        raise Invalid(_("Somebody else was faster, or the time is over."))
    if _same_person(grant.tenant_id, grant.decided_by, staff):
        raise Invalid(_("You opened this door yourself: a colleague has to take it."))
    grant.staff_id, grant.staff_name = staff.id, staff.name
    grant.save(update_fields=["staff_id", "staff_name"])
    _note(grant, "grant")
    return grant


@transaction.atomic
def do_emergency(staff: Staff, grant_id: str, now: datetime | None = None) -> Grant:
    """Enter though nobody answered: only where the company has allowed it, long enough after it was asked, for an hour,
    without content. Raises NotFound, Invalid."""
    at = now or timezone.now()
    grant = _own(staff, grant_id)
    if not rules.emergency_opens(grant, at, allowed=rule_of(grant.tenant_id).emergency):
        raise Invalid(_("This is possible half an hour after you asked, where the company has allowed it."))
    grant.how, grant.until = "emergency", rules.until(at, min(grant.minutes, rules.EMERGENCY_MINUTES))
    grant.save(update_fields=["how", "until"])
    record(grant.tenant_id, grant.actor, "grant", None, EMERGENCY, grant.id)
    letters.tell(grant)
    return grant


@transaction.atomic
def do_give_back(staff: Staff, grant_id: str, now: datetime | None = None) -> None:
    """End one's own access before its time, or take a question back. Raises NotFound."""
    at = now or timezone.now()
    grant = _own(staff, grant_id)
    if rules.state(grant, at) in {"waiting", "open"}:
        grant.ended_at, grant.ended_by = at, "staff"
        grant.save(update_fields=["ended_at", "ended_by"])
        _note(grant, "revoke")


def do_enter(staff: Staff, grant_id: str, now: datetime | None = None) -> Grant:
    """Go into the company. Raises NotFound where that is not, or no longer, allowed."""
    grant = visit(staff.id, grant_id, now or timezone.now())
    if grant is None:
        raise NotFound
    _note(grant, "sign-in")
    return grant


def visit(staff_id: str, grant_id: str, now: datetime) -> Grant | None:
    """The grant by which this member of staff may look at this moment; asked anew for every request."""
    grant = Grant.all_tenants.select_related("tenant").filter(pk=id_in(grant_id)).first()
    return grant if grant is not None and rules.opens(grant, staff_id, now) else None


def access_own_grants(staff: Staff, now: datetime) -> list[tuple[Grant, rules.State]]:
    """One's own grants and questions of the last days, and the doors that one could take; newest first."""
    rows = Grant.all_tenants.select_related("tenant").filter(staff_id__in=[staff.id, ""]).order_by("-asked_at")[:100]
    stated = [(grant, rules.state(grant, now)) for grant in rows]
    return [
        (grant, state)
        for grant, state in stated
        if grant.staff_id == staff.id or (state == "offered" and rules.covers(staff.role, grant.role))
    ]


def _own(staff: Staff, grant_id: str) -> Grant:
    grant = Grant.all_tenants.select_for_update().filter(pk=id_in(grant_id), staff_id=staff.id).first()
    if grant is None:
        raise NotFound
    return grant


def _note(grant: Grant, act: Act) -> None:
    record(grant.tenant_id, grant.actor, act, None, ACCESS, grant.id)


def _same_person(tenant_id: str, account_id: str, staff: Staff) -> bool:
    accounts = get_user_model()._default_manager.filter(tenant_id=tenant_id, pk=account_id)
    return any(same_person(email, staff.email) for email in accounts.values_list("email", flat=True))


def same_person(one: str, other: str) -> bool:
    """Whether two e-mail addresses are those of one person."""
    return bool(one) and one.strip().casefold() == other.strip().casefold()
