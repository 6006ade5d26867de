"""Desk phones fetch the phonebook over HTTP; people make the passwords for it, and administrators say whether there is
one."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from django.test import Client
from playwright.sync_api import Browser
from tests.web.browsing import WIDTHS, visit
from tests.web.office import PASSWORD, Company
from tests.web.stage import Stage

from svara.phonebooks import actions, door
from svara.phonebooks.models import Opening, Password
from svara.privacy.audit.models import Entry

SignedInBrowser = Callable[..., Client]
YEALINK = "/phonebooks/xml/yealink/phonebook.xml"


@pytest.fixture(autouse=True)
def a_quiet_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has failed before."""
    monkeypatch.setattr(door, "entrance", door.Door())


@pytest.fixture
def opened(acme: Company) -> Company:
    everything(acme)
    return acme


def everything(company: Company) -> None:
    actions.do_open(company["anna"], xml=True, carddav=True, ldap=True, ldap_in_clear=False)


def basic(login: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()}


def phone_of(company: Company, username: str, **headers: str) -> Client:
    """A desk phone that reads the phonebook."""
    secret = actions.do_make_password(company[username], "desk phone")
    return Client(headers=basic(f"{username}@{company.tenant.slug}", secret) | headers)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each.text or "" for each in Xml.fromstring(answer.content).iter("Name")]


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_bobs_desk_phone_fetches_the_phonebook_of_his_company(opened: Company, beta: Company) -> None:
    everything(beta)
    phone = phone_of(opened, "bob")
    found = names(phone.get(YEALINK))
    assert len(found) == 8
    assert "Eva Nováková" in found
    assert names(phone.get(YEALINK, {"search": "novakova"})) == ["Eva Nováková"]
    assert names(phone.get(YEALINK, {"search": "#SEARCH"})) == found, "as phones ask that have nothing to look for"
    assert names(phone.get(YEALINK, {"search": "nobody"})) == []
    assert set(names(phone_of(beta, "anna").get(YEALINK))) == {"Anna Ek", "Bosse Åberg"}


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("snom/phonebook.xml", "SnomIPPhoneInput"),
        ("snom/phonebook.xml?search=eva", "SnomIPPhoneDirectory"),
        ("grandstream/phonebook.xml", "AddressBook"),
        ("grandstream/gs_phonebook.xml", "AddressBook"),
        ("poly/000000000000-directory.xml", "directory"),
        ("poly/0004f2abcdef-directory.xml", "directory"),
        ("plain/phonebook.xml", "IPPhoneDirectory"),
    ],
)
def test_each_vendor_gets_its_own_file(opened: Company, path: str, root: str) -> None:
    answer = phone_of(opened, "bob").get("/phonebooks/xml/" + path)
    assert answer["Content-Type"].startswith("text/xml")
    assert Xml.fromstring(answer.content).tag == root


def test_what_has_not_changed_is_not_sent_again(opened: Company) -> None:
    phone = phone_of(opened, "bob")
    first = phone.get(YEALINK)
    again = phone.get(YEALINK, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    opened["eva"].name = "Eva Svobodová"
    opened["eva"].save()
    assert phone.get(YEALINK, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_a_phone_speaks_its_persons_language(opened: Company) -> None:
    opened["bob"].language = "sv"
    opened["bob"].save()
    assert 'label="Anknytning"' in phone_of(opened, "bob").get(YEALINK).content.decode()


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!", "Basic " + "A" * 5000, "Bearer x", "Basic " + base64.b64encode(b"\xff\xfe").decode()],
)
def test_without_a_password_there_is_nothing(opened: Company, header: str) -> None:
    for path in (YEALINK, "/phonebooks/xml/nobody/phonebook.xml"):
        answer = Client(headers={"authorization": header} if header else {}).get(path)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith('Basic realm="')


def test_other_keys_of_anna_do_not_open_it_and_neither_does_her_session(
    opened: Company, browser_of: SignedInBrowser
) -> None:
    assert browser_of(opened, "anna").get(YEALINK).status_code == 401
    assert Client(headers=basic("anna@acme", PASSWORD)).get(YEALINK).status_code == 401


def test_a_phonebook_password_opens_nothing_else(opened: Company) -> None:
    phone = phone_of(opened, "anna")
    assert phone.get("/").status_code == 302
    assert phone.get("/api/v1/me").status_code == 401
    secret = actions.do_make_password(opened["anna"], "another")
    assert Client().post("/sign-in/", {"name": "anna@acme.test", "password": secret}).status_code == 422
    assert Client(headers={"authorization": f"Bearer {secret}"}).get("/api/v1/me").status_code == 401


def test_it_is_read_and_never_written(opened: Company) -> None:
    phone = phone_of(opened, "bob")
    for method in ("post", "put", "delete"):
        assert getattr(phone, method)(YEALINK).status_code == 405
    assert phone.get("/phonebooks/xml/nobody/phonebook.xml").status_code == 404
    assert phone.get("/phonebooks/xml/poly/000000000000.cfg").status_code == 404


def test_a_company_that_switched_it_off_gives_none(opened: Company) -> None:
    phone = phone_of(opened, "bob")
    assert phone.get(YEALINK).status_code == 200
    actions.do_open(opened["anna"], xml=False, carddav=True, ldap=True, ldap_in_clear=False)
    assert phone.get(YEALINK).status_code == 403


def test_a_flood_is_told_to_wait(opened: Company) -> None:
    phone = phone_of(opened, "bob")
    answers = [phone.get(YEALINK).status_code for _read in range(door.READS["xml"].free + 1)]
    assert answers[-1] == 429
    guesser = Client(headers=basic("bob@acme", "0000-0000-0000-0000-0000"))
    answers = [guesser.get(YEALINK) for _try in range(door.FAILURES.free + 1)]
    assert [answers[0].status_code, answers[-1].status_code] == [401, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 10


def test_anna_opens_phonebooks_and_bob_makes_his_phone_a_password(acme: Company, browser_of: SignedInBrowser) -> None:
    anna, bob = browser_of(acme, "anna"), browser_of(acme, "bob")
    page = words(bob.get("/profile/devices/"))
    assert "Your company gives no phonebooks" in page
    assert bob.get("/administration/phonebooks/").status_code == 403
    assert bob.post("/administration/phonebooks/", {"xml": "on"}).status_code == 403
    assert anna.post("/administration/phonebooks/", {"xml": "on"}).status_code == 302
    assert Opening.all_tenants.get().xml
    made = bob.post("/profile/devices/phonebooks/", {"label": "desk phone"})
    found = re.search(r'<code id="new-secret">([0-9a-z-]+)</code>', made.content.decode())
    assert found is not None
    phone = Client(headers=basic("bob@acme", found[1]))
    assert len(names(phone.get(YEALINK))) == 8
    page = words(bob.get("/profile/devices/"))
    assert found[1] not in page, "shown once"
    assert "bob@acme" in page
    assert "from 127.0.0.0/24" in page
    password = Password.of(acme["bob"]).get()
    assert anna.post(f"/profile/devices/phonebooks/{password.id}/revoke/").status_code == 404
    assert bob.post(f"/profile/devices/phonebooks/{password.id}/revoke/").status_code == 302
    assert phone.get(YEALINK).status_code == 401
    assert bob.post("/profile/devices/phonebooks/", {"label": " "}).status_code == 422
    done = Entry.of(acme["anna"]).filter(what__startswith="phonebook").order_by("number").values_list("act", "what")
    assert list(done) == [
        ("change", "phonebooks"),
        ("grant", "phonebook-password"),
        ("sign-in", "phonebook"),
        ("revoke", "phonebook-password"),
    ]
    anna.post("/administration/phonebooks/", {})
    assert not Opening.all_tenants.get().xml


def test_the_page_says_where_ldap_is_or_that_it_is_nowhere(
    opened: Company, browser_of: SignedInBrowser, settings: Any
) -> None:
    page = words(browser_of(opened, "anna").get("/administration/phonebooks/"))
    assert "the server listens for it nowhere" in page
    settings.LDAPS, settings.LDAP = "0.0.0.0:636", "0.0.0.0:389"
    page = words(browser_of(opened, "anna").get("/administration/phonebooks/"))
    assert "nowhere" not in page
    assert "testserver:636" in page
    assert "o=acme" in page
    assert "testserver:389" not in page, "only where the company allows it"


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_pages_fit_have_no_barriers_and_work(stage: Stage, browser: Browser, acme: Company, language: str) -> None:
    with visit(browser, stage, language=language) as seen:
        seen.sign_in("anna@acme.test", "/administration/phonebooks/")
        assert seen.barriers() == []
        for box in seen.page.locator("main form input[type=checkbox]").all():
            box.check()
        seen.page.locator("main form button[type=submit]").click()
        seen.page.wait_for_selector(".toast")
        seen.go("/profile/devices/")
        seen.page.locator("#phonebook-label").fill("Tischtelefon")
        seen.page.locator("#phonebooks form button[type=submit]").first.click()
        seen.page.wait_for_selector("#new-secret")
        assert seen.barriers() == []
        for width, height in WIDTHS.items():
            seen.page.set_viewport_size({"width": width, "height": height})
            assert seen.overflow() <= 0, width
        assert seen.complaints == []
