"""The pages about queues: missed callers and statistics."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from openpyxl import load_workbook
from tests.history import stories
from tests.web.office import Company
from tests.web.test_pages import text

from svara.calls.events import Party
from svara.history.missed import SHOWN
from svara.privacy.functions.registry import STATISTICS
from svara.web.chart import HEIGHT, Bar, bars

SignedIn = Callable[..., Client]
KARI = Party(number="+4722000001", name="Kari Nordmann")
FORMULA = "=HYPERLINK(1)"


def as_story(company: Company) -> stories.Company:
    return stories.Company(company.tenant, company.people)


@pytest.fixture
def queued(acme: Company) -> Company:
    """Eva works in support: she took one call, and Kari gave up an hour ago."""
    told = as_story(acme)
    stories.queue_of(told, "eva")
    stories.queue_of(told, name=FORMULA)
    stories.agreed(told, STATISTICS, "eva")
    now = time.time()
    stories.happened(
        stories.queue_call(told, KARI, [("eva", "no answer")], call="q1", at=now - 3600),
        stories.queue_call(told, Party(number="+4722000002"), [("eva", "answered")], call="q2", at=now - 1800),
        stories.queue_call(told, Party(number="+4722000003"), [], call="q3", at=now - 900, queue=FORMULA),
    )
    return acme


@pytest.mark.claim("PHO-4")
def test_eva_claims_a_missed_caller_and_gives_back_and_marks_as_done(queued: Company, browser_of: SignedIn) -> None:
    eva = browser_of(queued, "eva")
    page = text(eva.get("/missed-callers/"))
    assert "Kari Nordmann" in page
    assert "waited 15 s" in page
    change = {"HTTP_HX_REQUEST": "true"}
    assert "claimed by you" in text(eva.post("/missed-callers/q1/claim/", **change))
    refused = browser_of(queued, "anna").post("/missed-callers/q1/claim/", **change)
    assert refused.status_code == 409
    assert "A colleague has claimed this caller already" in refused.content.decode()
    assert "claimed by you" not in text(eva.post("/missed-callers/q1/release/", **change))
    done = text(eva.post("/missed-callers/q1/handle/", **change))
    assert "Nobody waits for a call back" in done
    assert "marked as done" in done
    assert "Nobody waits" not in text(eva.post("/missed-callers/q1/reopen/", **change))
    assert eva.post("/missed-callers/q1/eat/").status_code == 404


def test_a_long_list_of_missed_callers_begins_with_the_newest_and_tells_how_many_there_are(
    queued: Company, browser_of: SignedIn
) -> None:
    callers = [Party(number=f"+472299{n:04}") for n in range(SHOWN + 9)]
    told, now = as_story(queued), time.time()
    stories.happened(
        *(stories.queue_call(told, who, [], call=f"many{n}", at=now - 4000 - n) for n, who in enumerate(callers))
    )
    eva = browser_of(queued, "eva")
    page = text(eva.get("/missed-callers/"))
    assert page.count('id="caller-') == SHOWN
    assert re.findall("Show all ([0-9]+)", page) == [str(SHOWN + 10)]
    every = text(eva.get("/missed-callers/?all=1"))
    assert every.count('id="caller-') == SHOWN + 10
    assert "Show all" not in every
    change = {"HTTP_HX_REQUEST": "true"}
    assert text(eva.post("/missed-callers/q1/claim/", {"all": "1"}, **change)).count('id="caller-') == SHOWN + 10


def test_who_works_in_no_queue_has_an_empty_list_and_no_entry_in_the_menu(
    queued: Company, beta: Company, browser_of: SignedIn
) -> None:
    assert "Missed callers" not in text(browser_of(queued, "bob").get("/"))
    assert "Nobody waits" in text(browser_of(queued, "bob").get("/missed-callers/"))
    stranger = browser_of(beta, "anna")
    assert "Kari" not in text(stranger.get("/missed-callers/"))
    assert stranger.post("/missed-callers/q1/claim/", HTTP_HX_REQUEST="true").status_code == 409
    assert "Kari" in text(browser_of(queued, "cecilie").get("/missed-callers/"))


def test_the_supervisor_sees_how_the_queues_did(queued: Company, browser_of: SignedIn) -> None:
    page = text(browser_of(queued, "cecilie").get("/statistics/", {"span": "month"}))
    assert "support" in page
    assert "Eva Nováková" in page
    assert "<svg" in page
    assert "1 answered, 2 gave up" in page
    only = text(browser_of(queued, "cecilie").get("/statistics/", {"span": "month", "queue": "support"}))
    assert "100 %" in only
    today = text(browser_of(queued, "cecilie").get("/statistics/", {"span": "today"}))
    midnight = datetime.now(ZoneInfo("Europe/Oslo")).replace(hour=0, minute=0, second=0, microsecond=0)
    assert ("By hour" if time.time() - 900 > midnight.timestamp() else "No calls came") in today


def test_nonsense_in_the_address_is_last_week(queued: Company, browser_of: SignedIn) -> None:
    browser = browser_of(queued, "anna")
    for asked in ({"since": "x", "until": "y"}, {"since": "2026-11-22", "until": "2020-01-01"}, {"span": "eternity"}):
        assert "7 days" in text(browser.get("/statistics/", asked))
    assert "at most 400 days" in text(browser.get("/statistics/", {"since": "2020-01-01", "until": "2026-01-01"}))
    assert browser.get("/statistics/", {"queue": "nowhere"}).status_code == 404


def test_members_and_other_companies_see_no_statistics(queued: Company, beta: Company, browser_of: SignedIn) -> None:
    assert browser_of(queued, "bob").get("/statistics/").status_code == 404
    assert browser_of(queued, "bob").get("/statistics/export.csv").status_code == 404
    assert "No calls came to a queue" in text(browser_of(beta, "anna").get("/statistics/"))


def test_the_figures_come_as_files_that_no_spreadsheet_takes_for_formulas(queued: Company, browser_of: SignedIn) -> None:
    browser = browser_of(queued, "cecilie")
    table = browser.get("/statistics/export.csv", {"span": "month"})
    assert table["Content-Disposition"].endswith('.csv"')
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    support = next(row for row in rows if row and row[0] == "support")
    assert support[1:5] == ["2", "1", "1", "0"]
    assert any(row and row[0] == f"'{FORMULA}" for row in rows)
    book = load_workbook(io.BytesIO(browser.get("/statistics/export.xlsx", {"span": "month"}).content))
    assert [cell.value for cell in book["Queues"][3]][:3] == ["support", 2, 1]
    assert browser.get("/statistics/export.exe").status_code == 404


def test_a_chart_never_leaves_its_frame() -> None:
    drawn = bars([Bar(str(n), "", (("good", float(n % 97)), ("bad", 3.0), ("warn", 0.0))) for n in range(365)])
    for column in drawn.columns:
        assert all(0 <= rect.y <= rect.y + rect.height <= HEIGHT for rect in column.rects)
        assert column.x >= drawn.left - 1
        assert column.x + column.width <= drawn.width + 1
    assert len([column for column in drawn.columns if column.label]) <= 13
    assert len(drawn.ticks) <= 6
    assert bars([]).ticks


@pytest.mark.claim("ADV-6")
def test_history_shows_the_calls_of_one_queue(queued: Company, browser_of: SignedIn) -> None:
    cecilie = browser_of(queued, "cecilie")

    def ids(**filters: str) -> set[str]:
        return set(re.findall(r'id="record-(\w+)"', text(cecilie.get("/history/", filters))))

    assert ids() == {"q1", "q2", "q3"}
    assert ids(queue="support") == {"q1", "q2"}
    assert ids(queue="support", outcome="answered") == {"q2"}
    assert ids(queue="nowhere") == set()
    assert '<option value="support" selected>' in text(cecilie.get("/history/", {"queue": "support"}))
    assert 'name="queue"' not in text(browser_of(queued, "bob").get("/history/")), "Bob works in no queue"
