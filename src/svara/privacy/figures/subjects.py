"""What this room keeps about people, for their rights (`svara.privacy.rights.port`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from svara.privacy.catalogue import Purpose
from svara.privacy.figures import usage
from svara.privacy.figures.models import Choice, Reveal
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of


class FiguresCapability:
    """Uses under this week's pseudonym, requests to see somebody's figures, and who audits."""

    name = "figures"
    tables = frozenset({"figures.Choice", "figures.Use", "figures.Reveal", "figures.WeekKey", "figures.Figure"})
    periods: tuple[Period, ...] = ()

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        who = account_of(subject) or "-"
        if count := usage.held(tenant_id, who):
            yield Holding("figures.Use", count, "user.behavior", Purpose.STATISTICS, _("Use of pages in this week"))
        if count := _reveals(tenant_id, who).count():
            text = _("Requests to see figures of one person")
            yield Holding("figures.Reveal", count, "user.behavior", Purpose.SECURITY, text)

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        who = account_of(subject) or "-"
        if count := usage.forget(tenant_id, who):
            yield Gone("figures.Use", count)
        for chosen in Choice.all_tenants.filter(tenant_id=tenant_id):
            if who in chosen.auditors:
                chosen.auditors = [each for each in chosen.auditors if each != who]
                chosen.save()
        tally, rows = Tally("figures.Reveal"), _reveals(tenant_id, who)
        tally.add(rows.order_by("pk").values_list("pk", flat=True))
        rows.delete()
        yield from tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        rows = _reveals(tenant_id, account_of(subject) or "-").order_by("asked_at")
        yield Section(
            "reveals",
            _("Requests to see figures of one person"),
            Purpose.SECURITY.text,
            _("Arises when the service is used"),
            _("administrators"),
            [{"asked_at": each.asked_at.isoformat(), "agreed": each.ends_at is not None} for each in rows],
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        del tenant_id, rules, now, dry
        return ()  # weeks are closed for all companies at once


def _reveals(tenant_id: str, who: str) -> QuerySet[Reveal]:
    return Reveal.all_tenants.filter(Q(person=who) | Q(asked_by=who) | Q(decided_by=who), tenant_id=tenant_id)
