"""Reading contacts, for the person who keeps them: the only way.

They are nobody else's: administrators, supervisors and staff of the provider see none. Whoever objected to being kept here,
or whose data are restricted, is shown to nobody (`svara.privacy.rights`): their contacts stay, and are neither listed nor
found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from svara.contacts import book
from svara.contacts.book import Kept
from svara.contacts.card import Card, dialled, fits, reached_by
from svara.contacts.models import MAX_CONTACTS, Contact, Reach
from svara.people.models import Account
from svara.privacy.catalogue import Purpose
from svara.privacy.errors import Forbidden, NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.rights.objections import stopped
from svara.privacy.tenancy import id_in
from svara.privacy.vault.port import Unreadable

MAX_SEARCH = 100
MAX_ASKED = 500
"""So many numbers are named at once."""
EVERY = MAX_CONTACTS


@dataclass(frozen=True, slots=True)
class Page:
    """Contacts by name: those from `start` on, and how many there are in all. `hidden` are kept and shown to nobody."""

    items: tuple[Kept, ...]
    start: int
    total: int
    hidden: int

    @property
    def next(self) -> int | None:
        """Where the next page begins; None on the last."""
        end = self.start + len(self.items)
        return end if end < self.total else None


def access_contacts(actor: Account, search: str = "", start: int = 0, limit: int = 100) -> Page:
    """The actor's contacts by name, or those among them that fit to `search`. Raises Forbidden."""
    shown, hidden = _shown(actor)
    words = search[:MAX_SEARCH].replace("\0", "").strip()
    found = [each for each in shown if fits(each.card, words)] if words else shown
    begin = min(max(start, 0), len(found))
    return Page(tuple(found[begin : begin + limit]), begin, len(found), hidden)


def access_contact(actor: Account, contact_id: str) -> Kept:
    """One of them. Raises NotFound, Forbidden."""
    found = book.opened([row(actor, contact_id)])
    if not found or found[0].id in _hidden(actor):
        raise NotFound
    return found[0]


def access_names(actor: Account, numbers: Iterable[str]) -> dict[str, str]:
    """What the actor's own contacts call those who have these numbers; without those whom no contact has.

    Numbers may be written in any way, and come back as they were asked. Only the contacts that are named are opened.
    """
    asked = list(dict.fromkeys(filter(None, numbers)))[:MAX_ASKED]
    if not asked or actor.visit is not None or not Contact.of(actor).filter(account=actor, deleted_at=None).exists():
        return {}
    country = actor.tenant.country
    try:
        indexes = {
            number: book.index_of(subject_of(actor.tenant_id, key))
            for number in asked
            if len(number) <= MAX_SEARCH and (key := dialled(number, country))
        }
    except Unreadable:
        return {}
    rows = Reach.of(actor).filter(contact__account=actor, contact__deleted_at=None, index__in=set(indexes.values()))
    by_index = dict(rows.order_by("contact__changed_at").values_list("index", "contact_id"))
    if not by_index:
        return {}
    hidden = _hidden(actor)
    wanted = Contact.of(actor).filter(account=actor, pk__in=set(by_index.values()) - hidden)
    titles = {each.id: each.title for each in book.opened(list(wanted))}
    return {number: titles[by_index[index]] for number, index in indexes.items() if by_index.get(index, "") in titles}


def access_indexes(actor: Account, search: str) -> frozenset[str]:
    """By which records know those among the actor's contacts that fit to `search`: the blind indexes of their numbers and
    addresses, for `MAX_ASKED` contacts at most."""
    words = search[:MAX_SEARCH].replace("\0", "").strip()
    if not words or actor.visit is not None:
        return frozenset()
    fitting = [each.id for each in _shown(actor)[0] if fits(each.card, words)][:MAX_ASKED]
    return frozenset(Reach.of(actor).filter(contact__in=fitting).values_list("index", flat=True) if fitting else ())


def access_twins(actor: Account, card: Card, but: str = "") -> list[Kept]:
    """The actor's contacts that share a number or the address with a card. Raises Forbidden."""
    keys = set(reached_by(card))
    return [each for each in _shown(actor)[0] if each.id != but and not keys.isdisjoint(reached_by(each.card))]


def access_known(actor: Account, cards: Sequence[Card | None]) -> list[str]:
    """For each card the title of a contact that shares a number or the address with it, or of an earlier card of these; ""
    where there is none. Raises Forbidden."""
    titles = {key: each.title for each in _shown(actor)[0] for key in reached_by(each.card)}
    found = []
    for card in cards:
        keys = reached_by(card) if card is not None else ()
        found.append(next((titles[key] for key in keys if key in titles), ""))
        if card is not None:
            for key in keys:
                titles.setdefault(key, card.title)
    return found


def row(actor: Account, contact_id: str, *, deleted: bool = False) -> Contact:
    """The stored contact, for `actions`: one that is deleted, or one that is not. Raises NotFound, Forbidden."""
    _own(actor)
    found = Contact.of(actor).filter(account=actor, pk=id_in(contact_id), deleted_at__isnull=not deleted).first()
    if found is None:
        raise NotFound
    return found


def _shown(actor: Account) -> tuple[list[Kept], int]:
    """Those that may be shown, and how many may not."""
    _own(actor)
    contacts = book.contacts_of(actor)
    hidden = _hidden(actor) if contacts else frozenset()
    shown = [each for each in contacts if each.id not in hidden]
    return shown, len(contacts) - len(shown)


def _hidden(actor: Account) -> frozenset[str]:
    """Ids of the actor's contacts that must not be shown."""
    indexes = [index for subject in stopped(actor.tenant_id, Purpose.CONTACTS) if (index := book.index_of(subject))]
    if not indexes:
        return frozenset()
    rows = Reach.of(actor).filter(contact__account=actor, index__in=indexes)
    return frozenset(rows.values_list("contact_id", flat=True))


def _own(actor: Account) -> None:
    if actor.visit is not None:
        raise Forbidden
