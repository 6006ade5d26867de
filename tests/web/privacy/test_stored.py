"""Administration's page of what is stored: for administrators and the privacy officer, in their language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.web.office import Company

SignedIn = Callable[..., Client]


@pytest.fixture
def officer(acme: Company) -> str:
    acme["dag"].roles = ["privacy-officer"]
    acme["dag"].save()
    return "dag"


@pytest.mark.claim("PHO-2")
def test_the_privacy_officer_reads_what_is_stored_and_why(acme: Company, officer: str, browser_of: SignedIn) -> None:
    browser = browser_of(acme, officer)
    assert "/administration/privacy/" in browser.get("/").content.decode()
    page = browser.get("/administration/privacy/").content.decode()
    for words in ("Keep voice messages", "Telephone number", "legitimate interest", "365 days", "colleagues"):
        assert words in page
    assert "/administration/people/" not in page, "the rest of administration is not the officer's"


def test_anna_searches_and_gets_only_what_fits(acme: Company, browser_of: SignedIn) -> None:
    browser = browser_of(acme, "anna")
    found = browser.get("/administration/privacy/", {"q": "recordings"}, headers={"HX-Request": "true"}).content.decode()
    assert "Recordings of talks (files)" in found
    assert "Voice messages" not in found
    assert "<html" not in found
    nothing = browser.get("/administration/privacy/", {"q": "<script>horoscope"}).content.decode()
    assert "Nothing is stored that fits" in nothing
    assert "<script>horoscope" not in nothing


def test_settings_of_nobody_are_shown_on_request(acme: Company, browser_of: SignedIn) -> None:
    browser = browser_of(acme, "anna")
    assert "people.Trunk" not in browser.get("/administration/privacy/").content.decode()
    page = browser.get("/administration/privacy/", {"everything": "on", "q": "trunk"}).content.decode()
    assert "Trunks" in page


@pytest.mark.parametrize("username", ["bob", "cecilie"])
def test_others_are_kept_out(acme: Company, browser_of: SignedIn, username: str) -> None:
    assert browser_of(acme, username).get("/administration/privacy/").status_code == 403
