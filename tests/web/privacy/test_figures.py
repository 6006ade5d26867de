"""Works-council mode and usage statistics on pages, and the presets of the published policies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from tests.web.office import Company

from svara.privacy.figures import council
from svara.privacy.figures.models import Figure, Reveal, Use
from svara.privacy.policies import claims, presets
from svara.web import middleware

SignedIn = Callable[..., Client]
REASON = "three customers complained about waiting"


def page(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def choose(browser: Client, **more: object) -> None:
    assert browser.post("/administration/privacy/figures/", more).status_code == 302


def test_the_officer_switches_it_on_and_an_auditor_decides(acme: Company, browser_of: SignedIn) -> None:
    anna, bob, cecilie = (browser_of(acme, name) for name in ("anna", "bob", "cecilie"))
    assert bob.get("/administration/privacy/figures/").status_code == 403
    auditors = [acme["bob"].id, acme["dag"].id]
    choose(anna, council="on", auditors=auditors)
    assert council.choice_of(acme["anna"]).council
    choose(anna, auditors=[])
    assert council.choice_of(acme["anna"]).council, "an administrator alone does not lift it"
    assert "/statistics/ask/" not in page(anna.get("/statistics/")), "without calls there is nothing to ask about"
    assert cecilie.post("/statistics/ask/", {"person": "eva", "reason": REASON}).status_code == 302
    assert bob.post("/statistics/ask/", {"person": "eva", "reason": REASON}).status_code == 403
    assert cecilie.post("/statistics/ask/", {"person": "nobody", "reason": REASON}).status_code == 404
    cecilie.post("/statistics/ask/", {"person": "eva", "reason": "so"})
    assert Reveal.all_tenants.count() == 1
    asked = Reveal.all_tenants.get()
    assert "/administration/privacy/figures/" in page(bob.get("/profile/"))
    assert REASON in page(bob.get("/administration/privacy/figures/"))
    assert anna.post(f"/administration/privacy/figures/{asked.id}/decide/", {"agree": "yes"}).status_code == 403
    assert bob.post(f"/administration/privacy/figures/{asked.id}/decide/", {"agree": "yes"}).status_code == 302
    assert bob.post(f"/administration/privacy/figures/{asked.id}/decide/", {"agree": "no"}).status_code == 404
    assert council.revealed(acme["cecilie"]) == {acme["eva"].id}


@pytest.mark.claim("ADV-4")
def test_pages_that_are_opened_are_counted_only_where_the_company_wants_it(
    acme: Company, browser_of: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware.usage, "FLUSH_SECONDS", 0.0)
    bob = browser_of(acme, "bob")
    page(bob.get("/history/"))
    assert not Use.all_tenants.exists()
    choose(browser_of(acme, "anna"), usage="on")
    Use.all_tenants.all().delete()
    page(bob.get("/history/"))
    bob.get("/nothing-here/")
    bob.get("/history/records/", headers={"HX-Request": "true"})
    bob.get("/api/v1/me")
    [use] = Use.all_tenants.all()
    assert (use.page, use.times) == ("history", 1)
    assert acme["bob"].id not in use.pseudonym
    Figure.all_tenants.create(tenant=acme.tenant, week=date(2026, 11, 16), page="history", people=6, times=31)
    shown = page(browser_of(acme, "anna").get("/administration/privacy/figures/"))
    assert "<code>history</code>" in shown


def test_each_published_policy_is_shown_with_what_is_open(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    shown = page(anna.get("/administration/privacy/presets/"))
    for claim in claims.claims():
        assert f"<strong>{claim.id}</strong>" in shown
    rows = {row.claim.id: row for preset in presets.presets(acme.tenant.id) for row in preset.rows}
    assert rows["TB-10"].state == "open", "nobody has built SMS and chat"
    assert not rows["TB-10"].kept
    assert "open: not built or not proved" in shown
    assert browser_of(acme, "bob").get("/administration/privacy/presets/").status_code == 403


def test_a_preset_sets_what_can_be_set_and_claims_no_more(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    before = {row.claim.id: row for preset in presets.presets(acme.tenant.id) for row in preset.rows}
    assert [(setting.key, so) for setting, so in before["PHO-1"].settings] == [("recording-consent", False)]
    assert not before["PHO-1"].kept
    assert anna.post("/administration/privacy/presets/", {"preset": "phonect"}).status_code == 302
    assert anna.post("/administration/privacy/presets/", {"preset": "advoco"}).status_code == 302
    acme.tenant.refresh_from_db()
    assert acme.tenant.recording_rule == "consent"
    assert council.choice_of(acme["anna"]).usage
    after = {preset.key: preset for preset in presets.presets(acme.tenant.id)}
    assert after["phonect"].to_set == after["advoco"].to_set == ()
    assert "applied on " in page(anna.get("/administration/privacy/presets/"))
    assert {row.claim.id: row.state for row in after["tbcallsoft"].rows}["TB-10"] == "open"
    assert anna.post("/administration/privacy/presets/", {"preset": "google"}).status_code == 404


def test_the_privacy_officer_reads_presets_and_an_administrator_applies_them(acme: Company, browser_of: SignedIn) -> None:
    acme["dag"].roles = ["privacy-officer"]
    acme["dag"].save()
    dag = browser_of(acme, "dag")
    assert "Set what can be set" not in page(dag.get("/administration/privacy/presets/"))
    assert dag.post("/administration/privacy/presets/", {"preset": "phonect"}).status_code == 403
