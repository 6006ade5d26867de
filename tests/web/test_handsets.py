"""Anna adds phones on her pages, phones fetch their settings, and Bob scans a code where the company lets him."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect
from tests.web.browsing import WIDTHS, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.people.models import Handset, Phone
from svara.people.office import REALM
from svara.phonebooks.models import Opening
from svara.sip.digest import hashes_for

SignedIn = Callable[..., Client]
MAC = "001565aabbcc"
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def address_in(page: str) -> str:
    match = re.search(r'<code id="address">http://testserver(/provision/[^<]+)</code>', page)
    assert match is not None, page
    return match[1]


def add(browser: Client, at: str = "/administration/phones/", **fields: str) -> str:
    answer = browser.post(at, {"username": "bob", "maker": "yealink", "mac": MAC, **fields})
    assert answer.status_code == 200, answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    return address_in(answer.content.decode())


def settings_of(answer) -> dict[str, str]:
    assert answer.status_code == 200, (answer.status_code, answer.content)
    return dict(line.split(" = ", 1) for line in answer.content.decode().splitlines()[1:])


def test_anna_adds_a_phone_and_it_comes(acme: Company, browser_of: SignedIn) -> None:
    anna, phone = browser_of(acme, "anna"), Client()
    address = add(anna)
    assert "has not come yet" in anna.get("/administration/phones/").content.decode()
    assert phone.head(f"{address}{MAC}.cfg").status_code == 405, "looking is not taking"
    told = settings_of(phone.get(f"{address}{MAC}.cfg", headers={"user-agent": "Yealink SIP-T46S 66.84.0.15 x"}))
    login = told["account.1.user_name"]
    assert Phone.all_tenants.get(login=login).ha1 == hashes_for(login, REALM, told["account.1.password"])
    assert told["linekey.2.type"] == "16"
    own = told["static.auto_provision.server.url"].removeprefix("http://testserver")
    assert settings_of(phone.get(f"{own}{MAC}.cfg")) == told
    page = anna.get("/administration/phones/").content.decode()
    for shown in ("set up", "SIP-T46S", "66.84.0.15", "last fetched", MAC):
        assert shown in page
    for hidden in (told["account.1.password"], own, address):
        assert hidden not in page
    assert "set-cookie" not in phone.get(f"{own}{MAC}.cfg").headers


def test_elsewhere_in_the_network_it_has_to_be_https(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    assert "has no https address" in anna.get("/administration/phones/").content.decode()
    address = add(anna)
    refused = Client(**ELSEWHERE).get(f"{address}{MAC}.cfg")
    assert (refused.status_code, "https" in refused.content.decode()) == (403, True)
    handset = Handset.of(acme.tenant).get()
    again = address_in(anna.post(f"/administration/phones/{handset.id}/issue/").content.decode())
    assert Client(**ELSEWHERE).get(f"{again}{MAC}.cfg", secure=True).status_code == 200
    behind = add(anna, mac="001565aabbcd")
    proxied = Client().get(f"{behind}001565aabbcd.cfg", headers={"x-forwarded-for": "192.0.2.9"})
    assert proxied.status_code == 403, "a proxy that nobody trusts is not this machine"
    clear = add(anna, mac="001565aabbce", clear="on")
    assert Client(**ELSEWHERE).get(f"{clear}001565aabbce.cfg").status_code == 200


def test_the_door_of_the_company_opens_for_one_phone(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    add(anna)
    handset = Handset.of(acme.tenant).get()
    door = f"/provision/acme/{MAC}.cfg"
    assert Client().get(door).status_code == 404
    assert anna.post(f"/administration/phones/{handset.id}/open/").status_code == 302
    assert Client().get(f"/provision/beta/{MAC}.cfg").status_code == 404
    assert "account.1.password" in settings_of(Client().get(door))
    assert Client().get(door).status_code == 404
    assert Client().get(door).content == Client().get("/provision/nobody/001565aabbcd.cfg").content


def test_nobody_else_touches_a_phone(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    add(browser_of(acme, "anna"))
    handset = Handset.of(acme.tenant).get()
    bob, stranger = browser_of(acme, "bob"), browser_of(beta, "anna")
    assert bob.get("/administration/phones/").status_code == 403
    assert bob.post("/administration/phones/", {"username": "bob", "maker": "linphone"}).status_code == 403
    assert bob.post("/profile/phones/set-up/", {"maker": "linphone"}).status_code == 403, "the company does not allow it"
    for how in ("issue", "open", "revoke", "remove", "look"):
        assert bob.post(f"/administration/phones/{handset.id}/{how}/").status_code == 404
        assert stranger.post(f"/administration/phones/{handset.id}/{how}/").status_code == 404
        assert Client().post(f"/administration/phones/{handset.id}/{how}/").status_code == 302  # to the door
    assert MAC not in stranger.get("/administration/phones/").content.decode()
    assert MAC in bob.get("/profile/phones/set-up/").content.decode(), "his own he sees"
    assert Handset.of(acme.tenant).get().token_hash == handset.token_hash


def test_bob_sets_up_his_softphone_where_he_may(acme: Company, browser_of: SignedIn) -> None:
    acme.tenant.own_phones = True
    acme.tenant.save()
    bob = browser_of(acme, "bob")
    answer = bob.post("/profile/phones/set-up/", {"maker": "linphone", "username": "anna"})
    page = answer.content.decode()
    assert "<svg" in page
    assert "data-until=" in page
    address = address_in(page)
    told = ET.fromstring(Client().get(address).content)
    entries = {entry.get("name"): entry.text for entry in told.iter("{http://www.linphone.org/xsds/lpconfig.xsd}entry")}
    assert entries["username"] is not None
    assert Phone.all_tenants.get(login=entries["username"]).account == acme["bob"], "his own, whomever he names"
    assert entries["config-uri"] is not None
    assert Client().get(entries["config-uri"].removeprefix("http://testserver")).status_code == 200
    handset = Handset.of(acme.tenant).get()
    assert bob.post(f"/administration/phones/{handset.id}/revoke/", {"mine": "1"}).status_code == 302
    assert Client().get(entries["config-uri"].removeprefix("http://testserver")).status_code == 404
    assert "shut out" in bob.get("/profile/phones/set-up/").content.decode()


def test_what_is_wrong_is_said_and_the_rest_is_kept(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    answer = anna.post("/administration/phones/", {"username": "bob", "maker": "snom", "mac": '"><script>'})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "twelve digits" in page
    assert "<script>" not in page.split("<main")[1]
    assert '<option value="snom" selected>' in page
    assert anna.post("/administration/phones/", {"username": "nobody", "maker": "snom", "mac": MAC}).status_code == 422
    assert anna.post("/administration/phones/", {"username": "bob", "maker": "x" * 500}).status_code == 422


def test_a_phone_reads_the_phonebook_with_its_own_secret_where_the_company_opens_it(
    acme: Company, browser_of: SignedIn
) -> None:
    address = add(browser_of(acme, "anna"))
    book = settings_of(Client().get(f"{address}{MAC}.cfg"))["remote_phonebook.data.1.url"].removeprefix("http://testserver")
    assert Client().get(book).status_code == 404
    Opening.all_tenants.create(tenant=acme.tenant, xml=True)
    answer = Client().get(book)
    assert answer.status_code == 200
    assert "Cecilie Moe" in answer.content.decode()
    assert Client().get("/provision/acme/phonebook.xml").status_code == 404


def test_guessing_is_told_to_wait(acme: Company) -> None:
    answers = [Client().get(f"/provision/acme/{number:012x}.cfg") for number in range(52)]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


@pytest.mark.browser
def test_the_pages_of_phones_have_no_barrier_and_fit_every_screen(browser: Browser, stage: Stage, acme: Company) -> None:
    with visit(browser, stage) as anna:
        anna.sign_in("anna@acme.test")

        def look() -> None:
            assert anna.barriers() == []
            for width, height in WIDTHS.items():
                anna.page.set_viewport_size({"width": width, "height": height})
                assert anna.overflow() == 0, width

        anna.go("/administration/phones/")
        look()
        anna.page.get_by_label("Whose").select_option("bob")
        anna.page.get_by_label("Maker").select_option("linphone")
        anna.page.get_by_role("button", name="Add").press("Enter")
        expect(anna.page.get_by_role("heading", name="How the phone comes")).to_be_visible()
        expect(anna.page.locator("[data-until]")).to_have_text(re.compile(r"1[45]:\d\d"))
        expect(anna.page.locator(".qr svg")).to_be_visible()
        look()
        anna.page.get_by_role("link", name="Done").click()
        expect(anna.page.get_by_text("has not come yet")).to_be_visible()
        look()
        anna.go("/profile/phones/set-up/")
        look()
        assert anna.complaints == []
