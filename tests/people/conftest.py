"""Two companies on one server, with the same user names and extensions in both."""

from __future__ import annotations

import pytest

from svara.people.models import Account, Tenant

PASSWORD = "correct-horse-battery"


def person(tenant: Tenant, username: str, name: str, extension: str | None = None, **fields: object) -> Account:
    account = Account(
        tenant=tenant,
        username=username,
        name=name,
        email=f"{username}@{tenant.slug}.test",
        extension=extension,
        roles=["member"],
        **fields,
    )
    account.set_password(PASSWORD)
    account.save()
    return account


@pytest.fixture
def acme(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme AS", country="NO", timezone="Europe/Oslo", languages=["nb", "en"])


@pytest.fixture
def beta(db: None) -> Tenant:
    return Tenant.objects.create(slug="beta", name="Beta AB", country="SE", timezone="Europe/Stockholm", languages=["sv"])


@pytest.fixture
def anna(acme: Tenant) -> Account:
    return person(acme, "anna", "Anna Berg", "101")


@pytest.fixture
def bob(acme: Tenant) -> Account:
    return person(acme, "bob", "Bob Lund", "102")


@pytest.fixture
def other_anna(beta: Tenant) -> Account:
    return person(beta, "anna", "Anna Ek", "101")
