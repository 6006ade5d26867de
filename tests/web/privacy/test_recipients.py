"""The officer's pages of recipients and of one person outside, as a browser meets them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser
from tests.web.browsing import WIDTHS, visit
from tests.web.office import Company, a_message, answered
from tests.web.stage import Stage

from svara.people.models import Trunk
from svara.privacy.functions.outside import do_record, subject_of
from svara.privacy.functions.registry import RECORDED_CALL
from svara.privacy.registers import recipients
from svara.privacy.registers.models import Case, ContactBasis, Disclosure, RecipientEntry
from svara.privacy.rights.jobs import run_next
from svara.privacy.rights.models import Job

SignedIn = Callable[..., Client]
KARI = "+4722000001"
PLACE = "/administration/privacy"
PARTNER = {"name": "Acme Holding AB", "purpose": "statistics", "data": "figures", "country": "SE", "role": "controller"}


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def a_trunk(company: Company) -> Trunk:
    return Trunk.all_tenants.create(
        tenant=company.tenant,
        name="itsp",
        address="sip:sip.itsp.test",
        register=False,
        priority=0,
        format="e164",
        identity="from",
        probe_seconds=30,
    )


@pytest.mark.claim("ADV-10")
def test_an_officer_completes_the_register(acme: Company, browser_of: SignedIn) -> None:
    trunk = a_trunk(acme)
    anna = browser_of(acme, "anna")
    page = text(anna.get(f"{PLACE}/recipients/"))
    assert "itsp, sip.itsp.test" in page
    assert "the country is not known" in page
    assert "take the trunk out of the administration" in page
    key = f"trunk:{trunk.id}"
    wrong = anna.post(f"{PLACE}/recipients/change/", {"how": "save", "key": key, "country": "Norway"})
    assert (wrong.status_code, "two letters" in text(wrong)) == (422, True)
    anna.post(f"{PLACE}/recipients/change/", {"how": "save", "key": key, "country": "NO", "role": "controller"})
    assert "the country is not known" not in text(anna.get(f"{PLACE}/recipients/"))
    added = anna.post(f"{PLACE}/recipients/change/", {"how": "add"} | PARTNER, follow=True)
    assert "confidentiality is not noted" in text(added)
    partner = RecipientEntry.all_tenants.get(kind="partner")
    closed = anna.post(f"{PLACE}/recipients/change/", {"how": "close", "key": partner.key}, follow=True)
    assert "closed: nothing goes there" in text(closed)
    refused = anna.post(f"{PLACE}/recipients/change/", {"how": "close", "key": key})
    assert refused.status_code == 422
    for given in ({"how": "save", "key": "nobody"}, {"how": "whatever", "key": key}, {}):
        assert anna.post(f"{PLACE}/recipients/change/", given).status_code == 404


@pytest.mark.claim("ADV-10")
def test_a_partner_gets_a_file_and_an_entry(acme: Company, browser_of: SignedIn) -> None:
    anna, day = browser_of(acme, "anna"), timezone.localdate() - timedelta(days=1)
    assert "There is nobody yet with whom data may be shared" in text(anna.get(f"{PLACE}/recipients/"))
    key = recipients.do_add(acme["anna"], PARTNER | {"confidential": "yes"}).key
    for number, who in enumerate(("bob", "cecilie", "dag", "eva", "filip")):
        answered(acme, "anna", who, ago_seconds=86400.0 + number)
    days = {"since": (day - timedelta(days=1)).isoformat(), "until": day.isoformat()}
    wanted = days | {"key": key, "what": "calls", "form": "csv"}
    answer = anna.post(f"{PLACE}/recipients/share/", wanted)
    assert "attachment" in answer["Content-Disposition"]
    assert len(text(answer).splitlines()) == 6
    assert "Bob" not in text(answer)
    assert "5 rows" in text(anna.get(f"{PLACE}/recipients/"))
    refused = anna.post(f"{PLACE}/recipients/share/", wanted | {"until": "2099-01-01"})
    assert (refused.status_code, "Choose days that are over" in text(refused)) == (422, True)
    assert anna.post(f"{PLACE}/recipients/share/", wanted | {"since": "2026-99-99"}).status_code == 422
    assert anna.post(f"{PLACE}/recipients/share/", wanted | {"key": "nobody"}).status_code == 404
    assert browser_of(acme, "bob").post(f"{PLACE}/recipients/share/", wanted).status_code == 403


@pytest.mark.claim("TB-7")
def test_an_officer_looks_at_somebody_outside(acme: Company, browser_of: SignedIn) -> None:
    a_message(acme, "bob")
    do_record(acme.tenant.id, subject_of(acme.tenant.id, KARI), RECORDED_CALL, agreed=True, how="key press")
    anna = browser_of(acme, "anna")
    assert "Why you look" in text(anna.get(f"{PLACE}/outside/"))
    looked = {"number": "22 00 00 01", "reason": "request"}
    page = text(anna.post(f"{PLACE}/outside/", looked))
    for words in (
        f"What is stored of {KARI}",
        "Voice messages that they left",
        "Keep voice messages for those to whom they were left",
        "legitimate interest, Article 6(1)(f) GDPR",
        "Recording of one call",
        "As the catalogue says:",
        "Erase: show what will go",
    ):
        assert words in page
    [receipt] = re.findall(r'href="([^"]+/outside/receipts/[^"]+)"', page)
    assert anna.get(receipt)["Content-Type"] == "application/ld+json"
    chosen = anna.post(f"{PLACE}/outside/basis/", looked | {"basis": "6.1.b", "note": "a customer"})
    assert "a customer" in text(chosen)
    assert ContactBasis.all_tenants.get().basis == "6.1.b"
    opened = anna.post(f"{PLACE}/outside/case/", looked | {"kind": "access", "text": "What do you know?"})
    assert "What do you know?" in text(opened)
    assert (Case.all_tenants.get().contact, Case.all_tenants.get().person) == (KARI, "")
    preview = text(anna.post(f"{PLACE}/erase/preview/", {"number": KARI}))
    assert "Voice messages that they left" in preview
    assert "On which legal basis the company deals with them" in preview


def test_what_cannot_be_is_told_in_words(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    for given, words in (
        ({"number": "Kari", "reason": "request"}, "Give a telephone number"),
        ({"number": KARI, "reason": "curiosity"}, "Say why you look."),
        ({}, "Say why you look."),
    ):
        answer = anna.post(f"{PLACE}/outside/", given)
        assert (answer.status_code, words in text(answer)) == (422, True)
    looked = {"number": KARI, "reason": "check"}
    no_consent = anna.post(f"{PLACE}/outside/basis/", looked | {"basis": "6.1.a", "note": "n"})
    assert (no_consent.status_code, "it has to come first" in text(no_consent)) == (422, True)
    assert anna.post(f"{PLACE}/outside/case/", looked | {"kind": "x", "text": "y"}).status_code == 422


def test_the_pages_are_the_officers(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    entry = recipients.do_add(acme["anna"], PARTNER)
    consent = do_record(acme.tenant.id, subject_of(acme.tenant.id, KARI), RECORDED_CALL, agreed=True, how="key press")
    bob, other = browser_of(acme, "bob"), browser_of(beta, "anna")
    for path in ("recipients/", "outside/", f"outside/receipts/{consent.id}"):
        assert bob.get(f"{PLACE}/{path}").status_code == 403
    for path in ("recipients/change/", "outside/", "outside/basis/", "outside/case/"):
        assert bob.post(f"{PLACE}/{path}", {"number": KARI, "reason": "check"}).status_code == 403
    assert other.post(f"{PLACE}/recipients/change/", {"how": "close", "key": entry.key}).status_code == 404
    assert other.get(f"{PLACE}/outside/receipts/{consent.id}").status_code == 404
    assert "Acme Holding" not in text(other.get(f"{PLACE}/recipients/"))
    theirs = text(other.post(f"{PLACE}/outside/", {"number": KARI, "reason": "check"}))
    nobodys = text(other.post(f"{PLACE}/outside/", {"number": "+4722999999", "reason": "check"}))
    strip = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"|\+4722\d+|nonce="[^"]+"')
    theirs, nobodys = (strip.sub("", page.partition("<main")[2]) for page in (theirs, nobodys))
    assert theirs == nobodys, "no hint whether another company knows the number"


@pytest.mark.claim("ONC-6")
def test_a_package_for_an_authority_is_made_and_fetched(acme: Company, browser_of: SignedIn) -> None:
    a_message(acme, "bob")
    acme["cecilie"].roles = ["privacy-officer"]
    acme["cecilie"].save()
    anna, cecilie = browser_of(acme, "anna"), browser_of(acme, "cecilie")
    asked = {
        "authority": "Oslo politidistrikt",
        "basis": "strpl. § 210",
        "scope": "Messages of May",
        "whose": f"bob\n{KARI}\n",
        "chapters": ["voicemail", "whatever"],
        "since": "2026-01-01",
    }
    anna.post(f"{PLACE}/authorities/", asked)
    anna.post(f"{PLACE}/authorities/", asked | {"whose": "nobody of ours"})
    anna.post(f"{PLACE}/authorities/", asked | {"since": "2026-13-77"})
    row = Disclosure.all_tenants.get()
    assert (row.chapters, row.concerned.count()) == (["voicemail"], 2)
    place = f"{PLACE}/authorities/{row.id}"
    anna.post(f"{place}/hand-out/", {"told": "yes"})
    assert not Job.all_tenants.exists()
    for browser in (anna, cecilie):
        browser.post(f"{place}/approve/")
    page = text(anna.get(f"{PLACE}/authorities/"))
    assert "2 people" in page
    assert "Make the package and hand it out" in page
    anna.post(f"{place}/hand-out/", {"why": "§ 242 a", "silent_until": "2099-01-01"})
    assert "The package is being made" in text(anna.get(f"{PLACE}/authorities/"))
    run_next()
    page = text(anna.get(f"{PLACE}/authorities/"))
    assert "SHA-256" in page
    fetched = anna.get(f"{place}.zip")
    assert b"".join(fetched).startswith(b"PK")
    assert cecilie.get(f"{place}.zip").status_code == 404
    cecilie.post(f"{place}/tell/")
    assert Disclosure.all_tenants.get().told
    assert "Oslo politidistrikt" in text(anna.get(f"{PLACE}/recipients/"))


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.claim("ADV-10")
@pytest.mark.claim("TB-7")
def test_the_pages_stand_at_every_width_without_barriers(browser: Browser, stage: Stage, acme: Company) -> None:
    a_trunk(acme)
    a_message(acme, "bob")
    recipients.do_add(acme["anna"], PARTNER | {"confidential": "yes"})
    do_record(acme.tenant.id, subject_of(acme.tenant.id, KARI), RECORDED_CALL, agreed=True, how="key press")
    for width in WIDTHS:
        with visit(browser, stage, width=width) as window:
            window.sign_in("anna@acme.test", f"{PLACE}/recipients/")
            page = window.page
            page.locator("main details summary").first.click()
            assert (window.overflow(), window.barriers()) == (0, [])
            window.picture(f"recipients-{width}")
            window.go(f"{PLACE}/outside/")
            page.fill("#number", "22 00 00 01")
            page.select_option("#reason", "request")
            page.press("#number", "Enter")
            page.wait_for_selector("#held-title")
            assert (window.overflow(), window.barriers()) == (0, [])
            page.select_option("#basis", "6.1.b")
            page.fill("#note", "a customer since 2019")
            page.press("#note", "Enter")
            page.wait_for_selector("text=a customer since 2019")
            window.picture(f"outside-{width}")
            window.go(f"{PLACE}/authorities/")
            assert (window.overflow(), window.barriers()) == (0, [])
            assert KARI not in "".join(window.requests)
            assert window.complaints == []
