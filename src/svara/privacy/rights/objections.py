"""Objections (GDPR Article 21): somebody does not want their data used for a purpose that stands on legitimate interest.

From that moment the purpose is served without them. An officer decides, and who refuses has to give compelling grounds;
until then, and when it is upheld, it stays so. An objection to marketing is final at once: nobody decides on it (Article
21(3)).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from svara.privacy.audit.port import SYSTEM, record, record_views
from svara.privacy.catalogue import Purpose
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions import ledger, outside
from svara.privacy.functions import port as functions
from svara.privacy.functions import registry as keys
from svara.privacy.functions.models import Consent
from svara.privacy.rights import restriction, said, telling
from svara.privacy.rights.asked import Objection
from svara.privacy.rights.jobs import OFFICER, Asker
from svara.privacy.subject import Subject, account_of, person
from svara.privacy.tenancy import id_in

MARKETING = "marketing"
STOPPED: dict[str, Promise] = {
    MARKETING: gettext_lazy("News, offers and other marketing"),
    Purpose.STATISTICS: gettext_lazy("Statistics and figures"),
    Purpose.HISTORY: gettext_lazy("Showing my name and number in records of calls"),
    Purpose.RECORDING: gettext_lazy("Recording talks with me, and keeping recordings for others to hear"),
    Purpose.MESSAGES: gettext_lazy("Keeping voice messages that I left for others to hear"),
    Purpose.CONTACTS: gettext_lazy("Keeping my name and number in contacts of people of the company"),
}
"""What one can object to, so that it stops."""
NOT_STOPPED: dict[str, str] = {
    Purpose.CALLS: "a call is connected while it is made; nothing of it is used afterwards for this purpose",
    Purpose.SECURITY: "misuse has to be found: an objection is a request to the officer, and nothing stops meanwhile",
}
"""Other purposes on legitimate interest, and why an objection to them does not stop them."""
_FUNCTIONS: dict[str, str] = {keys.STATISTICS: Purpose.STATISTICS, keys.CALL_RECORDING: Purpose.RECORDING} | dict.fromkeys(
    (keys.MARKETING, keys.PRODUCT_UPDATES, keys.NEWS), MARKETING
)
"""Functions that serve such a purpose."""
IN_FORCE = ("stopped", "upheld")
"""The states in which an objection holds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An objection with what was said."""

    row: Objection
    reason: str
    answer: str

    @property
    def title(self) -> str:
        return str(STOPPED.get(self.row.purpose, self.row.purpose))


def objected(tenant_id: str, purpose: str) -> frozenset[Subject]:
    """Who must be left out when a purpose (of `STOPPED`) is served. One query."""
    return _objected(tenant_id, purpose)


def stopped(tenant_id: str, purpose: str) -> frozenset[Subject]:
    """Whose data must not be used for a purpose: who objected to it, and who is restricted altogether."""
    return objected(tenant_id, purpose) | restriction.restricted(tenant_id)


def stopped_function(tenant_id: str | None, key: str) -> frozenset[Subject]:
    """For whom a function is off, whatever they agreed to; in one company or (None) everywhere."""
    purpose = _FUNCTIONS.get(key)
    found = restriction.subjects(tenant_id)
    return found | _objected(tenant_id, purpose) if purpose else found


def _objected(tenant_id: str | None, purpose: str) -> frozenset[Subject]:
    rows = Objection.all_tenants.filter(purpose=purpose, state__in=IN_FORCE)
    if tenant_id is not None:
        rows = rows.filter(tenant_id=tenant_id)
    if purpose == MARKETING:  # who agreed anew, after objecting, wants it again
        again = Consent.all_tenants.filter(
            tenant_id=OuterRef("tenant_id"),
            subject=OuterRef("subject"),
            purpose__in=[key for key, each in _FUNCTIONS.items() if each == MARKETING],
            decision="given",
            at__gt=OuterRef("asked_at"),
        )
        rows = rows.exclude(Exists(again))
    return frozenset(Subject(each) for each in rows.values_list("subject", flat=True))


def do_object(actor: Asker, purpose: str, reason: str = "") -> Objection:
    """The actor objects for themselves. Raises Invalid."""
    return object_(actor.tenant_id, person(actor.id), purpose, reason, by=actor.id)


@transaction.atomic
def object_(tenant_id: str, subject: Subject, purpose: str, reason: str, *, by: str) -> Objection:
    """Somebody objects; from now on it is so. `by` is "" for somebody outside. Raises Invalid: no such purpose, or it is so
    already; without a reason, where it is not about marketing."""
    if purpose not in STOPPED:
        raise Invalid(_("Choose what you object to."))
    if subject in _objected(tenant_id, purpose):
        raise Invalid(_("This was asked already, or is so already."))
    final = purpose == MARKETING
    if not final:
        reason = said.words(reason, _("Say why, with a view to your situation: the law asks for that."))
    now = timezone.now()
    row = Objection(tenant_id=tenant_id, subject=subject, purpose=purpose, asked_by=by, asked_at=now)
    row.state, row.decided_at = ("upheld", now) if final else ("stopped", None)
    said.seal(row, reason=" ".join(reason.split())[: said.MAX_WORDS], answer="")
    row.save(force_insert=True)
    record(tenant_id, by or SYSTEM, "create", subject, "objection", row.id)
    if final:
        _withdraw_consents(tenant_id, subject)
    else:
        telling.tell_officers(row)
    _tell_rooms(row)
    return row


@transaction.atomic
def do_decide(actor: Asker, objection_id: str, *, uphold: bool, grounds: str = "") -> Objection:
    """Decide: it stays stopped, or there are compelling grounds to go on, which the person reads. Raises Forbidden,
    NotFound, Invalid."""
    _officer(actor)
    row = Objection.of(actor).select_for_update().filter(pk=id_in(objection_id), state="stopped").first()
    if row is None:
        raise NotFound
    content = said.said(row)
    wanted = _("Say which compelling grounds weigh more than the person’s interests: without them the objection stands.")
    content["answer"] = " ".join(grounds.split())[: said.MAX_WORDS] if uphold else said.words(grounds, wanted)
    said.seal(row, **content)
    row.state, row.decided_by, row.decided_at = ("upheld" if uphold else "refused"), actor.id, timezone.now()
    row.save(update_fields=["state", "sealed", "decided_by", "decided_at"])
    record(actor.tenant_id, actor.id, "approve" if uphold else "refuse", Subject(row.subject), "objection", row.id)
    _tell_rooms(row)
    telling.tell(row, lambda: _("Your objection was decided."))
    return row


def do_withdraw(actor: Asker, objection_id: str) -> None:
    """The actor objects no longer. Raises NotFound."""
    withdraw(actor.tenant_id, person(actor.id), objection_id, by=actor.id)


@transaction.atomic
def withdraw(tenant_id: str, subject: Subject, objection_id: str, *, by: str) -> None:
    """Somebody objects no longer; what they agreed to before stays withdrawn. Raises NotFound."""
    rows = Objection.all_tenants.select_for_update().filter(tenant_id=tenant_id, subject=subject, state__in=IN_FORCE)
    row = rows.filter(pk=id_in(objection_id)).first()
    if row is None:
        raise NotFound
    row.state, row.decided_at = "withdrawn", timezone.now()
    row.save(update_fields=["state", "decided_at"])
    record(tenant_id, by or SYSTEM, "remove", subject, "objection", row.id)
    _tell_rooms(row)


def of(tenant_id: str, subject: Subject) -> list[Shown]:
    """Everything that one person objected to, newest first."""
    return _shown(Objection.all_tenants.filter(tenant_id=tenant_id, subject=subject).order_by("-asked_at")[:100])


def access_own_objections(actor: Asker) -> list[Shown]:
    """The actor's own, newest first."""
    return of(actor.tenant_id, person(actor.id))


def access_objections(actor: Asker) -> list[Shown]:
    """Every objection of the company: those that wait first. Raises Forbidden."""
    _officer(actor)
    found = _shown(Objection.of(actor).order_by(F("decided_at").desc(nulls_first=True), "-asked_at")[:200])
    if found:
        about = [Subject(each.row.subject) for each in found]
        record_views(actor.tenant_id, actor.id, about, "objection", why="privacy-officer", count=len(found))
    return found


def _withdraw_consents(tenant_id: str, subject: Subject) -> None:
    for key, purpose in _FUNCTIONS.items():
        last = ledger.newest(tenant_id, subject, key) if purpose == MARKETING else None
        if last is None or last.decision not in ("given", "asked-again"):
            continue
        if key in keys.OUTSIDE:
            outside.do_record(tenant_id, subject, key, agreed=False, how="objection")
        elif account := account_of(subject):
            functions.do_switch(_Oneself(account, tenant_id), key, False, how="objection")


@dataclass(frozen=True, slots=True)
class _Oneself:
    """Whose own choice it is."""

    id: str
    tenant_id: str


def _tell_rooms(row: Objection) -> None:
    restriction.changed.send(sender=None, tenant_id=row.tenant_id, subject=Subject(row.subject))


def _shown(rows: Iterable[Objection]) -> list[Shown]:
    listed = list(rows)
    return [
        Shown(row, content.get("reason", ""), content.get("answer", ""))
        for row, content in zip(listed, said.open_all(listed), strict=True)
    ]


def _officer(actor: Asker) -> None:
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
