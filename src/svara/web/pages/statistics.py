"""How the queues did: figures, charts and tables, and the same as CSV or a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET
from openpyxl import Workbook

from svara.history.access import BadFilter
from svara.history.lapsing import CALLS
from svara.history.statistics import AgentFigures, CallFigures, Figures, Slot, Statistics, access_statistics
from svara.people import access
from svara.people.models import Account
from svara.privacy.rights.retention import rules
from svara.web.chart import Bar, Chart, bars
from svara.web.pages.viewing import account_of
from svara.web.words import DIRECTIONS, OUTCOMES

SPANS = {"today": 1, "week": 7, "month": 30, "year": 365}
"""Days that a choice goes back, today included."""
CELLS = str | int | float | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which days, of the reader's own, both included; `queue` is a name, "" for all."""

    since: date
    until: date
    queue: str
    span: str

    @classmethod
    def read(cls, values: QueryDict, today: date) -> Asked:
        """From the address; what makes no sense there becomes the last week."""
        span = values.get("span", "")
        since, until = _day(values.get("since", "")), _day(values.get("until", ""))
        if span in SPANS or since is None or until is None or since > until:
            span = span if span in SPANS else "week"
            since, until = today - timedelta(days=SPANS[span] - 1), today
        return cls(since, until, values.get("queue", "")[:64], span)


@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """The page."""
    account = account_of(request)
    asked, problem = Asked.read(request.GET, timezone.localdate()), ""
    try:
        found = _find(account, asked)
    except BadFilter:
        problem = _("That is too long a time: choose at most 400 days.")
        asked = Asked.read(QueryDict("span=week"), timezone.localdate())
        found = _find(account, asked)
    page = {
        "asked": asked,
        "spans": {"today": _("Today"), "week": _("7 days"), "month": _("30 days"), "year": _("One year")},
        "problem": problem,
        "found": found,
        "chart": _chart(found),
        "chart_label": _("Calls over time"),
        "slots": [(_label(found, slot), slot.figures) for slot in found.slots],
        "calls": [(*_kind(each), each) for each in found.calls],
        "call_days": rules(account.tenant_id, timezone.now()).days[CALLS],
        "queues": access.queues(account),
        "people": access.directory(account) if found.council else [],
        "query": request.GET.urlencode(),
    }
    return render(request, "web/statistics.html", page)


@require_GET
def export(request: HttpRequest, form: str) -> HttpResponse:
    """The figures as a file: `form` is "csv" or "xlsx"."""
    account = account_of(request)
    asked = Asked.read(request.GET, timezone.localdate())
    if form not in ("csv", "xlsx"):
        raise Http404
    try:
        found = _find(account, asked, export=True)
    except BadFilter:
        raise Http404 from None
    tables = {
        _("Queues"): _queue_rows(found),
        _("Time"): _slot_rows(found),
        _("Agents"): _agent_rows(found),
        _("All calls"): _call_rows(found),
    }
    name = f"svara-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}.{form}"
    answer = HttpResponse(_xlsx(tables), content_type=XLSX) if form == "xlsx" else HttpResponse(_csv(tables))
    if form == "csv":
        answer["Content-Type"] = "text/csv; charset=utf-8"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _find(account: Account, asked: Asked, *, export: bool = False) -> Statistics:
    zone = ZoneInfo(account.tenant.timezone)
    since = datetime.combine(asked.since, time(), zone)
    until = datetime.combine(asked.until + timedelta(days=1), time(), zone)
    try:
        return access_statistics(account, since=since, until=until, queue=asked.queue or None, export=export)
    except access.NotFound:
        raise Http404 from None


def _chart(found: Statistics) -> Chart:
    """One bar for each slot, also for those in which nobody called."""
    slots = {slot.begins_at: slot.figures for slot in found.slots}
    data = []
    for moment in _moments(found):
        figures = slots.get(moment, Figures())
        words = _("%(when)s: %(answered)d answered, %(abandoned)d gave up, %(passed_on)d passed on") % {
            "when": _label(found, Slot(moment, figures)),
            "answered": figures.answered,
            "abandoned": figures.abandoned,
            "passed_on": figures.passed_on,
        }
        parts = (("good", figures.answered), ("warn", figures.passed_on), ("bad", figures.abandoned))
        short = date_format(moment, "H" if found.hourly else "j.n.")
        data.append(Bar(short, words, tuple((kind, float(value)) for kind, value in parts)))
    return bars(data)


def _moments(found: Statistics) -> Iterable[datetime]:
    zone, moment = found.since.tzinfo, found.since
    while moment < found.until:
        yield moment
        if found.hourly:
            moment = (moment.astimezone(ZoneInfo("UTC")) + timedelta(hours=1)).astimezone(zone)
        else:
            moment = datetime.combine(moment.date() + timedelta(days=1), time(), zone)


def _label(found: Statistics, slot: Slot) -> str:
    return date_format(slot.begins_at, "DATETIME_FORMAT" if found.hourly else "DATE_FORMAT")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# --- as files


def _figure_heads() -> list[str]:
    return [
        pgettext("queue", "Offered"),
        pgettext("queue", "Answered"),
        pgettext("queue", "Gave up"),
        pgettext("queue", "Passed on"),
        _("Service level"),
        _("Average wait until answered (s)"),
        _("Longest wait (s)"),
        _("Average talk (s)"),
    ]


def _figure_cells(figures: Figures) -> list[CELLS]:
    return [
        figures.offered,
        figures.answered,
        figures.abandoned,
        figures.passed_on,
        None if figures.service_level is None else round(figures.service_level, 4),
        figures.answer_seconds,
        figures.longest_seconds,
        figures.talk_seconds,
    ]


def _queue_rows(found: Statistics) -> list[list[CELLS]]:
    rows: list[list[CELLS]] = [[_("Queue"), *_figure_heads()]]
    rows += [[queue.name, *_figure_cells(queue.figures)] for queue in found.queues]
    return [*rows, [_("All"), *_figure_cells(found.total)]]


def _slot_rows(found: Statistics) -> list[list[CELLS]]:
    rows: list[list[CELLS]] = [[_("From"), *_figure_heads()]]
    return rows + [[slot.begins_at.isoformat(), *_figure_cells(slot.figures)] for slot in found.slots]


def _call_rows(found: Statistics) -> list[list[CELLS]]:
    rows: list[list[CELLS]] = [[_("Direction"), _("Outcome"), _("Calls"), _("Waited, in all (s)"), _("Talked, in all (s)")]]
    return rows + [[*_kind(each), each.calls, each.wait_seconds, each.talk_seconds] for each in found.calls]


def _kind(calls: CallFigures) -> tuple[str, str]:
    """Direction and outcome, in words."""
    return str(DIRECTIONS.get(calls.direction, calls.direction)), str(OUTCOMES.get(calls.outcome, calls.outcome))


def _agent_rows(found: Statistics) -> list[list[CELLS]]:
    states = ("available", "paused", "wrap-up")
    rows: list[list[CELLS]] = [
        [
            _("Agent"),
            pgettext("queue", "Offered"),
            pgettext("queue", "Answered"),
            _("Talk (s)"),
            _("Available (s)"),
            _("Paused (s)"),
            _("Wrap-up (s)"),
        ]
    ]
    return rows + [_agent_cells(agent, states) for agent in found.agents]


def _agent_cells(agent: AgentFigures, states: Iterable[str]) -> list[CELLS]:
    times: list[CELLS] = [agent.states.get(state, 0.0) for state in states]
    return [agent.name, agent.offered, agent.answered, agent.talk_seconds, *times]


def _safe(cell: CELLS) -> CELLS:
    """A spreadsheet takes text that begins so for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _csv(tables: dict[str, list[list[CELLS]]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    for number, (title, rows) in enumerate(tables.items()):
        if number:
            writer.writerow([])
        writer.writerow([title])
        writer.writerows([[_safe(cell) for cell in row] for row in rows])
    return "\ufeff" + file.getvalue()


def _xlsx(tables: dict[str, list[list[CELLS]]]) -> bytes:
    book = Workbook(write_only=True)
    for title, rows in tables.items():
        sheet = book.create_sheet(title[:31])
        for row in rows:
            sheet.append([_safe(cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
