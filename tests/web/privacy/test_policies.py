"""The policy on pages: particulars, documents on paper, publishing, the public page with its versions, accepting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.web.office import PASSWORD, Company

from svara.privacy.policies import access, actions

SignedIn = Callable[..., Client]
PARTICULARS = {
    "controller_name": "Acme AS",
    "controller_address": "Storgata 1, 0155 Oslo",
    "controller_contact": "personvern@acme.test",
    "storage_country": "NO",
    "storage_place": "Oslo, <own> room",
}
PROVIDER = {"provider_name": "Telecom SIA", "provider_address": "Rīga", "provider_contact": "dpo@telecom.test"}


def page(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.mark.claim("TB-4")
def test_the_documents_are_written_once_everything_is_said(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    assert "Documents can be written once" in page(anna.get("/administration/privacy/documents/"))
    assert anna.get("/administration/privacy/documents/record.html").status_code == 404
    refused = anna.post("/administration/privacy/documents/", PARTICULARS | {"storage_country": "N1"})
    assert refused.status_code == 422
    assert "Storgata 1" in refused.content.decode(), "what was typed is still there"
    assert anna.post("/administration/privacy/documents/", PARTICULARS | PROVIDER).status_code == 302
    assert "Documents can be written once" not in page(anna.get("/administration/privacy/documents/"))
    record = page(anna.get("/administration/privacy/documents/record.html?lang=sv"))
    assert "Register över behandling hos Acme AS" in record
    assert "Oslo, &lt;own&gt; room" in page(anna.get("/administration/privacy/policy/"))
    annex = page(anna.get("/administration/privacy/documents/annex.html?lang=lv"))
    assert "Telecom SIA" in annex
    for kind in ("record", "annex"):
        for language in ("cs", "ru"):
            paper = anna.get(f"/administration/privacy/documents/{kind}.pdf?lang={language}")
            assert paper.content.startswith(b"%PDF-")
            assert paper["Content-Type"] == "application/pdf"
    assert anna.get("/administration/privacy/documents/record.docx").status_code == 404
    assert browser_of(acme, "bob").get("/administration/privacy/documents/record.html").status_code == 403


@pytest.mark.claim("ONC-10")
def test_anybody_reads_every_published_version_and_what_is_different(acme: Company, browser_of: SignedIn) -> None:
    stranger, anna = Client(headers={"accept-language": "en"}), browser_of(acme, "anna")
    assert stranger.get("/policy/acme/").status_code == 404
    anna.post("/administration/privacy/documents/", PARTICULARS)
    anna.post("/administration/privacy/policy/publish/")
    first = page(stranger.get("/policy/acme/"))
    assert "Version 1, published on" in first
    assert "Privacy policy of Acme AS" in first
    anna.post("/administration/privacy/documents/", PARTICULARS | PROVIDER)
    draft = page(anna.get("/administration/privacy/policy/"))
    assert "<ins>" in draft
    assert "Telecom SIA" in draft
    anna.post("/administration/privacy/policy/publish/")
    assert "Telecom SIA" in page(stranger.get("/policy/acme/"))
    assert "Telecom SIA" not in page(stranger.get("/policy/acme/1/"))
    compared = page(stranger.get("/policy/acme/2/?since=1"))
    assert "What is different from version 1" in compared
    assert "<del>Acme AS runs the telephone system itself.</del>" in compared
    assert "Personvernerklæring for telefonsystemet til Acme AS" in page(stranger.get("/policy/acme/?lang=nb"))
    assert stranger.get("/policy/acme/?form=pdf").content.startswith(b"%PDF-")
    for path in ("/policy/acme/3/", "/policy/nobody/", "/policy/acme/99999999999999999999/"):
        assert stranger.get(path).status_code == 404
    for hostile in ("since=x", "since=99999999999999999999", "lang=xx", "since=²"):
        assert stranger.get(f"/policy/acme/?{hostile}").status_code == 200


@pytest.mark.claim("PHO-14")
def test_bob_is_asked_when_he_signs_in_until_he_has_accepted(acme: Company) -> None:
    actions.do_save_particulars(acme["anna"], PARTICULARS)
    actions.do_publish(acme["anna"])
    bob = Client(headers={"accept-language": "en"})
    door = bob.post("/sign-in/", {"name": "bob@acme.test", "password": PASSWORD, "next": "/history/"})
    assert door["Location"] == "/policy/"
    asked = page(bob.get("/policy/"))
    assert "I have read and accept it" in asked
    assert "that you have not accepted yet" in page(bob.get("/history/"))
    assert bob.post("/policy/", {"number": "7"})["Location"] == "/policy/"
    assert bob.post("/policy/", {"number": "<script>"})["Location"] == "/policy/"
    assert access.to_accept(acme["bob"]) is not None
    assert bob.post("/policy/", {"number": "1"})["Location"] == "/"
    assert "not accepted yet" not in page(bob.get("/history/"))
    assert "You have accepted this policy" in page(bob.get("/policy/"))
    bob.logout()
    assert bob.post("/sign-in/", {"name": "bob@acme.test", "password": PASSWORD})["Location"] == "/"


def test_a_company_without_a_policy_asks_nobody(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    assert bob.get("/policy/").status_code == 404
    assert "not accepted yet" not in page(bob.get("/"))


def test_the_policy_is_not_others_to_publish(acme: Company, browser_of: SignedIn) -> None:
    for username in ("bob", "cecilie"):
        browser = browser_of(acme, username)
        assert browser.get("/administration/privacy/policy/").status_code == 403
        assert browser.post("/administration/privacy/policy/publish/").status_code == 403
        assert browser.post("/administration/privacy/documents/", PARTICULARS).status_code == 403
