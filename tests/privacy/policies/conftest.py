"""Acme AS in Oslo, with what it says about itself."""

from __future__ import annotations

import pytest
from tests.web import office
from tests.web.office import Company

from svara.privacy.policies import actions
from svara.web.build import compile_catalogues

PARTICULARS = {
    "controller_name": "Acme AS",
    "controller_address": "Storgata 1, 0155 Oslo",
    "controller_contact": "personvern@acme.test",
    "storage_country": "no",
    "storage_place": "Oslo, own machine room",
}


@pytest.fixture(scope="session", autouse=True)
def compiled_texts() -> None:
    """The policy is written in six languages."""
    compile_catalogues()


@pytest.fixture
def acme(db: None) -> Company:
    company = office.company("acme", "Acme AS", office.ACME)
    actions.do_save_particulars(company["anna"], PARTICULARS)
    return company


@pytest.fixture
def beta(db: None) -> Company:
    return office.company("beta", "Beta AB", office.BETA, country="SE", timezone="Europe/Stockholm")
