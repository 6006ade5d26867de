"""A person's contacts, opened: what pages search through. Sealing and opening of cards is here and nowhere else.

Opened cards are kept for a minute at most, as keys are, so that who types in a search does not have thousands of cards
opened for each letter. They are let go of as soon as anything of them changed in the tables, and are of no use to anybody
while the key is away: before each use one card is opened anew.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db.models import Count, Max

from svara.contacts.card import Card, packed, reached_by, unpacked
from svara.contacts.models import Contact, Reach
from svara.people.access import folded
from svara.people.models import Account
from svara.privacy import vault
from svara.privacy.errors import Invalid
from svara.privacy.functions.outside import subject_of
from svara.privacy.subject import Subject, account_of, person
from svara.privacy.vault.port import Unreadable

KEEP_SECONDS = 60.0
MOST_KEPT = 50_000
"""So many opened cards are kept at most, of all people together."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A contact as its person sees it."""

    id: str
    card: Card
    source: str
    changed_at: datetime

    @property
    def title(self) -> str:
        return self.card.title

    @property
    def more_numbers(self) -> int:
        """How many numbers there are beside the first."""
        return max(0, len(self.card.numbers) - 1)


@dataclass(slots=True)
class _Book:
    revision: tuple[object, ...]
    until: float
    probe: tuple[bytes, bytes] | None
    contacts: tuple[Kept, ...]


_books: OrderedDict[tuple[str, str], _Book] = OrderedDict()
_lock = threading.Lock()


def contacts_of(actor: Account) -> tuple[Kept, ...]:
    """All of the actor's contacts by name, without deleted ones; none while they cannot be read."""
    place = (actor.tenant_id, actor.id)
    rows = Contact.of(actor).filter(account=actor)
    found = rows.aggregate(count=Count("pk"), newest=Max("changed_at"))
    revision = (found["count"], found["newest"], id(vault.current()))
    if not found["count"]:
        return ()
    with _lock:
        book = _books.get(place)
    if book is None or book.revision != revision or book.until < time.monotonic() or not _opens(actor.tenant_id, book.probe):
        book = _read(actor, revision)
        _keep(place, book)
    return book.contacts


def opened(rows: Sequence[Contact]) -> list[Kept]:
    """These contacts of one company; what cannot be opened is left out."""
    things = [(bytes(row.sealed), _context(row.pk)) for row in rows]
    return [
        kept
        for row, text in zip(rows, vault.current().open_many(rows[0].tenant_id, things) if rows else (), strict=True)
        if (kept := _kept(row.pk, row.source, row.changed_at, text)) is not None
    ]


def sealed(tenant_id: str, account_id: str, cards: Iterable[tuple[str, Card]]) -> list[bytes]:
    """Cards, each with the id of its contact, as they are stored. Raises Invalid while the company's key is of no use."""
    owner = [person(account_id)]
    try:
        return vault.current().seal_many(tenant_id, [(owner, packed(card), _context(key)) for key, card in cards])
    except Unreadable as error:
        raise Invalid(str(error)) from None


def reaches(tenant_id: str, contact_id: str, card: Card) -> list[Reach]:
    """The rows by which a contact is found."""
    indexes = dict.fromkeys(index_of(subject_of(tenant_id, key)) for key in reached_by(card))
    return [Reach(tenant_id=tenant_id, contact_id=contact_id, index=index) for index in indexes]


def index_of(subject: Subject) -> str:
    """By which somebody outside is found; "" for a person of the company."""
    return "" if account_of(subject) is not None else subject.partition(":")[2]


def _read(actor: Account, revision: tuple[object, ...]) -> _Book:
    rows = list(Contact.of(actor).filter(account=actor, deleted_at=None).values_list("pk", "sealed", "source", "changed_at"))
    things = [(bytes(content), _context(key)) for key, content, _source, _at in rows]
    texts = vault.current().open_many(actor.tenant_id, things)
    found = [
        kept
        for (key, _content, source, at), text in zip(rows, texts, strict=True)
        if (kept := _kept(key, source, at, text)) is not None
    ]
    found.sort(key=lambda each: (folded(each.title), each.id))
    return _Book(revision, time.monotonic() + KEEP_SECONDS, things[0] if things else None, tuple(found))


def _kept(key: str, source: str, at: datetime, text: bytes | Unreadable) -> Kept | None:
    if isinstance(text, Unreadable):
        return None
    try:
        return Kept(key, unpacked(text), source, at)
    except msgspec.DecodeError:
        return None


def _keep(place: tuple[str, str], book: _Book) -> None:
    with _lock:
        now = time.monotonic()
        _books.pop(place, None)
        for old in [place for place, kept in _books.items() if kept.until < now]:
            del _books[old]
        _books[place] = book
        while sum(len(kept.contacts) for kept in _books.values()) > MOST_KEPT and len(_books) > 1:
            _books.popitem(last=False)


def _opens(tenant_id: str, probe: tuple[bytes, bytes] | None) -> bool:
    if probe is None:
        return True
    try:
        vault.current().open(tenant_id, probe[0], context=probe[1])
    except Unreadable:
        return False
    return True


def _context(contact_id: str) -> bytes:
    """What a sealed card is bound to."""
    return f"contacts.contact:{contact_id}".encode()
