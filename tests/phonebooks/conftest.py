"""Acme gives phonebooks: Anna administers it and has a direct number, Bob one of mobile alone; Beta is another company."""

from __future__ import annotations

import pytest
from tests.people.conftest import acme, beta, bob, other_anna, person
from tests.phonebooks.stories import queue

from svara.people.models import Account, PublicNumber, Tenant
from svara.phonebooks import actions

__all__ = ["acme", "beta", "bob", "other_anna"]


@pytest.fixture
def anna(acme: Tenant) -> Account:
    account = person(acme, "anna", "Anna Berg", "101", mobile="+4790000001", shows="+4721000009")
    account.roles = ["admin"]
    account.save()
    for number, to in (("+4721000001", "person:anna"), ("+4721000009", "person:anna"), ("+4721000000", "queue:support")):
        PublicNumber.all_tenants.create(tenant=acme, number=number, trunk="itsp", to=to, record=False)
    queue(acme, "support", "600")
    queue(acme, "backoffice", None)
    return account


@pytest.fixture
def opened(anna: Account) -> Account:
    """Anna, after she has opened every way."""
    actions.do_open(anna, xml=True, carddav=True, ldap=True, ldap_in_clear=True)
    return anna
