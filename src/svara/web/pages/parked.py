"""Who is parked in the company, and where: everybody in it may take them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from svara.calls.commands import AskParked, ParkedCall, ParkedCalls
from svara.web.pages.calls import ask
from svara.web.pages.viewing import fragment


@dataclass(frozen=True, slots=True)
class Line:
    """One place."""

    call: ParkedCall
    until: datetime


@require_GET
async def parked(request: HttpRequest) -> HttpResponse:
    """The small list of the start page; empty while nobody is parked."""
    account: Any = await request.auser()
    answer = await ask(AskParked(account.tenant_id))
    found = answer.parked if isinstance(answer, ParkedCalls) else ()
    lines = [Line(one, datetime.fromtimestamp(one.until, UTC)) for one in found]
    return await sync_to_async(fragment)(request, "web/_parked.html", {"parked": lines})
