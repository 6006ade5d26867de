"""The administration's pages are found by group and by name, and nobody is offered what is not theirs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver
from tests.web.office import Company

from svara.web import places

SignedIn = Callable[[Company, str], Client]
WITHOUT_PLACE = {
    "administration",  # the overview itself
    "administration-new",
    "administration-item",
    "administration-letter-new",
    "people-import",
    "administration-letter",
    "privacy-outside-receipt",
    "privacy-package",
    "privacy-support-banner",
    "privacy-erase-job",
    "privacy-erase-receipt",
    "privacy-document",
    "privacy-case",
    "privacy-ask",
    "administration-way",
    "privacy-door",
}
"""Parts, files and single things: reached from a page that has a place."""


def text(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_every_page_of_the_administration_is_in_its_group(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    page = text(anna.get("/administration/"))
    for group in places.administration():
        assert f'id="group-{group.key}"' in page
        for place in group.places:
            assert f'href="{place.url}"' in page, place
            inside = text(anna.get(place.url))
            if group.key != "privacy":
                assert re.search(rf'href="{re.escape(place.url)}" aria-current="page"', inside), place
            else:
                assert re.search(rf'href="{re.escape(place.url)}" aria-current="true"', inside), place


def test_no_page_of_the_administration_is_forgotten(acme: Company, browser_of: SignedIn) -> None:
    """Whoever adds one gives it a place, or says above why it needs none."""
    anna = browser_of(acme, "anna")
    routes = {place.route for group in places.administration() for place in group.places}
    for name, (variants, *_rest) in [(n, v[0]) for n, v in get_resolver().reverse_dict.lists() if isinstance(n, str)]:
        address = "/" + variants[0][0] if isinstance(variants, list) else "/" + variants[0]
        if not address.startswith("/administration/") or "%(" in address or name in routes | WITHOUT_PLACE:
            continue
        assert anna.get(address).status_code == 405, f"{name} is a page at {address} without a place"


@pytest.mark.parametrize(
    ("asked", "found", "not_found"),
    [
        ("feature", "/administration/codes/", "/administration/trunks/"),
        ("PROVIDERS", "/administration/trunks/", "/administration/codes/"),
        ("lines outside", "/administration/outbound/", "/administration/queues/"),
        ("wait callers", "/administration/queues/", "/administration/outbound/"),
    ],
)
def test_a_setting_is_found_by_name_purpose_or_group(
    acme: Company, browser_of: SignedIn, asked: str, found: str, not_found: str
) -> None:
    anna = browser_of(acme, "anna")
    part = text(anna.get("/administration/", {"q": asked, "part": "1"}))
    assert "<html" not in part
    assert f'href="{found}"' in part
    assert f'href="{not_found}"' not in part
    assert f'value="{asked}"' in text(anna.get("/administration/", {"q": asked}))


def test_what_is_called_nothing_like_that_says_so(acme: Company, browser_of: SignedIn) -> None:
    part = text(browser_of(acme, "anna").get("/administration/", {"q": "<b>zzz", "part": "1"}))
    assert "Nothing is called that" in part
    assert "<b>" not in part


def test_only_administrators_have_an_overview(acme: Company, browser_of: SignedIn) -> None:
    assert browser_of(acme, "bob").get("/administration/").status_code == 403
    assert browser_of(acme, "cecilie").get("/administration/").status_code == 403


def test_everybody_is_offered_only_pages_that_open(acme: Company, browser_of: SignedIn) -> None:
    for who in ("anna", "bob", "cecilie", "eva"):
        browser = browser_of(acme, who)
        for place in places.places_for(acme[who]):
            assert browser.get(place.url).status_code == 200, (who, place)


def test_the_profile_leads_to_all_that_one_sets_for_oneself(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    page = text(bob.get("/profile/"))
    for group in places.profile_groups():
        assert f'id="group-{group.key}"' in page
        for place in group.places:
            assert f'href="{place.url}"' in page, place
            assert bob.get(place.url).status_code == 200, place


@pytest.mark.parametrize(
    ("part", "page"),
    [
        ("/people/", "/"),
        ("/history/records/?search=21", "/history/"),
        ("/profile/phones/", "/profile/"),
        ("/calls/running/", "/"),
    ],
)
def test_who_opens_the_address_of_a_part_gets_its_page(acme: Company, browser_of: SignedIn, part: str, page: str) -> None:
    """It was shown by itself, without style: a list, and a telephone as large as a hand."""
    bob = browser_of(acme, "bob")
    answer = bob.get(part, headers={"Sec-Fetch-Dest": "document"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert bob.get(part, headers={"Sec-Fetch-Dest": "empty"}).status_code == 200
