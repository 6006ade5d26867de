"""Asking and complaining, in the browser: Bob, somebody outside, and the officers; and authorities that want data."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from tests.web.office import Company

from svara.privacy.audit.models import Entry
from svara.privacy.registers import cases
from svara.privacy.registers.models import Case, Disclosure
from svara.privacy.registers.reminders import remind

Browsers = Callable[..., Client]


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.mark.claim("ONC-9")
@pytest.mark.claim("PHO-15")
def test_bob_complains_and_is_answered(acme: Company, browser_of: Browsers) -> None:
    bob, anna = browser_of(acme, "bob"), browser_of(acme, "anna")
    assert "Datatilsynet" in text(bob.get("/my-data/requests/"))
    bob.post("/my-data/requests/", {"kind": "complaint", "text": "My calls are listened to."})
    case = Case.of(acme["bob"]).get()
    assert case.due_on > timezone.localdate() + timedelta(days=27)
    page = text(anna.get("/administration/privacy/requests/"))
    assert "My calls are listened to." in page
    assert acme["bob"].name in page
    anna.post(f"/administration/privacy/requests/{case.id}/", {"how": "extend", "text": "We ask the supplier."})
    extended = Case.of(acme["bob"]).get()
    assert extended.due_on > case.due_on
    anna.post(f"/administration/privacy/requests/{case.id}/", {"how": "answer", "text": "Not any more."})
    mine = text(bob.get("/my-data/requests/"))
    assert "Not any more." in mine
    assert "We ask the supplier." in mine
    twice = anna.post(f"/administration/privacy/requests/{case.id}/", {"how": "answer", "text": "Again."}, follow=True)
    assert "answered already" in text(twice)
    acts = list(Entry.of(acme["bob"]).filter(what__startswith="case").values_list("act", "what"))
    assert acts == [("create", "case"), ("view", "cases"), ("change", "case"), ("change", "case"), ("view", "cases")]


@pytest.mark.parametrize("given", [{"kind": "complaint", "text": " "}, {"kind": "nonsense", "text": "x"}])
def test_what_says_nothing_is_told_so(acme: Company, browser_of: Browsers, given: dict[str, str]) -> None:
    assert browser_of(acme, "bob").post("/my-data/requests/", given).status_code == 422
    assert not Case.all_tenants.exists()


def form_of(browser: Client, slug: str = "acme", seconds_ago: int = 60) -> str:
    """The form as somebody gets it who opened it a minute ago."""
    page = text(browser.get(f"/privacy/{slug}/ask/"))
    nonce = cases._signer.unsign(re.findall(r'name="form" value="([^"]+)"', page)[0])
    secret, _, at = nonce.rpartition("-")
    return cases._signer.sign(f"{secret}-{int(at) - seconds_ago}")


KARI = {"kind": "erase", "text": "Please erase me.", "name": "Kari Nordmann", "contact": "kari@example.com"}


@pytest.mark.claim("PHO-15")
def test_somebody_outside_asks_without_a_login(acme: Company, browser_of: Browsers) -> None:
    outside = Client(headers={"accept-language": "nb"})
    answer = outside.post("/privacy/acme/ask/", KARI | {"form": form_of(outside)})
    assert "Takk" in text(answer)
    case = Case.all_tenants.get()
    assert (case.person, case.contact, case.kind) == ("", "kari@example.com", "erase")
    assert "kari@example.com" in text(browser_of(acme, "anna").get("/administration/privacy/requests/"))
    assert outside.get("/privacy/nobody/ask/").status_code == 404


def test_programs_get_nowhere(acme: Company) -> None:
    """A form that was sent before, at once, a day later, forged, or with the field that nobody sees."""
    outside = Client(headers={"accept-language": "en"})
    form = form_of(outside)
    assert outside.post("/privacy/acme/ask/", KARI | {"form": form}).status_code == 200
    bad = [form, form_of(outside, seconds_ago=0), form_of(outside, seconds_ago=90_000), form[:-1] + "x", "", "a-b:c"]
    for each in bad:
        assert outside.post("/privacy/acme/ask/", KARI | {"form": each}).status_code == 422
    assert outside.post("/privacy/acme/ask/", KARI | {"form": form_of(outside), "website": "x"}).status_code == 200
    no_address = KARI | {"form": form_of(outside), "contact": "nobody"}
    assert outside.post("/privacy/acme/ask/", no_address).status_code == 422
    assert Case.all_tenants.count() == 1


def test_a_flood_is_bounded(acme: Company) -> None:
    outside = Client()
    told = [outside.post("/privacy/acme/ask/", KARI | {"form": form_of(outside)}).status_code for _ in range(25)]
    assert told == [200] * cases.MAX_OUTSIDE_AN_HOUR + [422] * 5


def test_officers_are_reminded(acme: Company, settings: Any) -> None:
    settings.EMAIL_HOST = "localhost"
    bob = acme["bob"]
    cases.do_open(bob, cases.Office(acme.tenant.id, "NO", "Europe/Oslo"), "question", "Secret words")
    case, now = Case.all_tenants.get(), timezone.now().timestamp()
    assert [remind(now), remind(now + 3600)] == [1, 0]
    assert [sent.to for sent in mail.outbox] == [["anna@acme.test"]]
    assert "Secret" not in mail.outbox[0].subject + mail.outbox[0].body
    late = now + ((case.due_on - timezone.localdate()).days - 5) * 86400
    assert [remind(late), remind(late + 3600)] == [1, 0]
    assert len(mail.outbox) == 2


ASKED = {"authority": "Oslo politidistrikt", "reference": "17/26", "basis": "straffeprosessloven § 210", "scope": "Call c1"}


@pytest.mark.claim("ONC-6")
def test_nothing_is_disclosed_before_two_have_approved(acme: Company, browser_of: Browsers) -> None:
    acme["cecilie"].roles = ["privacy-officer"]
    acme["cecilie"].save()
    anna, cecilie = browser_of(acme, "anna"), browser_of(acme, "cecilie")
    anna.post("/administration/privacy/authorities/", ASKED)
    place = f"/administration/privacy/authorities/{Disclosure.all_tenants.get().id}"

    def after(browser: Client, how: str, **given: str) -> str:
        browser.post(f"{place}/{how}/", given)
        return Disclosure.all_tenants.get().state

    assert after(anna, "disclose", told="yes") == "asked"
    assert after(anna, "approve") == after(anna, "approve") == "asked"
    assert after(anna, "disclose", told="yes") == "asked"
    assert after(cecilie, "approve") == "approved"
    assert after(cecilie, "disclose") == "approved"
    assert after(cecilie, "disclose", why="§ 242 a") == "disclosed"
    assert after(anna, "refuse") == "disclosed"
    page = text(anna.get("/administration/privacy/authorities/"))
    assert "§ 242 a" in page
    assert re.search(r"Disclosed</dt><dd>1<", page)
    acts = list(Entry.of(acme["anna"]).filter(what="disclosure").values_list("act", flat=True))
    assert acts == ["create", "approve", "approve", "disclose"]


def test_a_refused_one_stays_refused(acme: Company, browser_of: Browsers) -> None:
    anna = browser_of(acme, "anna")
    anna.post("/administration/privacy/authorities/", ASKED)
    anna.post("/administration/privacy/authorities/", ASKED | {"basis": " "})
    row = Disclosure.all_tenants.get()
    for how in ("refuse", "approve", "disclose"):
        anna.post(f"/administration/privacy/authorities/{row.id}/{how}/", {"told": "yes"})
    assert Disclosure.all_tenants.get().state == "refused"
    assert anna.post(f"/administration/privacy/authorities/{row.id}/open/").status_code == 404


def test_another_companys_officers_and_members_reach_nothing(acme: Company, beta: Company, browser_of: Browsers) -> None:
    bob, anna = browser_of(acme, "bob"), browser_of(acme, "anna")
    bob.post("/my-data/requests/", {"kind": "question", "text": "What is stored?"})
    anna.post("/administration/privacy/authorities/", ASKED)
    case, row = Case.all_tenants.get(), Disclosure.all_tenants.get()
    stranger = next(account for account in beta.people.values() if account.has_role("admin"))
    other = browser_of(beta, stranger.username)
    assert other.post(f"/administration/privacy/requests/{case.id}/", {"text": "x"}).status_code == 404
    assert other.post(f"/administration/privacy/authorities/{row.id}/approve/").status_code == 404
    assert "What is stored?" not in text(other.get("/administration/privacy/requests/"))
    assert "Oslo politidistrikt" not in text(other.get("/administration/privacy/authorities/"))
    for path in ("requests/", "authorities/"):
        assert bob.get(f"/administration/privacy/{path}").status_code == 403
    assert bob.post(f"/administration/privacy/requests/{case.id}/", {"text": "x"}).status_code == 403
    assert bob.post(f"/administration/privacy/authorities/{row.id}/approve/").status_code == 403
    assert not Case.all_tenants.get().answered_at
    assert Disclosure.all_tenants.get().approvals == []
