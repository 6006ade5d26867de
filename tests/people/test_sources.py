"""Each record says where it comes from: the office file, an administrator, a provider, a phone, or the person."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.history.stories import call, company, happened

from svara.calls.events import Party
from svara.people import administration, plan
from svara.people.models import BY_FILE, Account, Phone
from svara.people.officefile import read
from svara.privacy.registers import cases
from svara.privacy.rights import erasing
from svara.privacy.rights.port import capabilities
from svara.privacy.subject import person
from svara.web.build import build

from .test_officefile import ACME

pytestmark = [pytest.mark.django_db, pytest.mark.claim("PHO-3")]


@pytest.fixture
def anna() -> Account:
    """Acme comes by its office file; Carl is then entered by Anna."""
    plan.apply(read(ACME.encode(), "acme.yaml"))
    anna = Account.all_tenants.get(username="anna")
    carl = {"username": "carl", "name": "Carl Dahl", "extension": "177", "phones": [{"login": "acme-carl"}]}
    administration.do_save(anna, "people", None, carl)
    return anna


def rows(account: Account, key: str) -> list[dict[str, Any]]:
    sections = (section for room in capabilities() for section in room.export(account.tenant_id, person(account.id)))
    return next([dict(row) for row in section.rows] for section in sections if section.key == key)


def test_a_person_and_their_phones_say_who_entered_them(anna: Account) -> None:
    carl = Account.all_tenants.get(username="carl")
    assert (anna.entered_by, carl.entered_by) == (BY_FILE, anna.id)
    assert Phone.all_tenants.get(login="acme-carl").entered_by == anna.id
    assert rows(anna, "profile")[0]["entered_by"] == "the company, with its office file"
    assert rows(carl, "profile")[0]["entered_by"] == f"{anna.name}, in the administration"
    assert rows(carl, "phones")[0]["entered_by"] == f"{anna.name}, in the administration"


def test_it_stays_when_something_else_changes(anna: Account) -> None:
    plan.apply(read(ACME.replace("Anna ", "Anne ").encode(), "acme.yaml"))
    assert Account.all_tenants.get(pk=anna.pk).entered_by == BY_FILE


def test_who_is_erased_is_nobodys_source_any_more(anna: Account) -> None:
    erasing.erase(anna.tenant_id, person(anna.id), reason="request", by="operator")
    carl = Account.all_tenants.get(username="carl")
    assert carl.entered_by == ""
    assert rows(carl, "profile")[0]["entered_by"] == "the company"


def test_calls_and_requests_say_where_they_come_from() -> None:
    acme = company("acme")
    happened(
        call(acme, Party(number="+4722000001"), "bob", call="in", direction="inbound"),
        call(acme, "dag", "bob", call="between"),
    )
    found = {row["id"]: row["source"] for row in rows(acme.bob, "calls")}
    assert found == {"in": "the telephone provider that brought the call", "between": "a phone of the company"}
    cases.do_open(acme.bob, cases.Office(acme.tenant.id, "NO", "Europe/Oslo"), "question", "What is stored?")
    assert rows(acme.bob, "cases")[0]["source"] == "the person"


def test_my_data_says_so(anna: Account) -> None:
    build()
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(Account.all_tenants.get(username="carl"))
    page = browser.get("/profile/data/").content.decode()
    assert "Where this comes from" in page
    assert f"Your account: {anna.name}, in the administration," in page
