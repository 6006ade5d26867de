"""What phonebooks keep about people, for their rights (`svara.privacy.rights.port`): with which passwords they are read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.phonebooks.models import UNUSED_DAYS, Password
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of

UNUSED = "phonebooks.unused"


class PhonebooksCapability:
    """Phonebook passwords."""

    name = "phonebooks"
    tables = frozenset({"phonebooks.Password"})
    periods: tuple[Period, ...] = (Period(UNUSED, gettext_noop("Phonebook passwords that are not used"), UNUSED_DAYS),)

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        if count := _of(tenant_id, subject).count():
            text = _("Phonebook passwords")
            yield Holding("phonebooks.Password", count, "user.authorization.credentials", Purpose.SIGN_IN, text)

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        tally = Tally("phonebooks.Password")
        rows = _of(tenant_id, subject)
        tally.add(rows.order_by("pk").values_list("pk", flat=True))
        rows.delete()
        yield from tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        if account_of(subject) is None:
            return
        yield Section(
            "phonebooks",
            _("Phonebook passwords"),
            _("Know who signs in"),
            _("Arises when the service is used"),
            _("Nobody outside the company"),
            (
                {
                    "label": password.label,
                    "created_at": password.created_at.isoformat(),
                    "last_used_at": password.last_used_at and password.last_used_at.isoformat(),
                    "last_way": password.last_way,
                    "network": password.network,
                }
                for password in _of(tenant_id, subject).order_by("created_at")
            ),
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        before = rules.before(UNUSED, now)
        if before is None:
            return
        unused = Q(last_used_at__lt=before) | Q(last_used_at=None, created_at__lt=before)
        old = Password.all_tenants.filter(unused, tenant_id=tenant_id).exclude(account__in=rules.people)
        tally = Tally("phonebooks.Password")
        tally.add(old.order_by("pk").values_list("pk", flat=True))
        if not dry:
            old.delete()
        yield from tally.gone()


def _of(tenant_id: str, subject: Subject) -> QuerySet[Password]:
    return Password.all_tenants.filter(tenant_id=tenant_id, account_id=account_of(subject) or "-")
