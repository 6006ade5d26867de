"""Phonebooks in the pages: what a company opens, and the passwords with which one's own phones and programs read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from svara.people.models import Account
from svara.phonebooks import access, actions
from svara.phonebooks.models import Opening
from svara.privacy.errors import Forbidden
from svara.web.pages.viewing import account_of

SWITCHES: dict[str, tuple[Promise, Promise]] = {
    "xml": (
        gettext_lazy("XML for desk phones"),
        gettext_lazy("Yealink, Snom, Grandstream, Poly and others fetch the phonebook as a file, or search in it."),
    ),
    "carddav": (
        gettext_lazy("CardDAV for address books"),
        gettext_lazy("Address books of computers and mobile phones keep a copy of the phonebook, and bring it up to date."),
    ),
    "ldap": (
        gettext_lazy("LDAP for phones that search"),
        gettext_lazy("Phones search while somebody types, and show by the number who calls."),
    ),
    "ldap_in_clear": (
        gettext_lazy("LDAP without encryption, too"),
        gettext_lazy("For old phones in the company’s own network: names, numbers and the password can be read on the way."),
    ),
}
"""By the name of the column: title, and what it means."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One way, as the form shows it."""

    name: str
    title: str
    about: str
    on: bool


@require_http_methods(["GET", "POST"])
def phonebooks(request: HttpRequest) -> HttpResponse:
    """What the company opens, for administrators."""
    actor = account_of(request)
    try:
        if request.method == "POST":
            current = access.access_overview(actor).opening
            actions.do_open(actor, **{name: _wanted(request, current, name) for name in actions.SWITCHES})
            messages.success(request, _("Saved. It is in effect now."))
            return redirect("administration-phonebooks")
        overview = access.access_overview(actor)
    except Forbidden:
        raise PermissionDenied from None
    page = {
        "section": "phonebooks",
        "overview": overview,
        "switches": [
            Switch(name, str(title), str(about), getattr(overview.opening, name))
            for name, (title, about) in SWITCHES.items()
        ],
        "no_ldap": overview.opening.ldap and not settings.LDAPS and not (settings.LDAP and overview.opening.ldap_in_clear),
        "places": places(request, overview.opening),
        "login": login_of(actor),
    }
    return render(request, "web/administration_phonebooks.html", page)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phone finds the phonebook."""

    title: str
    address: str


def places(request: HttpRequest, opening: Opening) -> list[Place]:
    """What is to be entered in phones and programs, of what is open."""
    found: list[Place] = []
    if opening.xml:
        for title, vendor, file in (
            ("Yealink", "yealink", "phonebook.xml?search=#SEARCH"),
            ("Snom", "snom", "phonebook.xml"),
            ("Grandstream", "grandstream", ""),
            ("Poly", "poly", "000000000000-directory.xml"),
            (_("Others"), "plain", "phonebook.xml"),
        ):
            folder = reverse("phonebook-xml", args=[vendor, "-.xml"]).removesuffix("-.xml")
            found.append(Place(title, request.build_absolute_uri(folder) + file))
    if opening.carddav:
        found.append(Place("CardDAV", request.build_absolute_uri(reverse("carddav"))))
    if opening.ldap:
        found += [Place("LDAPS", _at(request, settings.LDAPS))] if settings.LDAPS else []
        found += [Place("LDAP", _at(request, settings.LDAP))] if settings.LDAP and opening.ldap_in_clear else []
        found.append(Place(_("LDAP base"), f"o={account_of(request).tenant.slug}"))
    return found


def _at(request: HttpRequest, listening: str) -> str:
    """Host and port of another service of the machine at which this page was found."""
    return f"{urlsplit(f'//{request.get_host()}').hostname}:{listening.rpartition(':')[2]}"


def own(request: HttpRequest, actor: Account) -> dict[str, Any]:
    """What the page of devices shows of phonebooks."""
    opening = access.opening_of(actor)
    return {
        "phonebook_places": places(request, opening),
        "phonebook_passwords": access.access_passwords(actor),
        "phonebook_login": login_of(actor),
    }


def login_of(account: Account) -> str:
    """What a person's phones sign in as."""
    return f"{account.username}@{account.tenant.slug}"


def _wanted(request: HttpRequest, current: Opening, name: str) -> bool:
    """What the form says; what is not on it stays."""
    return name in request.POST if name in SWITCHES else getattr(current, name)
