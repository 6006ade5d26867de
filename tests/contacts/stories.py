"""Contacts that the tests tell of."""

from __future__ import annotations

from svara.contacts import actions
from svara.contacts.book import Kept
from svara.contacts.card import Card, Number
from svara.people.models import Account

KARI = Card(
    "Kari Nordmann", "Nordmann AS", (Number("+4722000001", "work"), Number("+4791234567", "mobile")), "kari@n.example"
)
OLE = Card("Ole Dahl", "", (Number("+4733000002", "home"),), "", "Likes tea")


def keeps(person: Account, *cards: Card) -> list[Kept]:
    """Somebody adds these by hand."""
    return [actions.do_add(person, card) for card in cards]
