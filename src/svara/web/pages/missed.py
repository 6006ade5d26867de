"""The callers whom the queues missed, shared by who works there: claim, call back, done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from svara.history import actions
from svara.history.missed import MAX_SHOWN, SHOWN, access_missed, waiting_count
from svara.people import access
from svara.people.actions import Invalid
from svara.people.models import Account
from svara.web import naming
from svara.web.pages.viewing import account_of, fragment

CHANGES: dict[str, Callable[[Account, str], None]] = {
    "claim": actions.do_claim,
    "release": actions.do_release,
    "handle": actions.do_handle,
    "reopen": actions.do_reopen,
}


@require_GET
def missed_callers(request: HttpRequest) -> HttpResponse:
    """The page; htmx asks for the list alone when news come."""
    page = _lists(account_of(request), every="all" in request.GET)
    if getattr(request, "htmx", False) and request.GET.get("part"):
        return fragment(request, "web/_missed_callers.html", page)
    return render(request, "web/missed_callers.html", page)


@require_POST
def change(request: HttpRequest, missed_id: str, how: str) -> HttpResponse:
    """Claim, release, handle or reopen one caller."""
    account, problem = account_of(request), ""
    if how not in CHANGES:
        raise Http404
    try:
        CHANGES[how](account, missed_id)
    except access.NotFound:
        problem = _("Somebody was faster: that caller is not on the list any more.")
    except Invalid:
        problem = _("A colleague has claimed this caller already.")
    if not getattr(request, "htmx", False):
        return redirect("missed-callers")
    lists = _lists(account, every="all" in request.POST) | {"problem": problem}
    return fragment(request, "web/_missed_callers.html", lists, 409 if problem else 200)


def _lists(account: Account, *, every: bool) -> dict[str, Any]:
    most = MAX_SHOWN if every else SHOWN
    waiting = access_missed(account, most=most)
    count = len(waiting) if len(waiting) < most else min(waiting_count(account), MAX_SHOWN)
    return {
        "open": naming.missed(account, waiting),
        "count": count,
        "every": every,
        "more": count > len(waiting),
        "handled": naming.missed(account, access_missed(account, handled=True, most=SHOWN)),
    }
