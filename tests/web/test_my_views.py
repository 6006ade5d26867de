"""Who looked at my data: Bob reads on his own page, and over the API, what others saw of him."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.web import office
from tests.web.office import Company

from svara.people import actions
from svara.privacy import subject
from svara.privacy.audit import port
from svara.privacy.audit.port import OPERATOR, record, verify

Browsers = Callable[..., Client]


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.mark.claim("ONC-2")
def test_bob_reads_who_looked_at_his_calls(acme: Company, browser_of: Browsers) -> None:
    office.answered(acme, "dag", "bob", ago_seconds=60)
    browser_of(acme, "cecilie").get("/history/")
    browser_of(acme, "anna").get("/administration/people/item/bob/")
    record(acme.tenant.id, OPERATOR, "grant", subject.person(acme["bob"].id), "token")
    bob = browser_of(acme, "bob")
    page = text(bob.get("/my-data/views/"))
    for words in (
        "Cecilie",
        "Looked at a list of calls with yours in it",
        "as a supervisor",
        "Opened your settings in the administration",
        "Whoever runs the installation",
    ):
        assert words in page
    assert "Nobody has looked" in text(browser_of(acme, "eva").get("/my-data/views/"))


def test_ones_own_doing_is_not_there(acme: Company, browser_of: Browsers) -> None:
    actions.do_create_token(acme["bob"], "script")
    assert "Nobody has looked" in text(browser_of(acme, "bob").get("/my-data/views/"))


def test_days_are_chosen(acme: Company, browser_of: Browsers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "_now", lambda: timezone.now() - timedelta(days=10))
    record(acme.tenant.id, acme["anna"].id, "view", subject.person(acme["bob"].id), "person")
    bob = browser_of(acme, "bob")
    today = timezone.localdate()
    assert "Anna" in text(bob.get(f"/my-data/views/?until={today - timedelta(days=9)}")).split("<main")[1]
    assert "Nobody has looked" in text(bob.get(f"/my-data/views/?since={today - timedelta(days=3)}"))
    assert bob.get("/my-data/views/?since=nonsense&until=0001-01-01").status_code == 200
    assert bob.get("/my-data/views/?cursor=../1").status_code == 404


def test_many_are_read_page_by_page(acme: Company, browser_of: Browsers) -> None:
    for number in range(60):
        record(acme.tenant.id, acme["anna"].id, "change", subject.person(acme["bob"].id), "person", f"change-{number}")
    bob = browser_of(acme, "bob")
    first = json.loads(bob.get("/api/v1/me/views?limit=50").content)
    rest = json.loads(bob.get(f"/api/v1/me/views?limit=50&cursor={first['next']}").content)
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [50, 10, None]
    assert first["items"][0]["ref"] == "change-59"
    assert first["items"][0]["by"] == "anna"
    assert "cursor=" in text(bob.get("/my-data/views/"))


def test_a_colleague_in_another_company_sees_nothing_of_it(acme: Company, beta: Company, browser_of: Browsers) -> None:
    record(acme.tenant.id, acme["anna"].id, "view", subject.person(acme["bob"].id), "person")
    name = next(iter(beta.people))
    assert json.loads(browser_of(beta, name).get("/api/v1/me/views").content)["items"] == []


def test_it_is_told_in_the_readers_language(acme: Company, browser_of: Browsers) -> None:
    record(acme.tenant.id, acme["anna"].id, "view", subject.person(acme["bob"].id), "person", "", "admin")
    page = text(browser_of(acme, "bob", **{"accept-language": "sv"}).get("/my-data/views/"))
    assert "Öppnade dina inställningar i administrationen" in page
    assert verify(acme.tenant.id) is None
