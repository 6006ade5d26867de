"""My data: who looked at it, when, at what and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from svara.people.access import people_by_id
from svara.privacy.audit.access import access_views
from svara.privacy.errors import Invalid
from svara.privacy.staff.access import visitors
from svara.web import audit_words
from svara.web.pages.viewing import account_of

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One view, in words."""

    at: datetime
    who: str
    done: str
    why: str


@require_GET
def my_views(request: HttpRequest) -> HttpResponse:
    """What others did with my data, newest first; days are the reader's own, both included."""
    actor = account_of(request)
    since, until = day_of(request.GET.get("since", "")), day_of(request.GET.get("until", ""))
    try:
        page = access_views(
            actor,
            since=midnight(since),
            until=midnight(until + timedelta(days=1)) if until else None,
            cursor=request.GET.get("cursor") or None,
            limit=PAGE,
        )
    except Invalid:
        raise Http404 from None
    names = {key: account.name for key, account in people_by_id(actor, {view.actor for view in page.items}).items()}
    known = visitors(actor, {view.actor for view in page.items})
    lines = [
        Line(
            view.at,
            audit_words.who(view.actor, names, known),
            audit_words.done(view.act, view.what),
            audit_words.why(view.why, known),
        )
        for view in page.items
    ]
    shown = {"lines": lines, "next": page.next, "since": since, "until": until, "here": "views"}
    return render(request, "web/privacy/views.html", shown)


def day_of(text: str) -> date | None:
    """A day that somebody chose; None for nothing, and for nonsense."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None


def midnight(day: date | None) -> datetime | None:
    """When it begins, in the time of the reader."""
    return None if day is None else datetime.combine(day, time.min, timezone.get_current_timezone())
