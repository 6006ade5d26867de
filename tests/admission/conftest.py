"""Acme, where Anna administers and takes requests for access; Beta is another company, which takes none."""

from __future__ import annotations

import pytest
from tests.people.conftest import acme, beta, bob, other_anna, person

from svara.admission import actions
from svara.people.models import Account, Tenant

__all__ = ["acme", "beta", "bob", "other_anna"]


@pytest.fixture
def anna(acme: Tenant) -> Account:
    """She has opened the form."""
    account = person(acme, "anna", "Anna Berg", "101")
    account.roles = ["admin"]
    account.save()
    actions.do_receive(account, open_=True)
    return account
