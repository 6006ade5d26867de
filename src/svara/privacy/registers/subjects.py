"""What this room keeps about people: what they asked and complained of, and on which basis the company deals with them; and
whom outside their data go to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.privacy import words
from svara.privacy.catalogue import Purpose, Source
from svara.privacy.registers.disclosures import told_to
from svara.privacy.registers.models import CASE_DAYS, DISCLOSURE_DAYS, SHARED_DAYS, Case, ContactBasis, Disclosure, Share
from svara.privacy.registers.parties import bases_of
from svara.privacy.registers.recipients import Known, known
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally, capabilities
from svara.privacy.subject import Subject, account_of

_CASES, _DISCLOSURES, _SHARES = "cases", "disclosures", "shares"
_NEVER = datetime.min.replace(tzinfo=UTC)


class RegistersCapability:
    """Cases of a person: what was said goes with them, that there was a case stays. The basis of a contact goes with it."""

    name = "registers"
    tables = frozenset(
        {
            "registers.Case",
            "registers.ContactBasis",
            "registers.DisclosedPerson",
            "registers.Disclosure",
            "registers.Share",
        }
    )
    periods: tuple[Period, ...] = (
        Period(_CASES, gettext_noop("Requests and complaints, once answered"), CASE_DAYS),
        Period(_DISCLOSURES, gettext_noop("Disclosures to authorities"), DISCLOSURE_DAYS),
        Period(_SHARES, gettext_noop("What was shared with whom, without names"), SHARED_DAYS),
    )

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        if count := _of(tenant_id, subject).exclude(text="").count():
            text = _("Requests and complaints")
            yield Holding("registers.Case", count, "user.content.private", Purpose.RIGHTS, text, how="freed")
        if count := _bases(tenant_id, subject).count():
            text = _("On which legal basis the company deals with them")
            yield Holding("registers.ContactBasis", count, "user.privacy_preferences", Purpose.RIGHTS, text)
        if count := len(told_to(tenant_id, subject, timezone.localdate())):
            yield Holding(
                "registers.DisclosedPerson",
                count,
                "user.unique_id",
                Purpose.RIGHTS,
                _("Disclosures to authorities, by number only"),
                goes=False,
                why=_("It must be proven what was disclosed on which law (GDPR, Article 5(2))"),
                until=_("five years after it was asked for"),
            )

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        cases = _of(tenant_id, subject).exclude(text="")
        tally = Tally("registers.Case", "freed")
        tally.add(cases.order_by("pk").values_list("pk", flat=True))
        cases.update(text="", answer="", extension="", name="", contact="", index="")
        yield from tally.gone()
        bases = Tally("registers.ContactBasis")
        bases.add(_bases(tenant_id, subject).order_by("pk").values_list("pk", flat=True))
        _bases(tenant_id, subject).delete()
        yield from bases.gone()

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
                    "source": _source(case),
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
        if account_of(subject) is None:
            yield Section(
                "basis",
                _("On which legal basis the company deals with them"),
                Purpose.RIGHTS.text,
                words.source(Source.EMPLOYER),
                _("Privacy officers of the company"),
                [
                    {"basis": each.basis, "note": each.note, "at": each.at.isoformat()}
                    for each in bases_of(tenant_id, subject)
                ],
            )
        officers, system = _("Privacy officers of the company"), words.source(Source.SYSTEM)
        yield Section(
            "disclosures",
            _("Authorities to which your data were disclosed"),
            Purpose.RIGHTS.text,
            words.source(Source.USE),
            officers,
            [
                {
                    "authority": each.authority,
                    "reference": each.reference,
                    "law": each.basis,
                    "scope": each.scope,
                    "at": each.ended_at and each.ended_at.isoformat(),
                }
                for each in told_to(tenant_id, subject, timezone.localdate())
            ],
        )
        yield Section(
            "recipients",
            _("Who outside gets data"),
            Purpose.RIGHTS.text,
            system,
            officers,
            [
                {
                    "name": each.name,
                    "kind": words.recipient(each.kind),
                    "data": list(each.data),
                    "purposes": [purpose.text for purpose in each.purposes],
                    "country": each.country,
                    "ground": words.ground(each.ground),
                    "role": words.role(each.role),
                }
                for each in _recipients(tenant_id, subject)
            ],
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        answered = Case.all_tenants.filter(answered_at__lt=rules.before(_CASES, now) or _NEVER)
        answered = answered.exclude(person__in=rules.people)
        answered = answered.exclude(index__in=[each.partition(":")[2] for each in rules.subjects if not account_of(each)])
        ended = Disclosure.all_tenants.filter(asked_at__lt=rules.before(_DISCLOSURES, now) or _NEVER)
        shared = Share.all_tenants.filter(at__lt=rules.before(_SHARES, now) or _NEVER)
        for rows in (
            answered,
            ended.filter(state__in=("refused", "disclosed")).exclude(concerned__subject__in=rules.subjects),
            shared,
        ):
            old = rows.filter(tenant_id=tenant_id)
            tally = Tally(old.model._meta.label)
            tally.add(old.order_by("pk").values_list("pk", flat=True))
            if not dry:
                old.delete()
            yield from tally.gone()


def _of(tenant_id: str, subject: Subject) -> QuerySet[Case]:
    account = account_of(subject)
    if account is not None:
        return Case.all_tenants.filter(tenant_id=tenant_id, person=account or "-")
    return Case.all_tenants.filter(tenant_id=tenant_id, person="", index=subject.partition(":")[2] or "-")


def _source(case: Case) -> str:
    """Who wrote it down: the person, by their own page or the public form, or an officer whom they asked."""
    itself = bool(case.person or case.form)
    return words.source(Source.PERSON if itself else Source.EMPLOYER)


def _bases(tenant_id: str, subject: Subject) -> QuerySet[ContactBasis]:
    return ContactBasis.all_tenants.filter(tenant_id=tenant_id, subject=subject)


def _recipients(tenant_id: str, subject: Subject) -> list[Known]:
    """Those who get what is kept for a purpose for which something of this person is kept; and what all of it runs on."""
    kept = {str(holding.purpose) for room in capabilities() for holding in room.holdings(tenant_id, subject)}
    kept.add(Purpose.OPERATION)
    return [
        each
        for each in known(tenant_id)
        if each.role != "own" and not each.closed and not kept.isdisjoint(purpose.value for purpose in each.purposes)
    ]
