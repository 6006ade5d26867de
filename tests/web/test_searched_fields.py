"""In a company of a thousand people nobody goes through lists: one types a part of a name, and pages stay light."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.web.office import Company
from tests.web.test_administration import add, fields_of, text

from svara.people import administration
from svara.people.models import Account, Queue
from svara.web.forms.searched import LONG, meant

SignedIn = Callable[..., Client]
FIRST_LOAD_KB = 150
QUEUE = "/administration/queues/item/support/"
MEMBERS = [f"p{number:04}" for number in range(25)]


@pytest.fixture
def anna(acme: Company, browser_of: SignedIn) -> Client:
    """Of a company that grew; two Bob Lunds work there."""
    Account.all_tenants.bulk_create(
        Account(tenant=acme.tenant, username=f"p{number:04}", name=f"Person {number} Nordmann", extension=f"2{number:04}")
        for number in range(1000)
    )
    Account.all_tenants.create(tenant=acme.tenant, username="bobby", name="Bob Lund", extension="150")
    return browser_of(acme, "anna")


@pytest.fixture
def support(anna: Client) -> Client:
    members = {f"members.{place}.person": name for place, name in enumerate(MEMBERS)}
    add(anna, "queues", name="support", extension="600", strategy="ring-all", **members)
    return anna


def members_of(acme: Company) -> list[str]:
    return list(Queue.of(acme.tenant).get().members.order_by("order").values_list("account__username", flat=True))


def test_the_form_of_a_large_queue_is_light_and_shows_names(support: Client) -> None:
    page = text(support.get(QUEUE))
    assert len(gzip.compress(page.encode())) < FIRST_LOAD_KB * 1000 / 3  # the rest is for scripts and styles
    assert page.count('<datalist id="all-people">') == page.count('<datalist id="all-targets">') == 1
    assert len(re.findall(r'name="members\.\d+\.person" type="search" value="Person \d+ Nordmann"', page)) == len(MEMBERS)


def test_what_is_sent_back_unchanged_changes_nothing(support: Client, acme: Company) -> None:
    before = administration.access_document(acme["anna"])
    assert support.post(QUEUE, fields_of(text(support.get(QUEUE)))).status_code == 302
    assert administration.access_document(acme["anna"]) == before
    assert members_of(acme) == MEMBERS


def test_somebody_is_found_by_name_and_a_number_of_one_s_own_is_typed(support: Client, acme: Company) -> None:
    form = fields_of(text(support.get(QUEUE)))
    form["members.0.person"] = ["eva nováková"]
    form["when_full"] = ["the voicemail of Dag Vik"]
    form["when_timeout"] = ["+4790000001"]
    assert support.post(QUEUE, form).status_code == 302
    assert members_of(acme) == ["eva", *MEMBERS[1:]]
    saved = administration.access_document(acme["anna"])["queues"][0]
    assert (saved["when_full"], saved["when_timeout"]) == ("voicemail:dag", "number:+4790000001")
    shown = fields_of(text(support.get(QUEUE)))
    assert shown["members.0.person"] == ["Eva Nováková"]
    assert (shown["when_full"], shown["when_timeout"]) == (["The voicemail of Dag Vik"], ["+4790000001"])


def test_two_of_one_name_are_told_from_each_other(support: Client, acme: Company) -> None:
    form = fields_of(text(support.get(QUEUE)))
    form["members.0.person"], form["members.1.person"] = ["Bob Lund (bobby)"], ["bob"]
    assert support.post(QUEUE, form).status_code == 302
    assert members_of(acme)[:2] == ["bobby", "bob"]
    assert fields_of(text(support.get(QUEUE)))["members.1.person"] == ["Bob Lund (bob)"]


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("members.0.person", "Bob Lund", "There is no Bob Lund."),  # which of the two?
        ("members.0.person", "Nobody", "There is no Nobody."),
        ("when_full", "Nobody", "Choose where the call goes."),
    ],
)
def test_who_is_not_found_is_said_at_the_field(support: Client, acme: Company, field: str, typed: str, told: str) -> None:
    answer = support.post(QUEUE, fields_of(text(support.get(QUEUE))) | {field: [typed]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert fields_of(page)[field] == [typed]
    assert members_of(acme) == MEMBERS


def test_a_small_company_goes_through_its_list(acme: Company, browser_of: SignedIn) -> None:
    assert len(acme.people) < LONG
    page = text(browser_of(acme, "anna").get("/administration/queues/new/"))
    assert '<select id="f-members-0-person"' in page
    assert '<datalist id="all-' not in page


def test_a_name_counts_before_another_s_user_name() -> None:
    options = [("", [("zoe", "Bob"), ("bob", "Zoe"), ("101", "One"), ("eva", "Ada Li"), ("ada", "ada li")])]
    assert [meant(typed, options, numbers=True) for typed in ("Bob", "Ada Li", "zoe", "One", "101", "102")] == [
        "zoe",
        "eva",
        "bob",
        "101",
        "101",
        "number:102",
    ]


def test_a_phone_is_added_for_somebody_who_is_found_by_name(anna: Client) -> None:
    phones = "/administration/phones/"
    page = text(anna.get(phones))
    assert 'name="username" type="search"' in page
    answer = anna.post(phones, {"username": "person 7 nordmann", "maker": "yealink", "mac": "001565aabbcc"})
    assert answer.status_code == 200
    assert "Person 7 Nordmann · Yealink" in text(anna.get(phones))
    refused = anna.post(phones, {"username": "Nobody", "maker": "yealink", "mac": "001565aabbcd"})
    assert refused.status_code == 422
    assert "Choose somebody of the list." in refused.content.decode()
    assert 'name="username" type="search" value="Nobody"' in refused.content.decode()
