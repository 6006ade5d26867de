"""What this room keeps about people: what they asked and complained of. Disclosures name nobody of ours but who approved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from svara.privacy.catalogue import Purpose
from svara.privacy.registers.models import CASE_DAYS, Case
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of

_CASES = "cases"


class RegistersCapability:
    """Cases of a person: what was said goes with them, that there was a case stays."""

    name = "registers"
    tables = frozenset({"registers.Case", "registers.Disclosure"})
    periods: tuple[Period, ...] = (Period(_CASES, str(gettext_lazy("Requests and complaints, once answered")), CASE_DAYS),)

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        if count := _of(tenant_id, subject).exclude(text="").count():
            text = _("Requests and complaints")
            yield Holding("registers.Case", count, "user.content.private", Purpose.RIGHTS, text, how="freed")

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        cases = _of(tenant_id, subject).exclude(text="")
        tally = Tally("registers.Case", "freed")
        tally.add(cases.order_by("pk").values_list("pk", flat=True))
        cases.update(text="", answer="", extension="", name="", contact="")
        return tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        yield Section(
            _CASES,
            _("Requests and complaints"),
            Purpose.RIGHTS.text,
            _("The person"),
            _("Privacy officers of the company"),
            [
                {
                    "kind": case.kind,
                    "opened_at": case.opened_at.isoformat(),
                    "text": case.text,
                    "due_on": case.due_on.isoformat(),
                    "extension": case.extension,
                    "answer": case.answer,
                    "answered_at": case.answered_at and case.answered_at.isoformat(),
                }
                for case in _of(tenant_id, subject).order_by("opened_at")
            ],
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        before = rules.before(_CASES, now)
        tally = Tally("registers.Case")
        if before is not None:
            old = Case.all_tenants.filter(tenant_id=tenant_id, answered_at__lt=before)
            tally.add(old.order_by("pk").values_list("pk", flat=True))
            if not dry:
                old.delete()
        return tally.gone()


def _of(tenant_id: str, subject: Subject) -> QuerySet[Case]:
    return Case.all_tenants.filter(tenant_id=tenant_id, person=account_of(subject) or "-")
