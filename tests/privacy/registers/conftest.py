"""Acme AS in Oslo and Beta AB, with calls from Kari."""

from __future__ import annotations

import pytest
from tests.web import office
from tests.web.office import Company

from svara.people.models import Trunk


@pytest.fixture
def acme(db: None) -> Company:
    """Anna administers; Cecilie is the privacy officer."""
    company = office.company("acme", "Acme AS", office.ACME)
    company["cecilie"].roles = ["supervisor", "privacy-officer"]
    company["cecilie"].save()
    return company


@pytest.fixture
def beta(db: None) -> Company:
    return office.company("beta", "Beta AB", office.BETA, country="SE", timezone="Europe/Stockholm")


def a_trunk(company: Company, name: str = "itsp") -> Trunk:
    return Trunk.all_tenants.create(
        tenant=company.tenant,
        name=name,
        address="sip:sip.itsp.test:5060",
        register=False,
        priority=0,
        format="e164",
        identity="p-asserted-identity",
        probe_seconds=30,
    )
