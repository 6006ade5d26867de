"""Legal holds: what must stay for a while although its time is over or its person asks for erasure, why, and until when."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy.audit.port import record
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.rights.jobs import OFFICER, Asker
from svara.privacy.rights.models import Hold
from svara.privacy.subject import Subject
from svara.privacy.tenancy import id_in


def reason_of(tenant_id: str, subject: Subject) -> str:
    """In a sentence, why nothing about somebody may be erased now; "" where nothing forbids it."""
    hold = active(tenant_id, timezone.now()).filter(subject=subject).order_by("-until").first()
    if hold is None:
        return ""
    return _("A legal hold until %(until)s keeps everything about this person: %(reason)s") % {
        "until": hold.until.date().isoformat(),
        "reason": hold.reason,
    }


def periods_held(tenant_id: str, now: datetime) -> frozenset[str]:
    """Kinds of things that must not go now, however old."""
    return frozenset(active(tenant_id, now).exclude(period="").values_list("period", flat=True))


def subjects_held(tenant_id: str, now: datetime) -> frozenset[Subject]:
    """Whose data must not go now."""
    return frozenset(Subject(each) for each in active(tenant_id, now).exclude(subject="").values_list("subject", flat=True))


def active(tenant_id: str, now: datetime) -> QuerySet[Hold]:
    """The holds that are in force."""
    return Hold.all_tenants.filter(Q(lifted_at=None), tenant_id=tenant_id, until__gt=now)


def access_holds(actor: Asker) -> list[Hold]:
    """Every hold of the company, newest first. Raises Forbidden."""
    _officer(actor)
    return list(Hold.of(actor).order_by("-made_at")[:200])


@transaction.atomic
def do_hold(actor: Asker, *, subject: str = "", period: str = "", reason: str, until: datetime) -> Hold:
    """Keep everything about somebody, or everything of a kind. Raises Forbidden, Invalid."""
    _officer(actor)
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise Invalid(_("Say why it must be kept."))
    if until <= timezone.now():
        raise Invalid(_("A hold ends on a day to come."))
    if bool(subject) == bool(period):
        raise Invalid(_("Choose a person or a kind of data."))
    hold = Hold.all_tenants.create(
        tenant_id=actor.tenant_id, subject=subject, period=period, reason=reason, until=until, made_by=actor.id
    )
    record(actor.tenant_id, actor.id, "create", Subject(subject) if subject else None, "hold", hold.id)
    return hold


@transaction.atomic
def do_lift(actor: Asker, hold_id: str) -> None:
    """End a hold now. Raises Forbidden, NotFound."""
    _officer(actor)
    if not Hold.of(actor).filter(pk=id_in(hold_id), lifted_at=None).update(lifted_at=timezone.now()):
        raise NotFound
    hold = Hold.of(actor).get(pk=id_in(hold_id))
    record(actor.tenant_id, actor.id, "remove", Subject(hold.subject) if hold.subject else None, "hold", hold.id)


def _officer(actor: Asker) -> None:
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
