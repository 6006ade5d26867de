"""The pages of one's own statistics and of the company's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.web import office
from tests.web.office import Company

from svara.privacy.rights import objections

SignedIn = Callable[[Company, str], Client]


def text(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.mark.claim("ADV-6")
def test_everybody_has_figures_of_their_own_calls(acme: Company, browser_of: SignedIn) -> None:
    office.a_busy_week(acme)
    bob = browser_of(acme, "bob")
    page = text(bob.get("/statistics/mine/", {"span": "month"}))
    assert "Nobody but you sees these figures" in page
    assert page.count('<svg class="chart"') == 2, "by day and by hour"
    assert "1 answered, 0 missed" in page
    assert 'href="/statistics/mine/"' in text(bob.get("/"))
    assert "1 h 2 min" in page or "1 h" in page
    today = text(bob.get("/statistics/mine/", {"span": "today"}))
    assert today.count('<svg class="chart"') <= 1
    assert "My statistics" in text(bob.get("/history/"))


def test_who_made_no_calls_is_told_so(acme: Company, browser_of: SignedIn) -> None:
    assert "No calls in this time" in text(browser_of(acme, "hakon").get("/statistics/mine/"))


def test_a_year_is_drawn_by_week_and_ten_years_are_too_many(acme: Company, browser_of: SignedIn) -> None:
    office.a_busy_week(acme)
    bob = browser_of(acme, "bob")
    assert "By week" in text(bob.get("/statistics/mine/", {"span": "year"}))
    assert "at most 400 days" in text(bob.get("/statistics/mine/", {"since": "2015-01-01", "until": "2026-01-01"}))
    for nonsense in ({"since": "x"}, {"span": "eternity"}, {"since": "2026-11-22", "until": "2020-01-01"}):
        assert "7 days" in text(bob.get("/statistics/mine/", nonsense))


def test_who_objected_reads_that_nothing_is_counted(acme: Company, browser_of: SignedIn) -> None:
    office.a_busy_week(acme)
    objections.do_object(acme["bob"], "statistics", "I do not want it")
    page = text(browser_of(acme, "bob").get("/statistics/mine/", {"span": "month"}))
    assert "Nothing is counted about you" in page
    assert '<svg class="chart"' not in page


def test_the_company_is_for_administrators_alone(acme: Company, beta: Company, browser_of: SignedIn) -> None:
    office.a_busy_week(acme)
    page = text(browser_of(acme, "anna").get("/statistics/company/", {"span": "month"}))
    assert "Between colleagues" in page
    assert not any(person.name in page for name, person in acme.people.items() if name != "anna")
    assert "No calls in this time" in text(browser_of(beta, "anna").get("/statistics/company/"))
    for who in ("bob", "cecilie"):
        assert browser_of(acme, who).get("/statistics/company/").status_code == 404
    nav = text(browser_of(acme, "cecilie").get("/statistics/mine/"))
    assert 'href="/statistics/company/"' not in nav
    assert 'href="/statistics/"' in nav


def test_a_day_alone_has_no_chart_of_days(acme: Company, browser_of: SignedIn) -> None:
    office.answered(acme, "bob", "anna", ago_seconds=2 * 86400)
    day = (timezone.localdate() - timedelta(days=2)).isoformat()
    page = text(browser_of(acme, "bob").get("/statistics/mine/", {"since": day, "until": day}))
    assert page.count('<svg class="chart"') <= 1
