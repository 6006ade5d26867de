"""Data that are kept and not used (GDPR Article 18): for somebody of the company or outside, while something is not clear.

While a restriction is in force: retention deletes nothing of the person and nobody erases them; colleagues see them in
records as "Restricted", without name, number or content; they are in no figures, in no export for others, and functions
that use personal data are off for them. Their calls go on as before. The person sees their own, and so does the officer who
exports it for them. It ends only after the person was told (Article 18(3)): `NOTICE` after that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy.audit.port import SYSTEM, record, record_views
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.rights import said, telling
from svara.privacy.rights.asked import Restriction
from svara.privacy.rights.jobs import OFFICER, Asker
from svara.privacy.subject import Subject, account_of, person
from svara.privacy.tenancy import id_in

GROUNDS = ("accuracy", "unlawful", "claims", "objection")
"""Article 18(1)(a) to (d)."""
NOTICE = timedelta(days=3)
"""So long before its end the person is told."""
MAX_WAITING = 5

changed = Signal()
"""Sent within the transaction in which somebody becomes restricted, or free again: `tenant_id`, `subject`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A restriction with what was said."""

    row: Restriction
    reason: str
    answer: str


def subjects(tenant_id: str | None) -> frozenset[Subject]:
    """Whose data must not be used, in one company or (None) everywhere."""
    rows = Restriction.all_tenants.filter(state="in-force")
    rows = rows if tenant_id is None else rows.filter(tenant_id=tenant_id)
    return frozenset(Subject(each) for each in rows.values_list("subject", flat=True))


def restricted(tenant_id: str) -> frozenset[Subject]:
    """Whose data must not be used in a company. One query: whoever shows many rows asks once."""
    return subjects(tenant_id)


def is_restricted(tenant_id: str, subject: Subject) -> bool:
    """Whether somebody's data must not be used."""
    return Restriction.all_tenants.filter(tenant_id=tenant_id, subject=subject, state="in-force").exists()


def reason_of(tenant_id: str, subject: Subject) -> str:
    """In a sentence, why nothing about somebody may be erased now; "" where nothing forbids it."""
    if not is_restricted(tenant_id, subject):
        return ""
    return _("The data of this person are restricted: they are kept until the restriction is lifted.")


@transaction.atomic
def do_ask(actor: Asker, ground: str, reason: str) -> Restriction:
    """The actor wants their own data restricted. Raises Invalid."""
    return ask(actor.tenant_id, person(actor.id), ground, reason, by=actor.id)


@transaction.atomic
def ask(tenant_id: str, subject: Subject, ground: str, reason: str, *, by: str) -> Restriction:
    """Somebody wants their own data restricted: an officer decides. Raises Invalid."""
    waiting = Restriction.all_tenants.filter(tenant_id=tenant_id, subject=subject, state="asked")
    if waiting.exists() or is_restricted(tenant_id, subject):
        raise Invalid(_("This was asked already, or is so already."))
    row = _row(tenant_id, subject, ground, state="asked", by=by)
    said.seal(row, reason=said.words(reason, _("Say why.")), answer="")
    row.save(force_insert=True)
    record(tenant_id, by or SYSTEM, "create", subject, "restriction", row.id)
    telling.tell_officers(row)
    return row


@transaction.atomic
def do_restrict(actor: Asker, subject: Subject, ground: str, reason: str, until: datetime | None = None) -> Restriction:
    """Restrict somebody's data from now on. Raises Forbidden, Invalid."""
    _officer(actor)
    if until is not None and until <= timezone.now():
        raise Invalid(_("It ends on a day to come."))
    if is_restricted(actor.tenant_id, subject):
        raise Invalid(_("This was asked already, or is so already."))
    row = _row(actor.tenant_id, subject, ground, state="in-force", by=actor.id)
    row.until, row.decided_by = until, actor.id
    said.seal(row, reason=said.words(reason, _("Say why.")), answer="")
    row.save(force_insert=True)
    _begin(actor, row)
    return row


@transaction.atomic
def do_decide(actor: Asker, restriction_id: str, *, agree: bool, answer: str = "") -> Restriction:
    """Answer somebody who asked: put it in force, or refuse and say why. Raises Forbidden, NotFound, Invalid."""
    _officer(actor)
    row = _one(actor, restriction_id, "asked")
    content = said.said(row)
    content["answer"] = " ".join(answer.split())[: said.MAX_WORDS] if agree else said.words(answer, _("Say why not."))
    said.seal(row, **content)
    row.state, row.decided_by = ("in-force" if agree else "refused"), actor.id
    row.decided_at = None if agree else timezone.now()
    row.save(update_fields=["state", "sealed", "decided_by", "decided_at"])
    if agree:
        _begin(actor, row)
    else:
        record(actor.tenant_id, actor.id, "refuse", Subject(row.subject), "restriction", row.id)
        telling.tell(row, lambda: _("Your data were not restricted. Why not stands there."))
    return row


@transaction.atomic
def do_lift(actor: Asker, restriction_id: str, told: str = "") -> Restriction:
    """Tell the person that it ends, and end it `NOTICE` later. Somebody outside is told by hand: `told` says how.

    Raises Forbidden, NotFound, Invalid.
    """
    _officer(actor)
    row = _one(actor, restriction_id, "in-force")
    if row.ends_at is not None:
        raise Invalid(_("The person was told already."))
    content = said.said(row)
    if account_of(Subject(row.subject)) is None:
        content["told"] = said.words(told, _("Say how the person was told: it does not end before."))
    said.seal(row, **content)
    row.decided_by = actor.id
    _announce(row, timezone.now(), timezone.now() + NOTICE)
    record(actor.tenant_id, actor.id, "change", Subject(row.subject), "restriction", row.id)
    return row


@transaction.atomic
def do_free(actor: Asker, restriction_id: str) -> None:
    """The person wants their own restriction to end, or asks for it no longer: at once. Raises NotFound."""
    free(actor.tenant_id, person(actor.id), restriction_id, by=actor.id)


@transaction.atomic
def free(tenant_id: str, subject: Subject, restriction_id: str, *, by: str) -> None:
    """As `do_free`. Raises NotFound: none of theirs, or one that somebody else put on them."""
    rows = Restriction.all_tenants.select_for_update().filter(tenant_id=tenant_id, subject=subject)
    row = rows.filter(pk=id_in(restriction_id), state__in=("asked", "in-force"), asked_by=by).first()
    if row is None:
        raise NotFound
    _end(row, timezone.now())
    record(tenant_id, by or SYSTEM, "remove", subject, "restriction", row.id)


def lift_due(now: datetime) -> int:
    """Tell people of the company whose restriction is to end soon, and end what is over; gives how many ended. The jobs
    process does so every hour. Of somebody outside nothing ends before an officer has told them."""
    with transaction.atomic():
        rows = Restriction.all_tenants.select_for_update().filter(state="in-force")
        for row in rows.filter(Q(until__lte=now + NOTICE), told_at=None, subject__startswith="person:"):
            _announce(row, now, max(row.until or now, now + NOTICE))
            record(row.tenant_id, SYSTEM, "change", Subject(row.subject), "restriction", row.id)
        over = list(rows.filter(ends_at__lte=now))
        for row in over:
            _end(row, now)
            record(row.tenant_id, SYSTEM, "remove", Subject(row.subject), "restriction", row.id)
    return len(over)


def of(tenant_id: str, subject: Subject) -> list[Shown]:
    """Everything of this kind about one person, newest first."""
    return _shown(Restriction.all_tenants.filter(tenant_id=tenant_id, subject=subject).order_by("-asked_at")[:100])


def access_own_restrictions(actor: Asker) -> list[Shown]:
    """The actor's own, newest first."""
    return of(actor.tenant_id, person(actor.id))


def access_restrictions(actor: Asker) -> list[Shown]:
    """Every restriction of the company: those that wait and those in force first. Raises Forbidden."""
    _officer(actor)
    rows = Restriction.of(actor).order_by(F("decided_at").desc(nulls_first=True), "-asked_at")[:200]
    found = _shown(rows)
    if found:
        about = [Subject(each.row.subject) for each in found]
        record_views(actor.tenant_id, actor.id, about, "restriction", why="privacy-officer", count=len(found))
    return found


def _row(tenant_id: str, subject: Subject, ground: str, *, state: str, by: str) -> Restriction:
    if ground not in GROUNDS:
        raise Invalid(_("Choose on which ground."))
    now = timezone.now()
    return Restriction(tenant_id=tenant_id, subject=subject, ground=ground, state=state, asked_by=by, asked_at=now)


def _begin(actor: Asker, row: Restriction) -> None:
    record(actor.tenant_id, actor.id, "approve", Subject(row.subject), "restriction", row.id)
    changed.send(sender=None, tenant_id=row.tenant_id, subject=Subject(row.subject))
    telling.tell(row, lambda: _("Your data are restricted now: they are kept and not used."))


def _announce(row: Restriction, now: datetime, ends_at: datetime) -> None:
    row.told_at, row.ends_at = now, ends_at
    row.save(update_fields=["told_at", "ends_at", "decided_by", "sealed"])
    day = ends_at.date().isoformat()
    telling.tell(
        row, lambda: _("The restriction of your data ends on %(day)s: from then on they are used again.") % {"day": day}
    )


def _end(row: Restriction, now: datetime) -> None:
    was, row.state, row.decided_at = row.state, "lifted", now
    row.save(update_fields=["state", "decided_at"])
    if was == "in-force":
        changed.send(sender=None, tenant_id=row.tenant_id, subject=Subject(row.subject))


def _one(actor: Asker, restriction_id: str, state: str) -> Restriction:
    row = Restriction.of(actor).select_for_update().filter(pk=id_in(restriction_id), state=state).first()
    if row is None:
        raise NotFound
    return row


def _shown(rows: Iterable[Restriction]) -> list[Shown]:
    listed = list(rows)
    return [
        Shown(row, content.get("reason", ""), content.get("answer", ""))
        for row, content in zip(listed, said.open_all(listed), strict=True)
    ]


def _officer(actor: Asker) -> None:
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
