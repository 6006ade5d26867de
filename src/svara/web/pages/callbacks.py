"""Whom I wait for: colleagues with whom I am connected once they are free, and doing without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from svara.calls.commands import AskCallbacks, Callbacks, CancelCallback, Done, Refused
from svara.people import access
from svara.people.models import Account
from svara.web.pages.calls import ask
from svara.web.pages.viewing import fragment
from svara.web.words import CALL_ERRORS


@dataclass(frozen=True, slots=True)
class Line:
    """One colleague, and until when."""

    account: Account
    until: datetime


@require_GET
async def callbacks(request: HttpRequest) -> HttpResponse:
    """The small list of the start page; empty for who waits for nobody."""
    return await _list(request, await request.auser())


@require_POST
async def cancel(request: HttpRequest, username: str) -> HttpResponse:
    """I need not be called back any more; one that is over meanwhile is fine too."""
    account: Any = await request.auser()
    try:
        wanted = await sync_to_async(access.person)(account, username)
    except access.NotFound:
        return await _list(request, account)
    answer = await ask(CancelCallback(account.tenant_id, account.id, wanted.id))
    gone = isinstance(answer, Done) or (isinstance(answer, Refused) and answer.error == "not-found")
    if not getattr(request, "htmx", False):
        return redirect("home")
    return await _list(request, account, problem="" if gone else str(CALL_ERRORS["unavailable"]))


async def _list(request: HttpRequest, account: Any, problem: str = "") -> HttpResponse:
    answer = await ask(AskCallbacks(account.tenant_id, account.id))

    def page() -> HttpResponse:
        found = answer.callbacks if isinstance(answer, Callbacks) else ()
        people = access.people_by_id(account, [one.wanted for one in found])
        lines = [Line(people[one.wanted], datetime.fromtimestamp(one.until, UTC)) for one in found if one.wanted in people]
        return fragment(request, "web/_callbacks.html", {"waits_for": lines, "problem": problem})

    return await sync_to_async(page)()
