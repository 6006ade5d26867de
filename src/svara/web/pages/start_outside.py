"""Calls from outside, a step of the first ones: the provider with its state as it is now, the public number, opening hours.

Everything is made by the actions of the administration, with their checks and their log; the full forms are there.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from svara.calls.commands import AskTrunks, TrunkState, TrunkStates
from svara.people import administration
from svara.people.countries import holiday_codes
from svara.people.document import Document
from svara.people.errors import PlainError
from svara.web.forms.fields import Field, Form, Item, read
from svara.web.forms.kinds import FIELDS
from svara.web.forms.options import options
from svara.web.pages.calls import ask
from svara.web.pages.firststeps import frame, steps_of
from svara.web.pages.viewing import account_of, fragment

HOURS = "office"
"""The name of opening hours that are made here."""
PROVIDER: tuple[Field, ...] = tuple(
    each for each in FIELDS["trunks"] if each.key in ("name", "address", "login", "secret", "register", "match")
)
NUMBER: tuple[Field, ...] = tuple(each for each in FIELDS["numbers"] if each.key != "record")
Faults = list[tuple[tuple[str | int, ...] | None, str]]


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("secret")
def page(request: HttpRequest) -> HttpResponse:
    """The page; a POST makes one thing: `what` says which."""
    steps_of(request)
    match request.POST.get("what", ""):
        case "provider":
            return _provider(request)
        case "hours":
            return _hours(request)
        case "number":
            return _number(request)
        case _:
            return _shown(request)


@require_GET
def states(request: HttpRequest) -> HttpResponse:
    """How the providers are, alone: asked again and again."""
    steps_of(request)
    document = administration.access_document(account_of(request))
    return fragment(request, "web/_start_trunks.html", {"trunks": _trunks(request, document)})


def _provider(request: HttpRequest) -> HttpResponse:
    """The trunk, and that calls to everywhere go by it where nothing was said of that yet."""
    actor = account_of(request)
    wish = read(PROVIDER, request.POST, {}, options(administration.access_document(actor)), new=True)
    if wish.get("login") and not wish.get("secret"):
        return _shown(request, provider=(wish, [(("secret",), _("Something is missing here."))]))
    try:
        administration.do_save(actor, "trunks", None, wish)
        if not administration.access_document(actor)["outbound"]:
            administration.do_save(actor, "outbound", None, {"prefix": "+", "trunk": wish["name"]})
    except PlainError as error:
        return _shown(request, provider=(wish, _faults(error)))
    messages.success(request, _("Saved. It is in effect now."))
    return redirect("start-outside")


def _hours(request: HttpRequest) -> HttpResponse:
    """Monday to Friday, from and to; holidays of the country."""
    actor = account_of(request)
    country = actor.tenant.country
    begin, end = (request.POST.get(key, "").strip()[:5] for key in ("from", "to"))
    wish: Item = {"name": HOURS, "open": {"mon-fri": [f"{begin}-{end}"]}}
    try:
        administration.do_save(actor, "hours", None, wish | ({"holidays": country} if country in holiday_codes() else {}))
    except PlainError as error:
        return _shown(request, hours=(begin, end, _faults(error)))
    messages.success(request, _("Saved. It is in effect now."))
    return redirect("start-outside")


def _number(request: HttpRequest) -> HttpResponse:
    """The public number, and where its calls go."""
    actor = account_of(request)
    wish = read(NUMBER, request.POST, {}, options(administration.access_document(actor)), new=True)
    try:
        administration.do_save(actor, "numbers", None, wish)
    except PlainError as error:
        return _shown(request, number=(wish, _faults(error)))
    messages.success(request, _("Saved. It is in effect now."))
    return redirect("start-outside")


def _faults(error: PlainError) -> Faults:
    if isinstance(error, administration.Rejected):
        return [(fault.path, fault.message) for fault in error.faults]
    return [((), str(error))]


def _shown(
    request: HttpRequest,
    provider: tuple[Item, Faults] | None = None,
    hours: tuple[str, str, Faults] | None = None,
    number: tuple[Item, Faults] | None = None,
) -> HttpResponse:
    document = administration.access_document(account_of(request))
    first = document["trunks"][0]["name"] if document["trunks"] else ""
    me = f"person:{account_of(request).username}"
    fresh = {"trunk": first, "to": me} | ({"hours": HOURS} if any(one["name"] == HOURS for one in document["hours"]) else {})
    page: dict[str, Any] = {
        "trunks": _trunks(request, document),
        "provider": _form(PROVIDER, document, provider or ({"name": "provider", "register": True}, [])),
        "number": _form(NUMBER, document, number or (fresh, [])),
        "numbers": document["numbers"],
        "opening": document["hours"],
        "begin": hours[0] if hours else "08:00",
        "end": hours[1] if hours else "16:00",
        "hours_wrong": bool(hours),
    }
    status = 422 if provider or hours or number else 200
    return render(request, "web/start_outside.html", page | frame(request, "start-outside"), status=status)


def _form(fields: tuple[Field, ...], document: Document, filled: tuple[Item, Faults]) -> Form:
    form = Form(fields, filled[0], options(document), new=True)
    form.blame(filled[1])
    return form


def _trunks(request: HttpRequest, document: Document) -> list[dict[str, Any]]:
    answer = async_to_sync(ask)(AskTrunks(account_of(request).tenant_id))
    found: dict[str, TrunkState] = {state.name: state for state in answer.trunks} if isinstance(answer, TrunkStates) else {}
    return [
        {
            "name": one["name"],
            "address": one["address"],
            "state": found[one["name"]].state if one["name"] in found else "",
            "reason": found[one["name"]].reason if one["name"] in found else "",
        }
        for one in document["trunks"]
    ]
