"""What this room keeps of what people asked about their data: corrections, restrictions, objections and links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.privacy.catalogue import Purpose
from svara.privacy.rights import corrections, objections, restriction, wishes
from svara.privacy.rights.asked import KEPT_DAYS, Asked, Correction, ErasureWish, Link, Objection, Restriction
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject

ASKED = "rights.asked"
_TABLES: tuple[type[Asked], ...] = (Correction, Restriction, Objection, ErasureWish)


class AskedCapability:
    """Corrections with the values before them, restrictions, objections, and links of people outside."""

    name = "asked"
    tables = frozenset(
        {"rights.Correction", "rights.Restriction", "rights.Objection", "rights.ErasureWish", "rights.Link", "rights.AtOnce"}
    )
    periods: tuple[Period, ...] = (
        Period(ASKED, gettext_noop("Corrections, restrictions and objections, once they are over"), KEPT_DAYS),
    )

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        texts = (
            _("Corrections, with the values before"),
            _("Restrictions of their data"),
            _("Objections"),
            _("Wishes to be erased"),
        )
        for table, text in zip(_TABLES, texts, strict=True):
            if count := _of(table, tenant_id, subject).count():
                yield Holding(table._meta.label, count, "user.content.private", Purpose.RIGHTS, text)
        if count := _links(tenant_id, subject).count():
            text = _("One-time links to their own data")
            yield Holding("rights.Link", count, "user.behavior", Purpose.RIGHTS, text)

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        for rows in (*(_of(table, tenant_id, subject) for table in _TABLES), _links(tenant_id, subject)):
            yield from _delete(rows)
        restriction.changed.send(sender=None, tenant_id=tenant_id, subject=subject)

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        yield Section(
            "corrections",
            _("Corrections, restrictions and objections"),
            Purpose.RIGHTS.text,
            _("The person"),
            _("Privacy officers of the company"),
            _rows(tenant_id, subject),
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        before = rules.before(ASKED, now)
        if before is None:
            return
        for table in _TABLES:
            old = table.all_tenants.filter(tenant_id=tenant_id, decided_at__lt=before).exclude(subject__in=rules.subjects)
            if table is Objection:
                old = old.exclude(state="upheld")  # it stands as long as the person is known here
            yield from _delete(old, dry=dry)


def _rows(tenant_id: str, subject: Subject) -> Iterator[dict[str, Any]]:
    for one in corrections.of(tenant_id, subject):
        words = {"value": one.row.key, "before": one.before, "after": one.after, "why": one.why}
        yield _row("correction", one.row, one.answer) | words
    for limit in restriction.of(tenant_id, subject):
        yield _row("restriction", limit.row, limit.answer) | {"ground": limit.row.ground, "why": limit.reason}
    for wish in wishes.of(tenant_id, subject):
        yield _row("erasure-wish", wish.row, wish.answer) | {"why": wish.reason}
    for objection in objections.of(tenant_id, subject):
        yield _row("objection", objection.row, objection.answer) | {
            "purpose": objection.row.purpose,
            "why": objection.reason,
        }


def _row(kind: str, row: Asked, answer: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "state": row.state,
        "asked_at": row.asked_at.isoformat(),
        "decided_at": row.decided_at and row.decided_at.isoformat(),
        "answer": answer,
    }


def _of(table: type[Asked], tenant_id: str, subject: Subject) -> QuerySet[Asked]:
    return table.all_tenants.filter(tenant_id=tenant_id, subject=subject)


def _links(tenant_id: str, subject: Subject) -> QuerySet[Link]:
    return Link.all_tenants.filter(tenant_id=tenant_id, subject=subject)


def _delete(rows: QuerySet[Any], *, dry: bool = False) -> Iterator[Gone]:
    tally = Tally(rows.model._meta.label)
    tally.add(rows.order_by("pk").values_list("pk", flat=True))
    if not dry:
        rows.delete()
    yield from tally.gone()
