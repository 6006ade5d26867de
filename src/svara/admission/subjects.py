"""What requests for access keep about people, for their rights (`svara.privacy.rights.port`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.admission.models import KEPT_DAYS, Request
from svara.privacy import words
from svara.privacy.catalogue import Purpose, Source
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of

REQUESTS = "admission.requests"


class AdmissionCapability:
    """Requests for access, by the address of who asked."""

    name = "admission"
    tables = frozenset({"admission.Request"})
    periods: tuple[Period, ...] = (Period(REQUESTS, gettext_noop("Requests for access"), KEPT_DAYS),)

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        if count := _of(tenant_id, subject).count():
            yield Holding("admission.Request", count, "user.contact.email", Purpose.SIGN_IN, _("Requests for access"))

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        tally = Tally("admission.Request")
        rows = _of(tenant_id, subject)
        tally.add(rows.order_by("pk").values_list("pk", flat=True))
        rows.delete()
        yield from tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        if account_of(subject) is not None:
            return
        yield Section(
            "admission",
            _("Requests for access"),
            Purpose.SIGN_IN.text,
            words.source(Source.PERSON),
            _("Administrators of the company"),
            (
                {
                    "name": one.name,
                    "contact": one.contact,
                    "company": one.company,
                    "consent": one.consent,
                    "asked_at": one.asked_at.isoformat(),
                    "refused_at": one.refused_at and one.refused_at.isoformat(),
                }
                for one in _of(tenant_id, subject).order_by("asked_at")
            ),
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        before = rules.before(REQUESTS, now)
        if before is None:
            return
        kept = [each.partition(":")[2] for each in rules.subjects if account_of(each) is None]
        old = Request.all_tenants.filter(tenant_id=tenant_id, asked_at__lt=before).exclude(index__in=kept)
        tally = Tally("admission.Request")
        tally.add(old.order_by("pk").values_list("pk", flat=True))
        if not dry:
            old.delete()
        yield from tally.gone()


def _of(tenant_id: str, subject: Subject) -> QuerySet[Request]:
    index = "" if account_of(subject) is not None else subject.partition(":")[2]
    rows = Request.all_tenants.filter(tenant_id=tenant_id)
    return rows.filter(index=index) if index else rows.none()
