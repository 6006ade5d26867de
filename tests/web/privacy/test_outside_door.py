"""Kari, who works nowhere here, asks what is stored about her, sees it and has it changed: in the browser, no login."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser
from tests.web.browsing import visit
from tests.web.office import Company, a_message, company
from tests.web.stage import Stage
from tests.web.test_requests import form_of

from svara.privacy.functions import outside
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.registry import NEWS
from svara.privacy.registers.models import Case
from svara.privacy.rights import links
from svara.privacy.rights.asked import Correction, ErasureWish, Link, Objection, Restriction
from svara.privacy.rights.jobs import run_next

Browsers = Callable[..., Client]
NUMBER = "+4722000001"


@pytest.fixture(autouse=True)
def nobody_asked_yet() -> None:
    cache.clear()


@pytest.fixture
def posted(settings: Any) -> None:
    """There is a mail server."""
    settings.EMAIL_HOST = "mail.test"


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def gone(answer: Any) -> str:
    assert answer.status_code == 404
    return re.sub(r'value="[^"]*"', "", text(answer))


def opened(acme: Company, number: str = NUMBER) -> Client:
    """A browser in which the link to a number was opened."""
    code = links.do_give(acme["anna"], subject_of(acme.tenant.id, number), "Called back.")
    browser = Client(headers={"accept-language": "en"})
    assert browser.post("/link/", {"code": code}).status_code == 302
    return browser


@pytest.mark.claim("ADV-13")
def test_a_link_comes_by_mail_and_shows_what_is_stored(acme: Company, posted: None) -> None:
    outside.do_record(acme.tenant.id, subject_of(acme.tenant.id, "kari@example.com"), NEWS, agreed=True, how="double opt-in")
    browser = Client(headers={"accept-language": "en"})
    page = text(browser.post("/privacy/acme/", {"address": "kari@example.com"}))
    assert "on its way" in page
    [letter] = mail.outbox
    assert letter.to == ["kari@example.com"]
    place = re.findall(r"https?://[^/]+(/link/\S+)", letter.body)[0]
    for _look in range(2):
        assert "opens once" in text(browser.get(place)), "looking does not use it up"
    code = re.findall(r'name="code" value="([^"]+)"', text(browser.get(place)))[0]
    shown = text(browser.post("/link/", {"code": code}, follow=True))
    assert "What I agreed to" in shown
    assert "News and offers by e-mail" in shown
    assert "News and offers by e-mail" not in text(browser.post("/link/data/withdraw/", {"purpose": NEWS}, follow=True))
    assert not outside.agreed(acme.tenant.id, subject_of(acme.tenant.id, "kari@example.com"), NEWS)


def test_nothing_tells_whether_an_address_or_number_is_known(acme: Company, posted: None) -> None:
    a_message(acme, "bob")
    browser = Client(headers={"accept-language": "en"})
    pages = {re.sub(r'value="[^"]*"', "", text(browser.post("/privacy/acme/", {"address": one}))) for one in (
        "anna@acme.test", "nobody@example.com"
    )}  # fmt: skip
    assert len(pages) == 1
    assert len(mail.outbox) == 2
    for _n in range(links.LETTERS_A_DAY + 1):
        again = browser.post("/privacy/acme/", {"address": "nobody@example.com"})
        assert re.sub(r'value="[^"]*"', "", text(again)) in pages
    assert len(mail.outbox) == 1 + links.LETTERS_A_DAY
    assert browser.post("/privacy/acme/", {"address": "no address"}).status_code == 422
    assert browser.get("/privacy/nobody/").status_code == 404
    shown = text(opened(acme, "+4799999999").get("/link/data/"))
    assert "Something about me is wrong" in shown
    assert KNOWN not in shown
    assert KNOWN in text(opened(acme).get("/link/data/"))


KNOWN = "Voice messages that they left"


def test_used_altered_guessed_and_foreign_links_are_refused_in_the_same_words(acme: Company) -> None:
    code = links.do_give(acme["anna"], subject_of(acme.tenant.id, NUMBER), "Called back.")
    first, second = Client(headers={"accept-language": "en"}), Client(headers={"accept-language": "en"})
    refused = {gone(second.get("/link/data/"))}
    assert first.post("/link/", {"code": code}).status_code == 302
    assert first.get("/link/data/").status_code == 200
    for wrong in (code, code[:-1], "", Link.all_tenants.get().id):
        refused.add(gone(second.post("/link/", {"code": wrong})))
        refused.add(gone(second.post("/link/x", {"code": wrong})))
    refused.add(gone(second.get("/link/data/")))
    refused.add(gone(second.get("/link/export.zip")))
    stolen = Client(headers={"accept-language": "en"})
    stolen.cookies["sessionid"] = "x" * 32
    refused.add(gone(stolen.get("/link/data/")))
    assert len(refused) == 1
    first.post("/link/leave/")
    refused.add(gone(first.get("/link/data/")))
    assert len(refused) == 1


def test_whoever_guesses_is_stopped(acme: Company) -> None:
    browser = Client()
    answers = [browser.post("/link/", {"code": f"{n}"}).status_code for n in range(40)]
    assert answers[:30] == [404] * 30
    assert set(answers[30:]) == {429}
    code = links.do_give(acme["anna"], subject_of(acme.tenant.id, NUMBER), "Called back.")
    assert browser.post("/link/", {"code": code}).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").post("/link/", {"code": code}).status_code == 302, "others are not"


def test_kari_corrects_objects_restricts_asks_to_be_erased_and_takes_all_along(acme: Company, browser_of: Browsers) -> None:
    message = a_message(acme, "bob")
    browser = opened(acme)
    shown = text(browser.get("/link/data/"))
    assert "Kari Nordmann" in shown
    assert KNOWN in shown

    def do(how: str, **given: str) -> str:
        return text(browser.post(f"/link/data/{how}/", given, follow=True))

    assert "Say why" in do("correct", key="outside.name", value="Kari Nilsen")
    do("correct", key="outside.name", value="Kari Nilsen", why="I married.")
    assert "stopped until it is decided" in do("object", purpose="messages", why="A neighbour works there.")
    do("restrict", ground="accuracy", why="It is not clear.")
    do("erase", why="I have moved away.")
    anna = browser_of(acme, "anna")
    page = text(anna.get("/administration/privacy/rights/"))
    for said in ("I married.", "A neighbour works there.", "It is not clear.", "I have moved away."):
        assert said in page
    anna.post(f"/administration/privacy/rights/correct/{Correction.all_tenants.get().id}/apply/")
    row = Restriction.all_tenants.get()
    anna.post(f"/administration/privacy/rights/restrict/{row.id}/agree/")
    assert "Restricted" in text(browser_of(acme, "bob").get("/voicemail/messages/"))
    assert "in force" in do("export")
    run_next()
    assert "outside-fetch" not in text(browser.get("/link/data/"))
    zipped = browser.get("/link/export.zip")
    assert zipped["Content-Type"] == "application/zip"
    assert "Kari Nilsen" in text(browser.get("/link/data/"))
    do("restrict-back", id=row.id)
    do("object-back", id=Objection.all_tenants.get().id)
    assert "Kari Nilsen" in text(browser_of(acme, "bob").get("/voicemail/messages/"))
    wish = ErasureWish.all_tenants.get()
    anna.post(f"/administration/privacy/rights/erase/{wish.id}/agree/")
    while run_next():
        pass
    assert not type(message).all_tenants.exists()
    assert browser.get("/link/data/").status_code == 404


def test_one_visit_reaches_nothing_of_others(acme: Company, beta: Company) -> None:
    theirs = opened(acme, "+4733000002")
    theirs.post("/link/data/correct/", {"key": "outside.name", "value": "Ole", "why": "x"})
    theirs.post("/link/data/object/", {"purpose": "history", "why": "x"})
    theirs.post("/link/data/restrict/", {"ground": "claims", "why": "x"})
    mine = opened(acme)
    for how, row in (("correct", Correction), ("object", Objection), ("restrict", Restriction)):
        answer = mine.post(f"/link/data/{how}-back/", {"id": row.all_tenants.get().id})
        assert answer.status_code == 404, how
    for key in ("people.name", "history.answered", ""):
        assert mine.post("/link/data/correct/", {"key": key, "value": "x", "why": "x"}).status_code == 404
    assert mine.post("/link/data/sudo/").status_code == 404
    assert mine.get("/link/export.zip").status_code == 404
    assert mine.get("/link/data/correct/").status_code == 405
    assert mine.get("/history/").status_code == 302, "it opens nothing else"


def test_kari_leaves_her_number_and_an_officer_gives_her_a_code(acme: Company, browser_of: Browsers) -> None:
    browser = Client(headers={"accept-language": "en"})
    wish = {"contact": "+47 22 00 00 01", "name": "Kari Nordmann", "form": form_of(browser)}
    assert "We call you" in text(browser.post("/privacy/acme/", wish))
    assert Case.all_tenants.get().contact == "+47 22 00 00 01"
    assert browser.post("/privacy/acme/", wish).status_code == 422, "a form counts once"
    bad = {"contact": "my phone", "name": "", "form": form_of(browser)}
    assert browser.post("/privacy/acme/", bad).status_code == 422
    anna = browser_of(acme, "anna")
    assert "Call it, and read the code out" in text(anna.get("/administration/privacy/requests/"))
    refused = anna.post("/administration/privacy/rights/link/", {"number": NUMBER, "verified": ""}, follow=True)
    assert "made sure" in text(refused)
    assert browser_of(acme, "bob").post("/administration/privacy/rights/link/", {"number": NUMBER}).status_code == 403
    page = text(anna.post("/administration/privacy/rights/link/", {"number": NUMBER, "verified": "Called back."}))
    code = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", page)[0]
    assert browser.post("/link/", {"code": code}).status_code == 302
    listed = text(anna.get("/administration/privacy/rights/"))
    assert "Called back." in listed
    assert code not in listed


@pytest.mark.browser
def test_the_door_and_what_is_behind_it_fit_and_have_no_barriers(browser: Browser, stage: Stage) -> None:
    acme = company("acme", "Acme AS", [("anna", "Anna Berg", "101", ["admin"]), ("bob", "Bob Lund", "102", [])])
    a_message(acme, "bob")
    code = links.do_give(acme["anna"], subject_of(acme.tenant.id, NUMBER), "Called back.")
    with visit(browser, stage) as seen:
        seen.go("/privacy/acme/")
        assert seen.barriers() == []
        seen.page.click("text=I have a code")
        seen.page.fill("#code", code.lower())
        seen.page.press("#code", "Enter")
        seen.page.wait_for_selector("text=Voice messages that they left")
        seen.page.fill("#object-why", "A neighbour works there.")
        seen.page.press("#object-why", "Enter")
        seen.page.wait_for_selector("text=Done.")
        for width in (1440, 768, 360):
            seen.page.set_viewport_size({"width": width, "height": 800})
            assert seen.overflow() == 0, width
        assert seen.barriers() == []
        seen.page.click("text=Close this page")
        seen.page.wait_for_selector("text=It is closed")
        assert seen.barriers() == []
        assert seen.complaints == []
