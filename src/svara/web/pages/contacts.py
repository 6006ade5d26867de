"""One's own contacts: the list, each of them, and a name for a number that calls."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.contacts import access, actions
from svara.contacts.card import KINDS, MAX_MAIL, MAX_NAME, MAX_NOTE, MAX_NUMBER, MAX_NUMBERS, Card, Kind, Number, Unfit
from svara.contacts.vcard_writing import written
from svara.history.access import access_call
from svara.people.models import Account
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.web import naming
from svara.web.pages.viewing import account_of, fragment
from svara.web.words import NUMBER_KINDS, code

PAGE = 100
EMPTY_FIELDS = 1
"""So many fields for further numbers a form has."""
MAX_TYPED = 100
_LIMITS = {"max_name": MAX_NAME, "max_mail": MAX_MAIL, "max_note": MAX_NOTE, "max_number": MAX_NUMBER}


@require_GET
def contacts(request: HttpRequest) -> HttpResponse:
    """The page; htmx asks for the list alone while somebody types, and for the next part of it."""
    search, start = request.GET.get("q", ""), request.GET.get("start", "")
    begin = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0
    try:
        found = access.access_contacts(account_of(request), search, begin, PAGE)
    except Forbidden:
        raise PermissionDenied from None
    page = {"found": found, "search": search[: access.MAX_SEARCH], "continued": begin > 0}
    if getattr(request, "htmx", False) and request.GET.get("part"):
        return fragment(request, "web/_contacts.html", page)
    return render(request, "web/contacts.html", page)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def new(request: HttpRequest) -> HttpResponse:
    """A new contact; `call` names one of the reader's calls whose other side it is."""
    actor = account_of(request)
    if request.method == "GET":
        return _form(request, _from_call(actor, request.GET.get("call", "")), call=request.GET.get("call", "")[:64])
    card = _typed(request)
    try:
        source = "call" if request.POST.get("call") else "hand"
        kept = actions.do_add(actor, card, source)
    except Unfit as error:
        return _form(request, card, error.faults, call=request.POST.get("call", "")[:64])
    except Invalid as error:
        return _form(request, card, {"": str(error)})
    except Forbidden:
        raise PermissionDenied from None
    messages.success(request, _("%(name)s is in your contacts.") % {"name": kept.title})
    return redirect("contact", kept.id)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def contact(request: HttpRequest, contact_id: str) -> HttpResponse:
    """One contact: call it, change it."""
    actor = account_of(request)
    try:
        kept = access.access_contact(actor, contact_id)
        if request.method == "GET":
            return _form(request, kept.card, contact=kept)
        card = _typed(request)
        try:
            actions.do_change(actor, contact_id, card)
        except Unfit as error:
            return _form(request, card, error.faults, contact=kept)
        except Invalid as error:
            return _form(request, card, {"": str(error)}, contact=kept)
    except NotFound:
        raise Http404 from None
    except Forbidden:
        raise PermissionDenied from None
    messages.success(request, _("Saved."))
    return redirect("contact", contact_id)


@require_POST
def delete(request: HttpRequest, contact_id: str) -> HttpResponse:
    """Delete a contact; what is shown then has the way back."""
    actor = account_of(request)
    try:
        title = access.access_contact(actor, contact_id).title
        actions.do_delete(actor, contact_id)
    except NotFound:
        raise Http404 from None
    except Forbidden:
        raise PermissionDenied from None
    return render(request, "web/contact_deleted.html", {"title": title, "id": contact_id})


@require_POST
def restore(request: HttpRequest, contact_id: str) -> HttpResponse:
    """Take a deleted contact back."""
    try:
        actions.do_restore(account_of(request), contact_id)
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        messages.error(request, str(error))
        return redirect("contacts")
    except Forbidden:
        raise PermissionDenied from None
    messages.success(request, _("The contact is back"))
    return redirect("contact", contact_id)


@require_POST
def merge(request: HttpRequest, contact_id: str) -> HttpResponse:
    """Add to a contact what another one knows, which is deleted then."""
    try:
        kept = actions.do_merge(account_of(request), contact_id, request.POST.get("other", ""))
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        messages.error(request, str(error))
        return redirect("contact", contact_id)
    except Forbidden:
        raise PermissionDenied from None
    messages.success(request, _("%(name)s: two contacts are one now.") % {"name": kept.title})
    return redirect("contact", contact_id)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """All of them as a file of vCards."""
    try:
        found = access.access_contacts(account_of(request), limit=access.EVERY)
    except Forbidden:
        raise PermissionDenied from None
    answer = HttpResponse("".join(written((each.id, each.card) for each in found.items)), content_type="text/vcard")
    answer["Content-Disposition"] = 'attachment; filename="contacts.vcf"'
    return answer


@require_POST
@sensitive_post_parameters()
def named(request: HttpRequest) -> HttpResponse:
    """What the reader's contacts call a number, or what a feature code does; "" for all else. By POST, so that the number
    stands in no address."""
    account, number = account_of(request), request.POST.get("number", "")
    name = code(number, account.tenant.codes) or access.access_names(account, [number]).get(number, "")
    return JsonResponse({"name": name})


def _from_call(actor: Account, call_id: str) -> Card:
    if not call_id:
        return Card()
    try:
        [line] = naming.lines(actor, [access_call(actor, call_id).item])
    except NotFound:
        raise Http404 from None
    other = line.other
    if not line.new:
        return Card()
    return Card(other.name if other.name != other.number else "", "", (Number(other.number),))


def _typed(request: HttpRequest) -> Card:
    """The card as it stands in the form, unchecked: nothing that was typed is lost."""
    given = request.POST
    known: dict[str, Kind] = {kind: kind for kind in KINDS}
    kinds: list[Kind] = [known.get(kind, "other") for kind in given.getlist("kind")]
    numbers = [
        Number(number, kind or "other")
        for number, kind in zip_longest(given.getlist("number")[:MAX_TYPED], kinds[:MAX_TYPED])
        if number is not None
    ]
    return Card(
        given.get("name", ""), given.get("organisation", ""), tuple(numbers), given.get("mail", ""), given.get("note", "")
    )


def _form(request: HttpRequest, card: Card, faults: dict[str, str] | None = None, **page: Any) -> HttpResponse:
    actor, wrong = account_of(request), faults or {}
    contact = page.get("contact")
    numbers = [(place, each, wrong.get(f"number-{place}", "")) for place, each in enumerate(card.numbers)]
    room = min(EMPTY_FIELDS if numbers else 2, MAX_NUMBERS - len(numbers))
    numbers += [(len(numbers) + more, Number("", "mobile" if not numbers else "work"), "") for more in range(room)]
    page |= {
        "card": card,
        "faults": wrong,
        "numbers": numbers,
        "kinds": [(kind, NUMBER_KINDS[kind]) for kind in KINDS],
        "twins": access.access_twins(actor, contact.card, contact.id) if contact is not None else [],
    }
    return render(request, "web/contact.html", page | _LIMITS, status=422 if wrong else 200)
