"""How talks sounded lately, and whose network was at fault where they sounded bad."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from svara.history.networks import MAX_CALLS, access_networks
from svara.people.access import NotFound
from svara.web.pages.viewing import account_of

SPANS = {1: _("A day"), 7: _("A week"), 30: _("30 days")}


@require_GET
def sound(request: HttpRequest) -> HttpResponse:
    """The page; `days` back from now."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 and int(asked) in SPANS else 7
    try:
        found = access_networks(account_of(request), days)
    except NotFound:
        raise Http404 from None
    return render(request, "web/sound.html", {"found": found, "spans": SPANS, "days": days, "most": MAX_CALLS})
