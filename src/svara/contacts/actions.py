"""Changing contacts: the only way. Each is the act of the person who keeps them, and about one contact, or about those that
were chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.contacts import access, book
from svara.contacts.book import Kept
from svara.contacts.card import Card, Unfit, checked, merged, reached_by
from svara.contacts.models import MAX_CONTACTS, Contact, Reach
from svara.people.models import Account
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.tenancy import new_id
from svara.privacy.vault.port import Unreadable

Twins = Literal["skip", "merge", "add"]
"""What becomes of a card of which a number or the address is there already."""
TWINS: tuple[Twins, ...] = ("skip", "merge", "add")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of cards that were chosen. `unfit`: their titles, each with why it could not be kept."""

    added: int = 0
    merged: int = 0
    skipped: int = 0
    unfit: tuple[tuple[str, str], ...] = ()


@transaction.atomic
def do_add(actor: Account, card: Card, source: str = "hand") -> Kept:
    """A new contact. Raises Unfit for what is no card, Invalid where there are too many, Forbidden."""
    _room(actor, 1)
    kept = checked(card, actor.tenant.country)
    return _add(actor, [kept], source)[0]


@transaction.atomic
def do_change(actor: Account, contact_id: str, card: Card) -> Kept:
    """Another card for a contact. Raises Unfit, NotFound, Forbidden; Invalid while the company's key is away."""
    row = access.row(actor, contact_id)
    access.access_contact(actor, contact_id)
    _write(row, checked(card, actor.tenant.country))
    return access.access_contact(actor, contact_id)


@transaction.atomic
def do_delete(actor: Account, contact_id: str) -> None:
    """Delete a contact; it can be taken back for a day. Raises NotFound, Forbidden."""
    row = access.row(actor, contact_id)
    row.deleted_at = row.changed_at = timezone.now()
    row.save(update_fields=["deleted_at", "changed_at"])


@transaction.atomic
def do_restore(actor: Account, contact_id: str) -> None:
    """Take a deleted contact back. Raises NotFound, Forbidden; Invalid where there are too many."""
    row = access.row(actor, contact_id, deleted=True)
    _room(actor, 1)
    row.deleted_at, row.changed_at = None, timezone.now()
    row.save(update_fields=["deleted_at", "changed_at"])


@transaction.atomic
def do_merge(actor: Account, contact_id: str, other_id: str) -> Kept:
    """Add to a contact what another one knows, and delete the other; it can be taken back for a day.

    Raises NotFound, Forbidden; Invalid for a contact with itself.
    """
    row = access.row(actor, contact_id)
    if contact_id == other_id:
        raise Invalid(_("Choose another contact."))
    one, other = access.access_contact(actor, contact_id), access.access_contact(actor, other_id)
    _write(row, merged(one.card, other.card))
    do_delete(actor, other_id)
    return access.access_contact(actor, contact_id)


@transaction.atomic
def do_take(actor: Account, cards: Iterable[Card], twins: Twins, source: str) -> Taken:
    """Keep the cards that somebody chose. Raises Invalid where there are too many, Forbidden."""
    fit, unfit = [], []
    for card in cards:
        try:
            fit.append(checked(card, actor.tenant.country))
        except Unfit as error:
            unfit.append((card.title, " ".join(error.messages)))
    known = {key: each.id for each in book.contacts_of(actor) for key in reached_by(each.card)} if twins != "add" else {}
    new: dict[str, Card] = {}
    grown: dict[str, list[Card]] = {}
    skipped = joined = 0
    for card in fit:
        keys = reached_by(card) if twins != "add" else ()
        there = next((known[key] for key in keys if key in known), None)
        if there is None:
            there = new_id()
            new[there] = card
        elif twins == "skip":
            skipped += 1
            continue
        else:
            joined += 1
            if there in new:
                new[there] = merged(new[there], card)
            else:
                grown.setdefault(there, []).append(card)
        known |= {key: there for key in keys if key not in known}
    _room(actor, len(new))
    _add(actor, list(new.values()), source)
    _grow(actor, grown)
    return Taken(len(new), joined, skipped, tuple(unfit))


def _grow(actor: Account, grown: dict[str, list[Card]]) -> None:
    for row in Contact.of(actor).filter(account=actor, pk__in=list(grown), deleted_at=None):
        for kept in book.opened([row]):
            whole = kept.card
            for card in grown[row.pk]:
                whole = merged(whole, card)
            _write(row, whole)


def _add(actor: Account, cards: list[Card], source: str) -> list[Kept]:
    keyed = [(new_id(), card) for card in cards]
    now = timezone.now()
    rows = [
        Contact(
            id=key,
            tenant_id=actor.tenant_id,
            account=actor,
            sealed=content,
            source=source,
            created_at=now,
            changed_at=now,
        )
        for (key, _card), content in zip(keyed, book.sealed(actor.tenant_id, actor.id, keyed), strict=True)
    ]
    Contact.all_tenants.bulk_create(rows, batch_size=500)
    _reach(actor.tenant_id, keyed)
    return [Kept(key, card, source, now) for key, card in keyed]


def _write(row: Contact, card: Card) -> None:
    [row.sealed] = book.sealed(row.tenant_id, row.account_id, [(row.pk, card)])
    row.changed_at = timezone.now()
    row.save(update_fields=["sealed", "changed_at"])
    Reach.all_tenants.filter(contact=row).delete()
    _reach(row.tenant_id, [(row.pk, card)])


def _reach(tenant_id: str, keyed: list[tuple[str, Card]]) -> None:
    try:
        found = [each for key, card in keyed for each in book.reaches(tenant_id, key, card)]
    except Unreadable as error:
        raise Invalid(str(error)) from None
    Reach.all_tenants.bulk_create(found, batch_size=500)


def _room(actor: Account, more: int) -> None:
    """Raises Invalid where there is no room for so many more contacts, Forbidden for staff of the provider."""
    if actor.visit is not None:
        raise Forbidden
    Account.all_tenants.select_for_update(no_key=True).get(pk=actor.pk)
    if more and Contact.of(actor).filter(account=actor, deleted_at=None).count() + more > MAX_CONTACTS:
        raise Invalid(_("These are too many contacts: at most %(count)d can be kept.") % {"count": MAX_CONTACTS})
