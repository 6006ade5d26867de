"""Acme with Anna, who administers it; a mail server on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.letters.stories import post_office
from tests.people.conftest import acme, beta, bob, other_anna, person
from tests.voicemail.mailserver import MailServer

from svara.people.models import Account, Tenant

__all__ = ["acme", "beta", "bob", "other_anna"]


@pytest.fixture
def anna(acme: Tenant) -> Account:
    account = person(acme, "anna", "Anna Berg", "101")
    account.roles = ["admin"]
    account.save()
    return account


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with post_office(settings) as server:
        yield server
