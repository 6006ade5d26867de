"""What anybody sees without signing in: what this is, and whether the telephone service is up. Nothing of any company."""

from __future__ import annotations

import time
from typing import Literal

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from svara.calls.commands import AskHealth, Health
from svara.web.pages.calls import ask

State = Literal["up", "partly", "down"]
KNOWN_SECONDS = 5.0
"""So long an answer counts, however many strangers ask."""
_last: tuple[float, Health | None] = (float("-inf"), None)


@login_not_required
@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """What this is, and where one goes from here."""
    return render(request, "web/front.html")


@login_not_required
@require_GET
async def status(request: HttpRequest) -> HttpResponse:
    """Whether calls work at this moment: of the installation, with no figure in it."""
    health = await _health()
    page = {"state": state_of(health), "health": health, "at": timezone.now()}
    return await sync_to_async(render)(request, "web/status.html", page)


def state_of(health: Health | None) -> State:
    """Calls work; or without relay, prompts or mailboxes; or not at all."""
    if health is None:
        return "down"
    return "up" if health.relay == "up" and health.voice == "up" else "partly"


async def _health() -> Health | None:
    global _last  # noqa: PLW0603  one answer for all who ask
    at, known = _last
    if time.monotonic() - at < KNOWN_SECONDS:
        return known
    answer = await ask(AskHealth())
    _last = (time.monotonic(), answer if isinstance(answer, Health) else None)
    return _last[1]
