"""Statistics of one's own calls, for everybody; and of the company's, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from svara.history.access import BadFilter
from svara.history.lapsing import CALLS
from svara.history.tallies import Tallies, Tally, access_company_tallies, access_own_tallies
from svara.people import access
from svara.people.models import Account
from svara.privacy.rights.retention import rules
from svara.web.chart import Bar, Chart, bars
from svara.web.pages.statistics import Asked
from svara.web.pages.viewing import account_of

MAX_DAY_BARS = 100
"""A chart of more days would have bars thinner than a line: it shows weeks."""
Find = Callable[..., Tallies]


@dataclass(frozen=True, slots=True)
class Table:
    """A chart, and the same as a table."""

    title: str
    key: str
    chart: Chart
    rows: tuple[tuple[str, Tally], ...]


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """My own calls; nobody else gets to see these figures."""
    return _page(request, "mine", access_own_tallies)


@require_GET
def company(request: HttpRequest) -> HttpResponse:
    """All calls of the company."""
    try:
        return _page(request, "company", access_company_tallies)
    except access.NotFound:
        raise Http404 from None


def _page(request: HttpRequest, whose: str, find: Find) -> HttpResponse:
    account, today = account_of(request), timezone.localdate()
    asked, problem = Asked.read(request.GET, today), ""
    try:
        found = _found(account, asked, find)
    except BadFilter:
        problem = _("That is too long a time: choose at most 400 days.")
        asked = Asked.read(QueryDict("span=week"), today)
        found = _found(account, asked, find)
    tables = [_by_day(found, asked)] if asked.since != asked.until else []
    page = {
        "whose": whose,
        "asked": asked,
        "spans": {"today": _("Today"), "week": _("7 days"), "month": _("30 days"), "year": _("One year")},
        "problem": problem,
        "found": found,
        "tables": [*tables, _by_hour(found)] if found.total.calls else [],
        "inside": whose == "company",
        "call_days": rules(account.tenant_id, timezone.now()).days[CALLS],
    }
    return render(request, "web/tallies.html", page)


def _found(account: Account, asked: Asked, find: Find) -> Tallies:
    zone = ZoneInfo(account.tenant.timezone)
    since = datetime.combine(asked.since, time(), zone)
    return find(account, since=since, until=datetime.combine(asked.until + timedelta(days=1), time(), zone))


def _by_day(found: Tallies, asked: Asked) -> Table:
    """One bar a day, also for those without a call; where that are too many, one a week."""
    days = [asked.since + timedelta(days=n) for n in range((asked.until - asked.since).days + 1)]
    weekly = len(days) > MAX_DAY_BARS
    slots: dict[date, Tally] = {}
    for day in days:
        begins = max(asked.since, day - timedelta(days=day.weekday())) if weekly else day
        slots[begins] = slots.get(begins, Tally()) + found.days.get(day, Tally())
    rows = tuple((date_format(day, "DATE_FORMAT"), tally) for day, tally in slots.items())
    shorts = [date_format(day, "j.n.") for day in slots]
    return _table(_("By week") if weekly else _("By day"), "day", rows, shorts)


def _by_hour(found: Tallies) -> Table:
    """One bar for each hour of the day, from the first to the last with a call."""
    hours = range(min(found.hours), max(found.hours) + 1)
    rows = tuple((f"{hour}:00–{hour + 1}:00", found.hours.get(hour, Tally())) for hour in hours)
    return _table(_("By hour of the day"), "hour", rows, [str(hour) for hour in hours])


def _table(title: str, key: str, rows: tuple[tuple[str, Tally], ...], shorts: list[str]) -> Table:
    data = []
    for (label, tally), short in zip(rows, shorts, strict=True):
        parts = (("good", tally.taken), ("bad", tally.missed), ("accent", tally.made), ("soft", tally.inside))
        data.append(Bar(short, _words(label, tally), tuple((kind, float(count)) for kind, count in parts)))
    return Table(title, key, bars(data), tuple(row for row in rows if row[1].calls))


def _words(label: str, tally: Tally) -> str:
    told = _("%(when)s: %(taken)d answered, %(missed)d missed, %(made)d made") % {
        "when": label,
        "taken": tally.taken,
        "missed": tally.missed,
        "made": tally.made,
    }
    between = _("%(inside)d between colleagues") % {"inside": tally.inside}
    return f"{told}, {between}" if tally.inside else told
