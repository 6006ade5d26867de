"""The call history: filters, and pages of records that stay true while calls are added."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from svara.contacts.access import access_indexes
from svara.history.access import OUTCOMES, BadFilter, access_calls, sees_all_calls
from svara.people import access
from svara.people.models import Account
from svara.web import naming
from svara.web.pages.viewing import CallLine, account_of, fragment

PAGE = 50
MAX_REFRESHED = 200
"""So many records are brought up to date at once, when news come."""
MAX_CHOICES = 200
DIRECTIONS = ("internal", "inbound", "outbound")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; days are the reader's own, both included."""

    since: date | None = None
    until: date | None = None
    person: str = ""
    queue: str = ""
    outcome: str = ""
    direction: str = ""
    search: str = ""

    @classmethod
    def read(cls, values: QueryDict) -> Filters:
        """From the address. Raises BadFilter."""
        for name, allowed in (("outcome", OUTCOMES), ("direction", DIRECTIONS)):
            if values.get(name) and values[name] not in allowed:
                raise BadFilter(name, "unknown")
        return cls(
            since=_day("since", values.get("since", "")),
            until=_day("until", values.get("until", "")),
            person=values.get("person", "")[:64],
            queue=values.get("queue", "")[:64],
            outcome=values.get("outcome", ""),
            direction=values.get("direction", ""),
            search=values.get("search", "")[:100],
        )

    @property
    def query(self) -> str:
        """The filters as they stand in an address."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in chosen.items() if value})

    @property
    def narrowed(self) -> bool:
        """Whether more than the search is set."""
        return bool(self.since or self.until or self.person or self.queue or self.outcome or self.direction)

    def find(self, viewer: Account, cursor: str | None, limit: int) -> tuple[list[CallLine], str | None]:
        """One page of calls as `viewer` sees them, and the cursor of the next. Raises BadFilter."""
        page = access_calls(
            viewer,
            since=_midnight(self.since),
            until=_midnight(self.until + timedelta(days=1)) if self.until else None,
            person=self.person or None,
            queue=self.queue or None,
            outcome=self.outcome or None,
            direction=self.direction or None,
            search=self.search or None,
            familiar=access_indexes(viewer, self.search) if self.search else (),
            cursor=cursor,
            limit=limit,
        )
        return naming.lines(viewer, page.items), page.next


@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """The page: calls of the moment on top, then the records."""
    account = account_of(request)
    problem = ""
    try:
        filters = Filters.read(request.GET)
    except BadFilter as error:
        filters, problem = Filters(), _problem(error)
    lines, following = filters.find(account, None, PAGE)
    page = _page(lines, following, filters, shown=len(lines)) | {
        "running": naming.running(account),
        "problem": problem,
        "sees_all": sees_all_calls(account),
        "people": _people(account),
        "queues": access.queues(account)[:MAX_CHOICES],
        "outcomes": OUTCOMES,
        "directions": DIRECTIONS,
    }
    return render(request, "web/history.html", page)


@require_GET
def records(request: HttpRequest) -> HttpResponse:
    """The list alone: the next page (`cursor`), or anew as much as is shown (`shown`, a number of records)."""
    account, values = account_of(request), request.GET
    cursor, shown = values.get("cursor") or None, _number(values.get("shown", ""))
    try:
        filters = Filters.read(values)
        lines, following = filters.find(account, cursor, PAGE if cursor else min(max(shown, PAGE), MAX_REFRESHED))
    except BadFilter as error:
        return fragment(request, "web/_problem.html", {"problem": _problem(error)}, 400)
    page = _page(lines, following, filters, shown=len(lines) + (shown if cursor else 0))
    if cursor:
        return fragment(request, "web/_records.html", page | {"continued": True, "last_day": values.get("last_day", "")})
    answer = fragment(request, "web/_records.html", page)
    if values.get("filtered"):
        answer["HX-Replace-Url"] = f"{request.path.removesuffix('records/')}?{filters.query}".removesuffix("?")
    return answer


def _people(account: Account) -> list[Account]:
    """Of whom a supervisor may choose one; nobody in a company so large that a list is no help (the search finds names)."""
    people = access.directory(account) if sees_all_calls(account) else []
    return people if len(people) <= MAX_CHOICES else []


def _page(lines: list[CallLine], following: str | None, filters: Filters, shown: int) -> dict[str, Any]:
    """`room`: how many records are wanted when news come; all of them, where there are no more than are shown."""
    return {"lines": lines, "next": following, "filters": filters, "room": shown if following else shown + PAGE}


def _day(field: str, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadFilter(field, "not a day") from None
    if not 1970 <= day.year <= 9000:
        raise BadFilter(field, "not a day")
    return day


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, timezone.get_current_timezone())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _problem(error: BadFilter) -> str:
    if error.field in {"since", "until"}:
        return _("That is not a day. Choose one from the calendar.")
    return _("That filter does not exist.")
