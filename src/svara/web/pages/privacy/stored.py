"""What is stored: the catalogue by purpose, in plain words, with a search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from svara.privacy.overview import overview
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import fragment


@require_GET
@for_privacy_officers
def stored(request: HttpRequest) -> HttpResponse:
    """The page; what is asked for by htmx is the table alone."""
    search, everything = request.GET.get("q", "")[:100], "everything" in request.GET
    page = {"search": search, "everything": everything, "groups": overview(search, personal=not everything)}
    if request.headers.get("HX-Request"):
        return fragment(request, "web/privacy/_stored.html", page)
    return render(request, "web/privacy/stored.html", page | {"section": "privacy", "here": "stored"})
