"""Authorities that want data: asked, approved by two different persons or refused, then disclosed. No way around that order.

asked -> (first approval) -> asked -> (second approval, by somebody else) -> approved -> disclosed
asked | approved -> refused

An entry may say whose data it is about. They find it in their export, unless it says that they are not told, and for as long
as that holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy.audit.chain import Act
from svara.privacy.audit.port import record, record_views
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.registers.models import DisclosedPerson, Disclosure
from svara.privacy.rights.jobs import Asker
from svara.privacy.sealedtext import open_all
from svara.privacy.subject import Subject

OFFICERS = ("admin", "privacy-officer")
APPROVERS = 2
MAX_CONCERNED = 50


@dataclass(frozen=True, slots=True)
class Year:
    """A year's figures for the transparency report."""

    year: int
    asked: int
    disclosed: int
    refused: int
    waiting: int
    told: int


@transaction.atomic
def do_open(
    actor: Asker,
    authority: str,
    reference: str,
    basis: str,
    scope: str,
    *,
    subjects: Iterable[Subject] = (),
    chapters: Iterable[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> Disclosure:
    """An authority asks. `subjects`, `chapters` and days bound the package that may be made (`handing`). Raises Forbidden;
    Invalid without authority, legal basis and scope, or for days that end before they begin."""
    _officer(actor)
    authority, reference, basis, scope = (" ".join(text.split()) for text in (authority, reference, basis, scope))
    if not (authority and basis and scope):
        raise Invalid(_("Name the authority, the law on which it asks, and exactly what it asks for."))
    about = sorted(set(subjects))
    if len(about) > MAX_CONCERNED or (since is not None and until is not None and until < since):
        raise Invalid(_("The days end before they begin, or there are too many people."))
    found = Disclosure.all_tenants.create(
        tenant_id=actor.tenant_id,
        authority=authority[:200],
        reference=reference[:200],
        basis=basis[:500],
        scope=scope[:500],
        asked_at=timezone.now(),
        opened_by=actor.id,
        chapters=sorted(set(chapters)),
        since=since,
        until=until,
    )
    DisclosedPerson.all_tenants.bulk_create(
        DisclosedPerson(tenant_id=actor.tenant_id, disclosure=found, subject=subject) for subject in about
    )
    return _noted(actor, found, "create")


@transaction.atomic
def do_approve(actor: Asker, disclosure_id: str) -> Disclosure:
    """One of the two approvals. Raises Forbidden, NotFound; Invalid for a second one of the same person."""
    found = one(actor, disclosure_id, "asked")
    if actor.id in found.approvals:
        raise Invalid(_("You approved this already: it takes somebody else, too."))
    found.approvals = [*found.approvals, actor.id]
    if len(found.approvals) >= APPROVERS:
        found.state = "approved"
    found.save(update_fields=["approvals", "state"])
    return _noted(actor, found, "approve")


@transaction.atomic
def do_refuse(actor: Asker, disclosure_id: str) -> Disclosure:
    """Nothing is disclosed. Raises Forbidden, NotFound, Invalid."""
    found = one(actor, disclosure_id, "asked", "approved")
    found.state, found.ended_at = "refused", timezone.now()
    found.save(update_fields=["state", "ended_at"])
    return _noted(actor, found, "refuse")


@transaction.atomic
def do_disclose(
    actor: Asker, disclosure_id: str, *, told: bool, why_not_told: str = "", silent_until: date | None = None
) -> Disclosure:
    """The data leave now, by other means than a package; the persons concerned were told, or it says why not. Raises
    Forbidden, NotFound; Invalid before both approvals, or without either."""
    found = one(actor, disclosure_id, "approved")
    return end(actor, found, told=told, why_not_told=why_not_told, silent_until=silent_until)


def end(actor: Asker, found: Disclosure, *, told: bool, why_not_told: str, silent_until: date | None) -> Disclosure:
    """Write that the data of an approved entry leave. Raises Invalid where those concerned were neither told nor a law named
    that forbids it."""
    why_not_told = " ".join(why_not_told.split())[:500]
    if not told and not why_not_told:
        raise Invalid(_("Tell those concerned, or say which law forbids it."))
    found.state, found.ended_at, found.told, found.why_not_told = "disclosed", timezone.now(), told, why_not_told
    found.silent_until = None if told else silent_until
    found.save(update_fields=["state", "ended_at", "told", "why_not_told", "silent_until", "job"])
    return _noted(actor, found, "disclose")


@transaction.atomic
def do_tell(actor: Asker, disclosure_id: str) -> Disclosure:
    """What forbade to tell those concerned holds no more: they were told now. Raises Forbidden, NotFound, Invalid."""
    found = one(actor, disclosure_id, "disclosed")
    found.told = True
    found.save(update_fields=["told"])
    return _noted(actor, found, "change")


def is_silent(found: Disclosure, today: date) -> bool:
    """Whether those concerned must not learn of it yet: a law was named, and its time, if it has one, is not over."""
    return not found.told and (found.silent_until is None or today <= found.silent_until)


def told_to(tenant_id: str, subject: Subject, today: date) -> list[Disclosure]:
    """What was disclosed of somebody, as far as they may know, oldest first."""
    rows = Disclosure.all_tenants.filter(tenant_id=tenant_id, state="disclosed", concerned__subject=subject)
    return [row for row in rows.order_by("ended_at") if not is_silent(row, today)]


def access_disclosures(actor: Asker) -> list[Disclosure]:
    """The company's register, newest first. Raises Forbidden."""
    _officer(actor)
    found = list(Disclosure.of(actor).order_by("-asked_at")[:500])
    open_all(found, "authority", "reference", "basis", "scope", "why_not_told")
    if found:
        record_views(actor.tenant_id, actor.id, (), "disclosures", why="privacy-officer", count=len(found))
    return found


def people_of(actor: Asker) -> Counter[str]:
    """How many people each entry is about, by its id."""
    return Counter(DisclosedPerson.of(actor).values_list("disclosure_id", flat=True))


def access_report(actor: Asker, year: int) -> Year:
    """Figures of one year alone: they may be published. Raises Forbidden."""
    _officer(actor)
    rows = list(Disclosure.of(actor).filter(asked_at__year=year).values_list("state", "told"))
    states = [state for state, _told in rows]
    return Year(
        year,
        len(rows),
        states.count("disclosed"),
        states.count("refused"),
        states.count("asked") + states.count("approved"),
        sum(told for _state, told in rows),
    )


def one(actor: Asker, disclosure_id: str, *states: str) -> Disclosure:
    """An entry in one of these states, locked. Raises Forbidden, NotFound, Invalid."""
    _officer(actor)
    found = Disclosure.of(actor).select_for_update().filter(pk=disclosure_id[:32]).first()
    if found is None:
        raise NotFound
    if found.state not in states:
        raise Invalid(_("That does not come next here: two different persons approve first."))
    return found


def _noted(actor: Asker, found: Disclosure, act: Act) -> Disclosure:
    record(actor.tenant_id, actor.id, act, None, "disclosure", found.id)
    return found


def _officer(actor: Asker) -> None:
    if not actor.has_role(*OFFICERS):
        raise Forbidden
