"""Who saw what: the officer reads the log of the whole company, and that the officer did so is in it."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.privacy.audit.test_chain import unguarded
from tests.web import office
from tests.web.office import Company

from svara.privacy import subject
from svara.privacy.audit.models import Entry
from svara.privacy.audit.port import OPERATOR, record, record_views
from svara.privacy.functions.outside import subject_of
from svara.web import audit_words

Browsers = Callable[..., Client]
LOG = "/administration/privacy/log/"


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode()).split("<main")[1]


@pytest.fixture
def looked(acme: Company, browser_of: Browsers) -> Company:
    """Cecilie looked at Bob's calls, Anna at what there is about Kari, who is outside, and the operator made Dag a token."""
    office.answered(acme, "dag", "bob", ago_seconds=60)
    browser_of(acme, "cecilie").get("/history/")
    record(
        acme.tenant.id, acme["anna"].id, "view", subject_of(acme.tenant.id, "+4722000001"), "party", "", "privacy-officer"
    )
    record(acme.tenant.id, OPERATOR, "grant", subject.person(acme["dag"].id), "token")
    return acme


@pytest.mark.claim("ONC-2")
def test_the_officer_reads_who_saw_what_about_whom_and_why(looked: Company, browser_of: Browsers) -> None:
    page = text(browser_of(looked, "anna").get(LOG))
    for words in (
        "Cecilie",
        "Looked at: a list of calls",
        "about Bob Lund",
        "as a supervisor",
        "Looked at: what there is about a number or address",
        "about somebody outside",
        "Whoever runs the installation",
        "Allowed: an API token",
    ):
        assert words in page
    assert "22000001" not in page
    assert "Looked at: this log" in text(browser_of(looked, "anna").get(LOG)), "one who reads the log is in it"


def test_it_is_asked_about_one_person_by_one_person_and_about_a_number(looked: Company, browser_of: Browsers) -> None:
    anna = browser_of(looked, "anna")
    about_bob = text(anna.post(LOG, {"about": "bob"}))
    assert "a list of calls" in about_bob
    assert "an API token" not in about_bob
    by_operator = text(anna.post(LOG, {"by": "operator"}))
    assert "an API token" in by_operator
    assert "a list of calls" not in by_operator
    about_kari = text(anna.post(LOG, {"about": "+47 22 00 00 01"}))
    assert "what there is about a number or address" in about_kari
    assert "an API token" not in about_kari
    assert "Nothing in this time." in text(anna.post(LOG, {"about": "+4799999999"}))
    for wrong in ({"about": "nobody"}, {"by": "nobody"}):
        refused = anna.post(LOG, wrong)
        assert refused.status_code == 422
        assert "Nobody has that user name." in text(refused)
    assert anna.post(LOG, {"cursor": "../1"}).status_code == 404


def test_a_long_log_is_read_page_by_page_with_what_was_asked(acme: Company, browser_of: Browsers) -> None:
    for number in range(60):
        record(acme.tenant.id, acme["anna"].id, "change", subject.person(acme["bob"].id), "person", f"change-{number}")
    people = [subject.person(acme[name].id) for name in ("bob", "dag", "eva", "filip", "galina")]
    record_views(acme.tenant.id, acme["anna"].id, people, "statistics", count=5)
    anna = browser_of(acme, "anna")
    first = anna.post(LOG, {"about": "bob"})
    assert "Looked at: figures of agents (5)" in text(first)
    assert "and 2 more" in text(first) or "2 more" in text(first)
    assert first.context["kept"] == {"about": "bob"}
    second = anna.post(LOG, first.context["kept"] | {"cursor": first.context["next"]})
    assert len(first.context["lines"]) + len(second.context["lines"]) == 61
    assert second.context["next"] is None


@pytest.mark.claim("ONC-7")
def test_whether_it_is_whole_is_checked_on_the_page(looked: Company, browser_of: Browsers) -> None:
    anna = browser_of(looked, "anna")
    assert "The log is whole" in text(anna.post(LOG, {"check": "1"}))
    entry = Entry.all_tenants.filter(tenant=looked.tenant).order_by("number").first()
    assert entry is not None
    unguarded(f"DELETE FROM audit_concerned WHERE entry_id = {entry.id}")
    assert f"tampered with at entry {entry.number}." in text(anna.post(LOG, {"check": "1"}))


def test_members_and_supervisors_do_not_read_it_and_no_other_company(
    looked: Company, beta: Company, browser_of: Browsers
) -> None:
    for username in ("bob", "cecilie"):
        assert browser_of(looked, username).get(LOG).status_code == 403
    page = text(browser_of(beta, "anna").get(LOG))
    assert "an API token" not in page
    assert "Nothing in this time." in page


def test_every_kind_of_thing_in_the_log_has_its_words() -> None:
    lacking = {what for _act, what in audit_words.DONE if what not in audit_words.THINGS}
    assert lacking == set()
