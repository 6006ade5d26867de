"""The officer's pages about people's rights, as a browser meets them."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from tests.web import office
from tests.web.office import ACME, Company, a_message

from svara.people.models import Account
from svara.privacy.rights.jobs import run_next
from svara.privacy.rights.models import Erasure, Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Company:
    return office.company("acme", "Acme AS", ACME)


def signed_in(company: Company, username: str) -> Client:
    client = Client()
    client.force_login(company[username])
    return client


def test_an_officer_previews_confirms_follows_and_keeps_the_receipt(acme: Company) -> None:
    a_message(acme, "bob")
    browser = signed_in(acme, "anna")
    assert "Erase" in browser.get("/administration/privacy/erase/").content.decode()
    shown = browser.post("/administration/privacy/erase/preview/", {"username": "bob"}).content.decode()
    assert "Erase Bob" in shown
    assert "Voice messages in their box" in shown
    wish = {"username": "bob", "reason": "request 7"}
    wrong = browser.post("/administration/privacy/erase/start/", wish | {"confirm": "bo"})
    assert wrong.status_code == 422
    assert "What you typed is not the same." in wrong.content.decode()
    assert browser.post("/administration/privacy/erase/start/", {"username": "bob", "confirm": "bob"}).status_code == 422
    assert not Job.all_tenants.exists()

    begun = browser.post("/administration/privacy/erase/start/", wish | {"confirm": "Bob"})
    assert begun.status_code == 302
    assert "every 1s" in browser.get(begun.url).content.decode()
    run_next()
    done = browser.get(begun.url, headers={"hx-request": "true"}).content.decode()
    assert "It is done" in done
    assert "every 1s" not in done
    erasure = Erasure.all_tenants.get()
    receipt = browser.get(f"/administration/privacy/erase/receipts/{erasure.id}.json")
    assert "attachment" in receipt["Content-Disposition"]
    assert json.loads(receipt.content)["sha256"] == erasure.digest
    assert "request 7" in browser.get("/administration/privacy/erase/").content.decode()
    assert not Account.all_tenants.filter(username="bob").exists()


def test_somebody_from_outside_is_found_by_number(acme: Company) -> None:
    a_message(acme, "bob")
    shown = signed_in(acme, "anna").post("/administration/privacy/erase/preview/", {"number": "+47 22 00 00 01"})
    assert "Voice messages that they left" in shown.content.decode()


@pytest.mark.parametrize("who", ["cecilie", "dag"])
def test_nobody_else_gets_there(acme: Company, who: str) -> None:
    browser = signed_in(acme, who)
    for method, path in (
        (browser.get, "erase/"),
        (browser.post, "erase/preview/"),
        (browser.post, "erase/start/"),
        (browser.get, "erase/jobs/0000/"),
        (browser.get, "erase/receipts/0000.json"),
    ):
        assert method(f"/administration/privacy/{path}").status_code == 403, path


def test_guessed_names_jobs_and_receipts_are_not_there(acme: Company) -> None:
    beta = office.company("beta", "Beta AB", office.BETA)
    browser = signed_in(acme, "anna")
    assert browser.post("/administration/privacy/erase/preview/", {"username": "bosse"}).status_code == 422
    assert browser.post("/administration/privacy/erase/preview/", {}).status_code == 422
    assert browser.post("/administration/privacy/erase/start/", {"username": "bosse", "confirm": "bosse"}).status_code == 404
    theirs = Erasure.all_tenants.create(
        tenant=beta.tenant, subject="person:x", at="2026-01-01T00:00:00Z", receipt={"rows": 1}
    )
    for path in (f"receipts/{theirs.id}.json", "receipts/0000.json", "jobs/0000/"):
        assert browser.get(f"/administration/privacy/erase/{path}").status_code == 404, path
