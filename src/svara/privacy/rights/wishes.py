"""Wishes of people outside to be erased: an officer agrees, and it goes the way of every erasure, or says why not."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy.audit.port import SYSTEM, record, record_views
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.rights import erasing, said, telling
from svara.privacy.rights.asked import ErasureWish
from svara.privacy.rights.jobs import OFFICER, Asker
from svara.privacy.subject import Subject
from svara.privacy.tenancy import id_in


@dataclass(frozen=True, slots=True)
class Shown:
    """A wish with what was said."""

    row: ErasureWish
    reason: str
    answer: str


@transaction.atomic
def ask(tenant_id: str, subject: Subject, reason: str) -> ErasureWish:
    """Somebody outside wants to be erased. Raises Invalid: asked already."""
    if ErasureWish.all_tenants.filter(tenant_id=tenant_id, subject=subject, state="waiting").exists():
        raise Invalid(_("This was asked already, or is so already."))
    row = ErasureWish(tenant_id=tenant_id, subject=subject, state="waiting", asked_at=timezone.now())
    said.seal(row, reason=" ".join(reason.split())[: said.MAX_WORDS], answer="")
    row.save(force_insert=True)
    record(tenant_id, SYSTEM, "create", subject, "erasure-wish", row.id)
    telling.tell_officers(row)
    return row


@transaction.atomic
def do_decide(actor: Asker, wish_id: str, *, agree: bool, answer: str = "") -> ErasureWish:
    """Erase them, or refuse. Raises Forbidden, NotFound, Invalid: a hold or a restriction forbids it; no word why not."""
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
    row = ErasureWish.of(actor).select_for_update().filter(pk=id_in(wish_id), state="waiting").first()
    if row is None:
        raise NotFound
    content = said.said(row)
    content["answer"] = " ".join(answer.split())[: said.MAX_WORDS] if agree else said.words(answer, _("Say why not."))
    said.seal(row, **content)
    row.state, row.decided_by, row.decided_at = ("done" if agree else "refused"), actor.id, timezone.now()
    row.save(update_fields=["state", "sealed", "decided_by", "decided_at"])
    record(actor.tenant_id, actor.id, "approve" if agree else "refuse", Subject(row.subject), "erasure-wish", row.id)
    if agree:
        erasing.do_ask(actor, Subject(row.subject), f"wish {row.id}")
    return row


def of(tenant_id: str, subject: Subject) -> list[Shown]:
    """The wishes of one person, newest first."""
    return _shown(list(ErasureWish.all_tenants.filter(tenant_id=tenant_id, subject=subject).order_by("-asked_at")[:50]))


def access_wishes(actor: Asker) -> list[Shown]:
    """Every wish of the company: those that wait first. Raises Forbidden."""
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
    found = _shown(list(ErasureWish.of(actor).order_by(F("decided_at").desc(nulls_first=True), "-asked_at")[:200]))
    if found:
        about = [Subject(each.row.subject) for each in found]
        record_views(actor.tenant_id, actor.id, about, "erasure-wish", why="privacy-officer", count=len(found))
    return found


def _shown(rows: list[ErasureWish]) -> list[Shown]:
    return [
        Shown(row, content.get("reason", ""), content.get("answer", ""))
        for row, content in zip(rows, said.open_all(rows), strict=True)
    ]
