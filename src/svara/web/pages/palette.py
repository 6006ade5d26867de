"""The command palette: what is found while somebody types, and choosing a presence from there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from svara.people import actions
from svara.web import palette
from svara.web.pages.viewing import account_of, fragment
from svara.web.words import AVAILABILITY, sentences


@require_GET
def found(request: HttpRequest) -> HttpResponse:
    """The list alone."""
    query = request.GET.get("q", "")
    sections = palette.find(account_of(request), query)
    numbered, number = [], 0
    for section in sections:
        numbered.append((section, list(enumerate(section.options, start=number))))
        number += len(section.options)
    return fragment(request, "web/_palette.html", {"sections": numbered, "query": query, "count": number})


@require_POST
def be(request: HttpRequest) -> HttpResponse:
    """From now on others see this of me; told in a small window, and to the parts of the page that show it."""
    try:
        account = actions.do_choose_presence(account_of(request), request.POST.get("choice", ""))
    except actions.Invalid as error:
        return fragment(request, "web/_palette_told.html", {"errors": sentences(error.messages)}, 422)
    if not getattr(request, "htmx", False):
        return redirect("home")
    answer = fragment(request, "web/_palette_told.html", {"choice": AVAILABILITY[account.choice]})
    answer["HX-Trigger"] = "svara:mine"
    return answer
