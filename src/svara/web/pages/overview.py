"""The front page of the administration: every page of it by group, found by name."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from svara.people.access import folded
from svara.web import places
from svara.web.pages.viewing import account_of, fragment
from svara.web.visiting import opened

MAX_SEARCH_LENGTH = 100


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """All pages, or those whose name or purpose has every word of `q`; alone while somebody types."""
    if not account_of(request).has_role("admin"):
        raise PermissionDenied
    search = request.GET.get("q", "")[:MAX_SEARCH_LENGTH].strip()
    groups = matching(places.administration(opened(request)), search)
    page = {"section": "overview", "search": search, "groups": groups, "count": sum(len(group.places) for group in groups)}
    if request.GET.get("part"):
        return fragment(request, "web/_places.html", page)
    return render(request, "web/administration_overview.html", page)


def matching(groups: tuple[places.Group, ...], search: str) -> tuple[places.Group, ...]:
    """The groups with the places alone that fit; a group's own name counts for each of its places. Pure but for the
    language."""
    words = folded(search).split()

    def fits(group: places.Group, place: places.Place) -> bool:
        text = folded(f"{group.title}\n{place.title}\n{place.about}")
        return all(word in text for word in words)

    found = (replace(group, places=tuple(place for place in group.places if fits(group, place))) for group in groups)
    return tuple(group for group in found if group.places)
