"""What this room keeps about people of the company: who let the provider's staff in, and tokens that the operator made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.privacy.catalogue import Purpose
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.staff.models import GRANT_DAYS, Grant, OperatorKey
from svara.privacy.subject import Subject, account_of

ACCESS = "staff.access"


class StaffCapability:
    """Decisions about support access stay as long as they have to be shown; why a token was made goes with the person."""

    name = "staff"
    tables = frozenset({"staff.Grant", "staff.OperatorKey", "staff.Rule", "staff.Staff"})
    periods: tuple[Period, ...] = (Period(ACCESS, gettext_noop("Accesses of the provider's support"), GRANT_DAYS),)

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        if count := _decided(tenant_id, subject).count():
            yield Holding(
                "staff.Grant",
                count,
                "user.unique_id",
                Purpose.SECURITY,
                _("Decisions about access of the provider's support: the person by number only"),
                goes=False,
                why=_("Accountability: it must be shown who let whom see personal data (GDPR, Article 5(2))"),
                until=_("two years"),
            )
        if count := _keys(tenant_id, subject).count():
            text = _("Why the operator made API tokens")
            yield Holding("staff.OperatorKey", count, "user.content.private", Purpose.SECURITY, text)

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        keys, tally = _keys(tenant_id, subject), Tally("staff.OperatorKey")
        tally.add(keys.order_by("pk").values_list("pk", flat=True))
        keys.delete()
        return tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        mine = account_of(subject) or "-"
        yield Section(
            "support-access",
            _("Access of the provider's support"),
            Purpose.SECURITY.text,
            _("Arises when the service is used"),
            _("Administrators and privacy officers of the company"),
            [
                {
                    "asked_at": grant.asked_at.isoformat(),
                    "by": grant.staff_name,
                    "role": grant.role,
                    "reason": grant.reason,
                    "agreed_by_you": grant.decided_by == mine and not grant.refused,
                    "refused_by_you": grant.decided_by == mine and grant.refused,
                    "ended_by_you": grant.ended_by == mine,
                }
                for grant in _decided(tenant_id, subject).order_by("asked_at")
            ]
            + [
                {"asked_at": key.asked_at.isoformat(), "by": "operator", "role": "token", "reason": key.reason}
                for key in _keys(tenant_id, subject).order_by("asked_at")
            ],
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        before = rules.before(ACCESS, now)
        for model in (Grant, OperatorKey):
            tally = Tally(f"staff.{model.__name__}")
            if before is not None:
                old = model.all_tenants.filter(tenant_id=tenant_id, asked_at__lt=before)
                tally.add(old.order_by("pk").values_list("pk", flat=True))
                if not dry:
                    old.delete()
            yield from tally.gone()


def _decided(tenant_id: str, subject: Subject) -> QuerySet[Grant]:
    mine = account_of(subject) or "-"
    return Grant.all_tenants.filter(Q(decided_by=mine) | Q(ended_by=mine), tenant_id=tenant_id)


def _keys(tenant_id: str, subject: Subject) -> QuerySet[OperatorKey]:
    return OperatorKey.all_tenants.filter(tenant_id=tenant_id, person=account_of(subject) or "-")
