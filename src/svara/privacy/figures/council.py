"""Works-council mode: statistics tell managers nothing of single people, unless an auditor agrees to a reason.

While it is on, only one of the auditors can switch it off or name others: nobody lifts the rule alone for their own use.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from svara.privacy.audit.port import record
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.figures.models import Choice, Reveal
from svara.privacy.subject import person
from svara.privacy.tenancy import InTenant, Person

REVEALED = timedelta(days=7)
"""So long a manager sees the figures of a person after an auditor agreed."""
MAX_AUDITORS = 20
MAX_OPEN = 50


def choice_of(owner: InTenant) -> Choice:
    """What the company chose; nothing is on where it never did."""
    return Choice.of(owner).first() or Choice(tenant_id=owner.tenant_id)


def is_auditor(actor: Person) -> bool:
    """Whether somebody decides on requests."""
    chosen = choice_of(actor)
    return chosen.council and actor.id in chosen.auditors


@transaction.atomic
def do_choose(actor: Any, *, usage: bool, council: bool, auditors: Collection[str]) -> Choice:
    """Choose what is counted and whether works-council mode is on. `auditors` are account ids. Raises Forbidden; Invalid
    for a council without two auditors of the company."""
    chosen = choice_of(actor)
    officer = actor.has_role("admin", "privacy-officer")
    loosened = chosen.council and (not council or set(auditors) != set(chosen.auditors))
    if not officer and not is_auditor(actor):
        raise Forbidden
    if loosened and not is_auditor(actor):
        raise Invalid(_("Only an auditor can switch works-council mode off or name other auditors."))
    known = _people(actor).filter(id__in=list(auditors)[:MAX_AUDITORS]).values_list("id", flat=True)
    named = sorted(known)
    if council and len(named) < 2:
        raise Invalid(_("Works-council mode needs at least two auditors: nobody decides on themselves."))
    chosen.usage, chosen.council, chosen.auditors = usage, council, named
    chosen.save()
    record(actor.tenant_id, actor.id, "change", None, "figures", chosen.id)
    return chosen


@transaction.atomic
def do_ask(actor: Any, username: str, reason: str, now: datetime | None = None) -> Reveal:
    """A manager asks for the figures of one person. Raises Forbidden, NotFound; Invalid without a reason."""
    if not actor.has_role("admin", "supervisor") or not choice_of(actor).council:
        raise Forbidden
    about = _people(actor).filter(username=username[:64]).first()
    if about is None:
        raise NotFound
    reason = " ".join(reason.split())
    if len(reason) < 10 or len(reason) > 300:
        raise Invalid(_("Say why, in 10 to 300 characters."))
    if Reveal.of(actor).filter(decided_at=None).count() >= MAX_OPEN:
        raise Invalid(_("Too many requests wait for a decision."))
    asked = Reveal.all_tenants.create(
        tenant_id=actor.tenant_id,
        asked_by=actor.id,
        person=about.id,
        reason=reason,
        asked_at=now or datetime.now(UTC),
    )
    record(actor.tenant_id, actor.id, "reveal", person(about.id), "figures", asked.id, "asked")
    return asked


@transaction.atomic
def do_decide(actor: Person, reveal_id: str, *, agree: bool, now: datetime | None = None) -> Reveal:
    """An auditor agrees or refuses. Raises Forbidden for whoever is no auditor, or asked, or is the one asked about;
    NotFound for what waits no longer."""
    if not is_auditor(actor):
        raise Forbidden
    asked = Reveal.of(actor).select_for_update().filter(id=reveal_id, decided_at=None).first()
    if asked is None:
        raise NotFound
    if actor.id in (asked.asked_by, asked.person):
        raise Forbidden
    moment = now or datetime.now(UTC)
    asked.decided_by, asked.decided_at = actor.id, moment
    asked.ends_at = moment + REVEALED if agree else None
    asked.save()
    why = "agreed" if agree else "refused"
    record(actor.tenant_id, actor.id, "reveal", person(asked.person), "figures", asked.id, why)
    return asked


def revealed(actor: Person, now: datetime | None = None) -> frozenset[str]:
    """Whose figures somebody may see for now, by account id; each look is in the log."""
    open_now = Reveal.of(actor).filter(asked_by=actor.id, ends_at__gt=now or datetime.now(UTC))
    return frozenset(open_now.values_list("person", flat=True))


def reveals(actor: Person) -> list[Reveal]:
    """The newest requests, for auditors; a manager sees their own."""
    rows = Reveal.of(actor).order_by("-asked_at")
    return list((rows if is_auditor(actor) else rows.filter(asked_by=actor.id))[:100])


def _people(owner: InTenant) -> Any:
    return apps.get_model("people", "Account").of(owner)
