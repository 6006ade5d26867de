"""My data: Bob switches functions, keeps receipts, has things erased; the officer sees counts; all cookies are listed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import APIResponse, Browser, expect
from tests.history import stories
from tests.web.browsing import visit
from tests.web.office import Company
from tests.web.stage import Stage
from tests.web.test_browser import pages_of
from tests.web.test_pages import text
from tests.web.test_queue_pages import KARI, as_story

from svara.privacy.functions import asking, port, receipts, registry
from svara.privacy.functions.models import Consent
from svara.privacy.functions.registry import CALL_RECORDING, FUNCTIONS, STATISTICS
from svara.web.pages.privacy.cookies import all_cookies
from svara.web.urls import urlpatterns

SignedIn = Callable[..., Client]


@pytest.mark.claim("PHO-1")
@pytest.mark.claim("ADV-13")
def test_bob_agrees_keeps_the_receipt_changes_his_mind_and_has_it_erased(acme: Company, browser_of: SignedIn) -> None:
    told = as_story(acme)
    stories.queue_of(told, "bob")
    bob = browser_of(acme, "bob")
    before = text(bob.get("/my-data/functions/"))
    assert before.count("I agree: switch on") == sum(function.available for function in FUNCTIONS.values())
    assert "Erase what was collected" not in before
    assert "is on." in text(bob.post("/my-data/functions/statistics/", {"enabled": "yes"}, follow=True))
    stories.happened(stories.queue_call(told, KARI, [("bob", "answered")], call="q1"))
    after = text(bob.get("/my-data/functions/"))
    assert "2 records" in after
    [receipt] = set(re.findall(r'"(/my-data/receipts/[0-9a-f]+)"', after))
    kept = bob.get(receipt)
    assert kept["Content-Type"] == "application/ld+json"
    assert receipts.check(json.loads(kept.content)).in_force
    assert browser_of(acme, "anna").get(receipt).status_code == 404
    withdrawn = text(bob.post("/my-data/functions/statistics/", {"enabled": "no"}, follow=True))
    assert "is off." in withdrawn
    assert "Erase what was collected" in withdrawn
    assert not port.enabled(acme["bob"].id, STATISTICS)
    assert "2 records are erased." in text(bob.post("/my-data/functions/statistics/erase/", follow=True))
    assert not receipts.check(json.loads(kept.content)).in_force


def test_nobody_switches_anothers_function_or_one_that_is_not_there(acme: Company, browser_of: SignedIn) -> None:
    assert Client().post("/my-data/functions/statistics/", {"enabled": "yes"}).status_code == 302
    bob = browser_of(acme, "bob")
    for key in ("caller_lookup", "mind_reading"):
        assert bob.post(f"/my-data/functions/{key}/", {"enabled": "yes"}).status_code == 404
    assert bob.get("/my-data/functions/statistics/").status_code == 405
    assert not Consent.all_tenants.exists()


def test_bob_reads_what_the_company_records_without_asking_him(acme: Company, browser_of: SignedIn) -> None:
    queue = stories.queue_of(as_story(acme), "bob")
    queue.record = True
    queue.save()
    words = "recorded by your company, whatever you choose here: support"
    assert words in text(browser_of(acme, "bob").get("/my-data/functions/"))
    assert words not in text(browser_of(acme, "eva").get("/my-data/functions/"))


@pytest.mark.claim("PHO-1")
def test_a_changed_text_asks_again_on_every_page(
    acme: Company, browser_of: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for username in ("bob", "eva"):
        port.do_switch(acme[username], STATISTICS, True)
    port.do_switch(acme["eva"], STATISTICS, False)
    newer = {**FUNCTIONS, STATISTICS: replace(FUNCTIONS[STATISTICS], text_version=2)}
    for module in (registry, port, asking):
        monkeypatch.setattr(module, "FUNCTIONS", newer)
    banner = "is off until you decide anew: My own figures in statistics"
    bob = browser_of(acme, "bob")
    assert banner in text(bob.get("/"))
    assert asking.ask_again() == 1
    assert asking.ask_again() == 0
    assert banner in text(bob.get("/history/"))
    page = text(bob.get("/my-data/functions/"))
    assert "The text has changed since you agreed" in page
    assert "Asked anew, because the text has changed" in page
    bob.post("/my-data/functions/statistics/", {"enabled": "no"})
    assert banner not in text(bob.get("/"))
    assert Consent.of(acme["bob"]).order_by("-number")[0].decision == "withdrawn"
    assert banner not in text(browser_of(acme, "eva").get("/"))


def test_the_privacy_officer_sees_counts_of_groups_that_name_nobody(acme: Company, browser_of: SignedIn) -> None:
    """Of eight people one agrees, then five, then all but three."""
    officer = browser_of(acme, "anna")

    def row(key: str) -> str:
        page = text(officer.get("/administration/privacy/functions/"))
        return page[page.index(FUNCTIONS[key].text.title) :][:600]

    people = list(acme.people.values())
    assert ">0<" in row(STATISTICS)
    port.do_switch(people[0], STATISTICS, True)
    assert "too few people to show" in row(STATISTICS)
    for person in people:
        port.do_switch(person, CALL_RECORDING, True)
    assert ">8<" in row(CALL_RECORDING)
    for person in people[:3]:
        port.do_switch(person, CALL_RECORDING, False)
    assert "too few people to show" in row(CALL_RECORDING)
    assert browser_of(acme, "bob").get("/administration/privacy/functions/").status_code == 403


@pytest.mark.claim("TB-7")
def test_what_the_company_says_of_recordings_is_read_by_the_staff(acme: Company, browser_of: SignedIn) -> None:
    officer, notice = browser_of(acme, "anna"), {"kind": "recording", "language": "en", "text": "For <training> only."}
    acme.tenant.languages = ["en", "nb"]
    acme.tenant.save()
    assert officer.post("/administration/privacy/notices/", notice).status_code == 302
    assert "version 1" in text(officer.get("/administration/privacy/notices/"))
    assert "For &lt;training&gt; only." in text(browser_of(acme, "bob").get("/my-data/functions/"))
    assert officer.post("/administration/privacy/notices/", {**notice, "kind": "war"}).status_code == 422
    assert browser_of(acme, "bob").post("/administration/privacy/notices/", notice).status_code == 403


# --- cookies


@pytest.mark.claim("ADV-5")
def test_the_cookies_are_listed_for_everybody(acme: Company, browser_of: SignedIn) -> None:
    for page in (text(Client().get("/cookies/")), text(browser_of(acme, "bob").get("/cookies/"))):
        for name in ("sessionid", "csrftoken", "django_language", "messages"):
            assert f"<strong>{name}</strong>" in page
        assert "for 14 days" in page


@pytest.mark.browser
@pytest.mark.claim("ADV-5")
@pytest.mark.claim("TB-8")
def test_no_page_sets_another_cookie_keeps_anything_else_or_asks_anybody_else(
    browser: Browser, stage: Stage, acme: Company
) -> None:
    """Anna opens every page that has an address of its own, before and after signing in."""
    own = [f"/{pattern.pattern}" for pattern in urlpatterns if "<" not in str(pattern.pattern)]
    listed = {cookie.name for cookie in all_cookies()}
    met: set[str] = set()
    with visit(browser, stage) as window:

        def look(path: str) -> None:
            window.go(path)
            met.update(str(cookie["name"]) for cookie in window.page.context.cookies())
            assert met <= listed, path
            assert window.page.evaluate("localStorage.length + sessionStorage.length") == 0, path
            assert {urlsplit(address).netloc for address in window.requests} == {urlsplit(stage.url).netloc}, path

        for path in ("/", "/cookies/", "/sign-in/"):
            look(path)
        assert "sessionid" not in met
        with window.page.expect_navigation():
            window.page.select_option("select[name=language]", "sv")
        window.sign_in("anna@acme.test")
        ask = window.page.context.request
        others = [path for path in own if path in ("/api/", "/sign-out/") or no_page(ask.get(stage.url + path))]
        pages = [path for path in own if path not in others]
        assert len(pages) > 12
        for path in (*pages, *pages_of(acme).values()):
            look(path)
    assert {"csrftoken", "sessionid", "django_language"} <= met


def no_page(answer: APIResponse) -> bool:
    """Nothing to be looked at: it only takes something, asks for a password of its own, or is a file to be kept."""
    return answer.status in {401, 405} or answer.headers.get("content-disposition", "").startswith("attachment")


@pytest.mark.browser
@pytest.mark.claim("PHO-1")
def test_anna_switches_with_the_keyboard_on_a_phone(browser: Browser, stage: Stage, acme: Company) -> None:
    with visit(browser, stage, width=360) as window:
        window.sign_in("anna@acme.test", "/my-data/functions/")
        page = window.page
        expect(page.get_by_role("heading", name="Functions that use my data")).to_be_visible()
        page.get_by_role("button", name="I agree: switch on").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#statistics .badge")).to_have_text("On")
        page.locator("#statistics").get_by_role("button", name="Switch off").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#statistics .badge")).to_have_text("Off")
        assert window.overflow() == 0
        assert window.barriers() == []
        window.picture("my-data-360")
