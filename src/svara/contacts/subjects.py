"""What contacts say about people, for their rights (`svara.privacy.rights.port`): who keeps them, and whom they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.contacts import book
from svara.contacts.models import DELETED_DAYS, Contact, Reach
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of

DELETED = "contacts.deleted"
_BATCH = 500


class ContactsCapability:
    """Contacts that people keep for themselves."""

    name = "contacts"
    tables = frozenset({"contacts.Contact", "contacts.Reach"})
    periods: tuple[Period, ...] = (
        Period(DELETED, gettext_noop("Contacts that were deleted, until nobody can take them back"), DELETED_DAYS, 30),
    )

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        if count := _of(tenant_id, subject).count():
            own = account_of(subject) is not None
            text = _("Contacts that they keep") if own else _("Entries in contacts of people of the company")
            yield Holding("contacts.Contact", count, "user.contact", Purpose.CONTACTS, text)

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        tally = Tally("contacts.Contact")
        rows = _of(tenant_id, subject)
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        tally.add(keys)
        _remove(tenant_id, keys)
        yield from tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        own = account_of(subject) is not None
        yield Section(
            "contacts",
            _("Contacts that you keep") if own else _("Contacts in which you stand"),
            Purpose.CONTACTS.text,
            _("The person") if own else _("Whoever keeps the contact"),
            _("Nobody but the person who keeps them"),
            _shown(tenant_id, subject),
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        before = rules.before(DELETED, now)
        if before is None:
            return
        held = [index for subject in rules.subjects if (index := book.index_of(subject))]
        old = Contact.all_tenants.filter(tenant_id=tenant_id, deleted_at__lt=before).exclude(account__in=rules.people)
        if held:
            kept = Reach.all_tenants.filter(tenant_id=tenant_id, index__in=held)
            old = old.exclude(pk__in=kept.values("contact_id"))
        tally = Tally("contacts.Contact")
        keys = list(old.order_by("pk").values_list("pk", flat=True))
        tally.add(keys)
        if not dry:
            _remove(tenant_id, keys)
        yield from tally.gone()


def _of(tenant_id: str, subject: Subject) -> QuerySet[Contact]:
    """The contacts that somebody keeps, or in which somebody outside stands; deleted ones too."""
    rows = Contact.all_tenants.filter(tenant_id=tenant_id)
    account = account_of(subject)
    if account is not None:
        return rows.filter(account_id=account)
    reaches = Reach.all_tenants.filter(tenant_id=tenant_id, index=book.index_of(subject))
    return rows.filter(pk__in=reaches.values("contact_id"))


def _remove(tenant_id: str, keys: list[str]) -> None:
    for start in range(0, len(keys), _BATCH):
        Contact.all_tenants.filter(tenant_id=tenant_id, pk__in=keys[start : start + _BATCH]).delete()


def _shown(tenant_id: str, subject: Subject) -> Iterator[dict[str, Any]]:
    """What contacts say. Who is named in one reads what it says of them, and not who keeps it."""
    own = account_of(subject) is not None
    keys = list(_of(tenant_id, subject).order_by("created_at", "pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _BATCH):
        rows = Contact.all_tenants.filter(pk__in=keys[start : start + _BATCH]).order_by("created_at", "pk")
        for row, kept in _pairs(list(rows)):
            card = kept.card
            yield {
                "name": card.name,
                "organisation": card.organisation,
                "numbers": [{"number": each.number, "kind": each.kind} for each in card.numbers],
                "mail": card.mail,
                "note": card.note,
                "source": row.source,
                "created_at": row.created_at.isoformat(),
                "changed_at": row.changed_at.isoformat(),
            } | ({"deleted_at": row.deleted_at and row.deleted_at.isoformat()} if own else {})


def _pairs(rows: list[Contact]) -> Iterator[tuple[Contact, book.Kept]]:
    by_id = {row.pk: row for row in rows}
    for kept in book.opened(rows):
        yield by_id[kept.id], kept
