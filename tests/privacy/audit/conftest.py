"""Acme and its people."""

from __future__ import annotations

import pytest
from tests.privacy.audit import offices

from svara.people.models import Account, Tenant


@pytest.fixture
def acme(db: None) -> Tenant:
    return offices.company()


@pytest.fixture
def anna(acme: Tenant) -> Account:
    return offices.person(acme, "anna", "admin")


@pytest.fixture
def bob(acme: Tenant) -> Account:
    return offices.person(acme, "bob")
