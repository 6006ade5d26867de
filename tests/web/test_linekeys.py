"""Bob puts the keys of his phones in order on his page; Anna does so for him; nobody else can."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect
from tests.web.browsing import WIDTHS, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.people import snapshot
from svara.people.linekeys import target_of
from svara.people.models import OfficeChange

SignedIn = Callable[..., Client]


def keys_of(company: Company, username: str) -> list[str]:
    return [target_of(key) for key in snapshot.of(company.tenant).by_username[username].keys]


def test_bob_begins_with_what_svara_chose_and_makes_it_his_own(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    page = bob.get("/profile/keys/").content.decode()
    assert "Nobody has chosen any" in page
    assert "2. Anna Berg" in page
    assert "9. " not in page  # a line and seven colleagues
    assert bob.post("/profile/keys/", {"do": "down:1"}).status_code == 302
    assert keys_of(acme, "bob")[:4] == ["line", "person:cecilie", "person:anna", "person:dag"]
    bob.post("/profile/keys/", {"do": "up:1"})
    bob.post("/profile/keys/", {"do": "remove:2"})
    bob.post("/profile/keys/", {"to": "number", "to.number": "+4790000000", "label": "Taxi"})
    assert keys_of(acme, "bob")[:3] == ["person:cecilie", "line", "person:dag"]
    assert keys_of(acme, "bob")[-1] == "number:+4790000000"
    assert "These were chosen." in bob.get("/profile/keys/").content.decode()
    bob.post("/profile/keys/", {"do": "automatic"})
    assert keys_of(acme, "bob") == []


@pytest.mark.parametrize("do", ["up:99", "up:-1", "up:", "fly:1", "remove:x", "remove:1" * 30])
def test_a_wish_that_makes_no_sense_changes_nothing(acme: Company, browser_of: SignedIn, do: str) -> None:
    answer = browser_of(acme, "bob").post("/profile/keys/", {"do": do})
    assert answer.status_code == 422
    assert "Choose where the key leads." in answer.content.decode()
    assert keys_of(acme, "bob") == []


def test_what_does_not_fit_is_said_at_the_form(acme: Company, browser_of: SignedIn) -> None:
    answer = browser_of(acme, "bob").post("/profile/keys/", {"to": "number", "to.number": "taxi"})
    assert answer.status_code == 422
    assert "such as +4721000000" in answer.content.decode()


def test_anna_sets_the_keys_of_bob_and_nobody_else_does(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    address = "/administration/people/item/bob/keys/"
    anna = browser_of(acme, "anna")
    assert "Keys of the phones of Bob Lund" in anna.get(address).content.decode()
    assert anna.post(address, {"to": "person:eva", "label": "<Eva>"}).status_code == 302
    assert keys_of(acme, "bob")[-1] == "person:eva"
    assert "&lt;Eva&gt;" in anna.get(address).content.decode()
    told = OfficeChange.of(acme.tenant).get().lines
    assert any(line.startswith("~ person bob: keys none -> line") for line in told), told
    for other in (browser_of(acme, "cecilie"), browser_of(acme, "bob")):
        assert other.get(address).status_code == 403
        assert other.post(address, {"do": "automatic"}).status_code == 403
    assert browser_of(beta, "anna").get(address).status_code == 404
    assert browser_of(beta, "anna").post(address, {"do": "automatic"}).status_code == 404
    assert keys_of(acme, "bob")[-1] == "person:eva"


def test_a_key_for_somebody_without_an_extension_is_said_to_be_left_out(acme: Company, browser_of: SignedIn) -> None:
    acme["dag"].extension = None
    acme["dag"].save()
    bob = browser_of(acme, "bob")
    bob.post("/profile/keys/", {"to": "person:dag"})
    assert bob.get("/profile/keys/").content.decode().count("has no extension, so phones leave it out") == 1


@pytest.mark.browser
def test_the_keys_are_put_in_order_with_the_keyboard_alone_on_every_screen(
    browser: Browser, stage: Stage, acme: Company
) -> None:
    with visit(browser, stage) as bob:
        bob.sign_in("bob@acme.test")
        bob.go("/profile/keys/")
        bob.page.get_by_role("button", name="Move Anna Berg down").focus()
        bob.page.keyboard.press("Enter")
        expect(bob.page.locator(".rows li").nth(2)).to_contain_text("Anna Berg")
        assert keys_of(acme, "bob")[1:3] == ["person:cecilie", "person:anna"]
        assert bob.barriers() == []
        for width, height in WIDTHS.items():
            bob.page.set_viewport_size({"width": width, "height": height})
            assert bob.overflow() == 0, width
        assert bob.complaints == []
