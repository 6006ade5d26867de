"""What this room itself keeps about people: who asked for which work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from svara.privacy.catalogue import Purpose
from svara.privacy.rights import exporting
from svara.privacy.rights.models import Erasure, Hold, Job
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of


class RightsCapability:
    """What was asked for by somebody."""

    name = "rights"
    tables = frozenset({"rights.Job", "rights.Erasure", "rights.Hold", "rights.RetentionRule"})
    periods: tuple[Period, ...] = ()

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        count = Job.all_tenants.filter(tenant_id=tenant_id, asked_by=account_of(subject) or "-").count()
        if count:
            yield Holding("rights.Job", count, "user.unique_id", Purpose.RIGHTS, _("Exports and other work asked for"))
        proofs = Erasure.all_tenants.filter(tenant_id=tenant_id, by=account_of(subject) or "-").count()
        proofs += Hold.all_tenants.filter(tenant_id=tenant_id).filter(_held(subject)).count()
        if proofs:
            yield Holding(
                "rights.Erasure",
                proofs,
                "user.unique_id",
                Purpose.RIGHTS,
                _("Receipts of erasures and legal holds: the person by number only"),
                goes=False,
                why=_("Accountability: it must be proven that rights were respected (GDPR, Article 5(2))"),
                until=_("as long as the company is here"),
            )

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        asked = Job.all_tenants.filter(tenant_id=tenant_id, asked_by=account_of(subject) or "-")
        tally = Tally("rights.Job")
        keys = list(asked.order_by("pk").values_list("pk", flat=True))
        tally.add(keys)
        for key in keys:
            transaction.on_commit(partial(exporting.place_of(key).unlink, missing_ok=True))
        asked.delete()
        return tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        asked = Job.all_tenants.filter(tenant_id=tenant_id, asked_by=account_of(subject) or "-").order_by("asked_at")
        yield Section(
            "requests",
            _("Exports and other work asked for"),
            _("Let people exercise their rights"),
            _("Arises when the service is used"),
            _("Nobody outside the company"),
            [{"kind": job.kind, "state": job.state, "asked_at": job.asked_at.isoformat()} for job in asked],
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        del tenant_id, rules, now, dry
        return ()  # jobs go after a fixed time, for all companies at once


def _held(subject: Subject) -> Q:
    return Q(subject=subject) | Q(made_by=account_of(subject) or "-")
