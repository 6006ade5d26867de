"""My calendar: the address by which my meetings show in my presence; mine alone to give, and to take away."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from svara.people.calendars.subscribing import access_calendar, do_subscribe, do_unsubscribe
from svara.privacy.errors import Invalid
from svara.privacy.functions.registry import CALENDAR_PRESENCE, FUNCTIONS
from svara.web.pages.viewing import account_of
from svara.web.words import CALENDAR_TROUBLES, sentences

MAX_SHOWN = 20


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("url")
def calendar(request: HttpRequest) -> HttpResponse:
    """The page; a POST subscribes, which switches the function on."""
    if request.method == "GET":
        return _page(request)
    try:
        do_subscribe(account_of(request), request.POST.get("url", ""))
    except Invalid as error:
        return _page(request, 422, errors=sentences(error.messages))
    messages.success(request, _("Your calendar is read within a minute, and every quarter of an hour from then on."))
    return redirect("calendar")


@require_POST
def off(request: HttpRequest) -> HttpResponse:
    """Switch the function off; what was kept goes."""
    do_unsubscribe(account_of(request))
    messages.success(request, _("Your calendar is not read any more. Its address and the busy times are deleted."))
    return redirect("calendar")


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    account = account_of(request)
    mine = access_calendar(account)
    zone, now = ZoneInfo(account.tenant.timezone), timezone.now().timestamp()
    busy = [span for span in mine.busy if span[1] > now][:MAX_SHOWN] if mine is not None else []
    page = {
        "mine": mine,
        "trouble": CALENDAR_TROUBLES.get(mine.trouble, "") if mine is not None else "",
        "busy": [(datetime.fromtimestamp(begins, zone), datetime.fromtimestamp(ends, zone)) for begins, ends in busy],
        "text": FUNCTIONS[CALENDAR_PRESENCE].read(),
    }
    return render(request, "web/calendar.html", page | more, status=status)
