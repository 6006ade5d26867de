"""A newcomer to the demo office finds contacts, all of them invented."""

from __future__ import annotations

import re

import pytest

from svara.contacts import access
from svara.people import demooffice
from svara.people.models import Account

pytestmark = pytest.mark.django_db
FREE = re.compile(r"\+46(?:8465004|3139006|7017406)\d\d")
"""What Sweden keeps for books and films: 08-465 004 00 to 99, 031-390 06 00 to 99, 070-174 06 05 to 99."""


def test_ingrid_and_jonas_know_people_outside_whom_nobody_can_be() -> None:
    demooffice.install()
    kept = {
        account.username: [each.card for each in access.access_contacts(account).items]
        for account in Account.all_tenants.all()
    }
    assert [len(kept[username]) for username in ("ingrid", "jonas", "petra")] == [5, 4, 0]
    numbers = [each.number for cards in kept.values() for card in cards for each in card.numbers]
    assert len(set(numbers)) == len(numbers)
    assert [number for number in numbers if not FREE.fullmatch(number)] == []
    assert all(card.mail.endswith(".example") for cards in kept.values() for card in cards if card.mail)
