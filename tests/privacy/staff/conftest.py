"""Acme with its administrator Anna and its privacy officer Petra; Beta, another company; and the provider's people."""

from __future__ import annotations

import pytest
from tests.privacy.audit import offices
from tests.privacy.staff import stories

from svara.people.models import Account, Tenant
from svara.privacy.staff.models import Staff


@pytest.fixture
def acme(db: None) -> Tenant:
    return offices.company()


@pytest.fixture
def beta(db: None) -> Tenant:
    return offices.company("beta")


@pytest.fixture
def anna(acme: Tenant) -> Account:
    return offices.person(acme, "anna", "admin")


@pytest.fixture
def petra(acme: Tenant) -> Account:
    return offices.person(acme, "petra", "privacy-officer")


@pytest.fixture
def bob(acme: Tenant) -> Account:
    return offices.person(acme, "bob")


@pytest.fixture
def berit(beta: Tenant) -> Account:
    return offices.person(beta, "berit", "admin")


@pytest.fixture
def olga(db: None) -> Staff:
    return stories.olga()


@pytest.fixture
def erik(db: None) -> Staff:
    return stories.erik()
