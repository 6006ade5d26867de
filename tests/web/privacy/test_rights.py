"""Correcting, objecting and restricting, in the browser: Bob's own page, and the officer's."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser
from tests.web.browsing import visit
from tests.web.office import Company, answered, company
from tests.web.stage import Stage

from svara.people.models import Account
from svara.privacy.rights import objections, restriction
from svara.privacy.rights.asked import Correction, Objection, Restriction
from svara.privacy.subject import person

Browsers = Callable[..., Client]


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.mark.claim("ADV-13")
@pytest.mark.claim("PHO-14")
def test_bob_corrects_his_name_and_asks_for_another_extension(acme: Company, browser_of: Browsers) -> None:
    bob, anna = browser_of(acme, "bob"), browser_of(acme, "anna")
    page = text(bob.get("/my-data/rights/"))
    assert "Bob Lund" in page
    done = text(bob.post("/my-data/rights/correct/", {"key": "people.name", "value": "Bob Lunde"}, follow=True))
    assert "It is in effect now" in done
    assert "from “Bob Lund” to “Bob Lunde”" in done
    assert "colleagues" in done, "who had the value before"
    refused = bob.post("/my-data/rights/correct/", {"key": "people.extension", "value": "177"})
    assert refused.status_code == 422
    assert "Say why." in text(refused)
    bob.post("/my-data/rights/correct/", {"key": "people.extension", "value": "177", "why": "It stands on my card."})
    row = Correction.of(acme["bob"]).get(state="waiting")
    page = text(anna.get("/administration/privacy/rights/"))
    assert "It stands on my card." in page
    assert "answer due by" in page
    assert "Bob Lunde" in page
    anna.post(f"/administration/privacy/rights/correct/{row.id}/apply/", {"answer": "With pleasure."})
    assert Account.all_tenants.get(pk=acme["bob"].pk).extension == "177"
    assert "With pleasure." in text(bob.get("/my-data/rights/"))
    anna.post(f"/administration/privacy/rights/correct/{row.id}/told/")
    assert "told on" in text(bob.get("/my-data/rights/"))


def test_the_link_to_a_new_address_counts_once_and_for_bob_alone(acme: Company, browser_of: Browsers, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.test"
    bob = browser_of(acme, "bob")
    bob.post("/my-data/rights/correct/", {"key": "people.email", "value": "bob@new.test"})
    [letter] = mail.outbox
    assert letter.to == ["bob@new.test"]
    link = re.findall(r"https?://[^/]+(/my-data/rights/confirm/\S+)", letter.body)[0]
    assert bob.get(link).status_code == 200
    assert Account.all_tenants.get(pk=acme["bob"].pk).email == "bob@acme.test", "looking is not agreeing"
    assert Client().post(link).status_code == 302
    browser_of(acme, "dag").post(link)
    assert Account.all_tenants.get(pk=acme["bob"].pk).email == "bob@acme.test"
    assert "in effect now" in text(bob.post(link, follow=True))
    assert Account.all_tenants.get(pk=acme["bob"].pk).email == "bob@new.test"
    assert "was used" in text(bob.post(link, follow=True))


@pytest.mark.claim("ADV-13")
def test_bob_objects_and_the_officer_needs_grounds(acme: Company, browser_of: Browsers) -> None:
    bob, anna = browser_of(acme, "bob"), browser_of(acme, "anna")
    assert bob.post("/my-data/rights/object/", {"purpose": "statistics", "reason": ""}).status_code == 422
    page = text(bob.post("/my-data/rights/object/", {"purpose": "statistics", "reason": "Mine alone."}, follow=True))
    assert "It is stopped." in page
    assert "stopped until it is decided" in page
    row = Objection.of(acme["bob"]).get()
    path = f"/administration/privacy/rights/object/{row.id}/"
    assert "compelling grounds" in text(anna.post(f"{path}refuse/", {"answer": ""}, follow=True))
    assert person(acme["bob"].id) in objections.objected(acme.tenant.id, "statistics")
    anna.post(f"{path}uphold/", {"answer": ""})
    assert Objection.of(acme["bob"]).get().state == "upheld"
    bob.post(f"/my-data/rights/object/{row.id}/withdraw/")
    assert objections.objected(acme.tenant.id, "statistics") == frozenset()


def test_bob_is_restricted_and_others_do_not_see_who_it_was(acme: Company, browser_of: Browsers) -> None:
    call = answered(acme, "bob", "dag", ago_seconds=3600)
    bob, anna, dag = browser_of(acme, "bob"), browser_of(acme, "anna"), browser_of(acme, "dag")
    assert "Bob Lund" in text(dag.get(f"/history/{call}/"))
    bob.post("/my-data/rights/restrict/", {"ground": "accuracy", "reason": "The dates are wrong."})
    row = Restriction.of(acme["bob"]).get()
    anna.post(f"/administration/privacy/rights/restrict/{row.id}/agree/")
    assert restriction.is_restricted(acme.tenant.id, person(acme["bob"].id))
    for path in (f"/history/{call}/", "/history/records/", "/"):
        shown = text(dag.get(path))
        if path != "/":
            assert "Restricted" in shown, path
            assert "Bob Lund" not in shown, path
    assert "they are kept and not used" in text(bob.get("/my-data/rights/"))
    preview = text(anna.post("/administration/privacy/erase/preview/", {"username": "bob"}))
    assert "restricted" in preview
    anna.post(f"/administration/privacy/rights/restrict/{row.id}/lift/", {"answer": ""})
    assert restriction.is_restricted(acme.tenant.id, person(acme["bob"].id)), "not before he was told"
    assert "ends on" in text(bob.get("/my-data/rights/"))
    assert restriction.lift_due(timezone.now() + restriction.NOTICE * 2) == 1
    assert "Bob Lund" in text(dag.get(f"/history/{call}/"))


def test_an_officer_restricts_and_corrects_somebody_outside_by_number(acme: Company, browser_of: Browsers) -> None:
    anna = browser_of(acme, "anna")
    wish = {"number": "+47 22 00 00 01", "ground": "claims", "reason": "A dispute.", "until": ""}
    anna.post("/administration/privacy/rights/restrict/", wish)
    page = text(anna.get("/administration/privacy/rights/"))
    assert "Somebody outside" in page
    assert "A dispute." in page
    missing = {"key": "outside.name", "value": "Kari Nilsen", "why": "She says so."}
    assert "Say whom." in text(anna.post("/administration/privacy/rights/correct/", missing, follow=True))
    nobody = missing | {"username": "ghost"}
    assert "nobody of that user name" in text(anna.post("/administration/privacy/rights/correct/", nobody, follow=True))
    page = text(anna.post("/administration/privacy/rights/correct/", missing | {"number": "+4722000001"}, follow=True))
    assert "to “Kari Nilsen”" in page


def test_nobody_but_officers_gets_there_and_no_id_of_another_company_works(
    acme: Company, beta: Company, browser_of: Browsers
) -> None:
    bosse = browser_of(beta, "bosse")
    bosse.post("/my-data/rights/correct/", {"key": "people.extension", "value": "199", "why": "x"})
    bosse.post("/my-data/rights/object/", {"purpose": "history", "reason": "x"})
    bosse.post("/my-data/rights/restrict/", {"ground": "claims", "reason": "x"})
    rows = {
        "correct": (Correction.of(beta["bosse"]).get().id, ("apply", "refuse", "told")),
        "object": (Objection.of(beta["bosse"]).get().id, ("uphold", "refuse")),
        "restrict": (Restriction.of(beta["bosse"]).get().id, ("agree", "refuse", "lift")),
    }
    anna, bob = browser_of(acme, "anna"), browser_of(acme, "bob")
    for kind, (row, steps) in rows.items():
        for step in (*steps, "delete"):
            path = f"/administration/privacy/rights/{kind}/{row}/{step}/"
            assert anna.post(path, {"answer": "x"}).status_code == 404, path
            assert bob.post(path, {"answer": "x"}).status_code == 403, path
            assert anna.get(path).status_code == 405, path
    own = {"correct": "take-back", "object": "withdraw", "restrict": "end"}
    for kind, step in own.items():
        path = f"/my-data/rights/{kind}/{rows[kind][0]}/{step}/"
        assert bob.post(path).status_code == 404, path
        assert bosse.post(path).status_code == 302, path
    for path in ("", "rules/", "correct/", "restrict/"):
        assert bob.post(f"/administration/privacy/rights/{path}").status_code in {403, 405}, path


@pytest.mark.browser
def test_both_pages_fit_and_have_no_barriers(browser: Browser, stage: Stage) -> None:
    acme = company("acme", "Acme AS", [("anna", "Anna Berg", "101", ["admin"]), ("bob", "Bob Lund", "102", [])])
    bob = acme["bob"]
    objections.do_object(bob, "statistics", "Every figure is mine, " * 10)
    restriction.do_restrict(acme["anna"], person(bob.id), "claims", "A dispute that takes its time.")
    with visit(browser, stage) as seen:
        seen.sign_in("bob", "/my-data/rights/")
        seen.page.fill("#value-1", "Bob Lunde-Østby")
        seen.page.press("#value-1", "Enter")
        seen.page.wait_for_selector("text=from “Bob Lund” to")
        seen.page.fill("#why-5", "It stands on my card.")
        seen.page.fill("#value-5", "177")
        seen.page.press("#value-5", "Enter")
        seen.page.wait_for_selector("text=waits for the privacy officer")
        for width in (1440, 768, 360):
            seen.page.set_viewport_size({"width": width, "height": 800})
            assert seen.overflow() == 0, width
        assert seen.barriers() == []
        assert seen.complaints == []
    with visit(browser, stage, width=360, scheme="dark") as officer:
        officer.sign_in("anna", "/administration/privacy/rights/")
        assert officer.overflow() == 0
        assert officer.barriers() == []
        officer.page.click("text=Correct it >> nth=0")
        officer.page.wait_for_selector("text=Done.")
        assert officer.complaints == []
    assert Account.all_tenants.get(pk=bob.pk).extension == "177"
