"""The keys beside the display of a person's phones: put in order, added and taken away; one's own, or by administrators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from svara.people import administration, linekeys, snapshot
from svara.people.document import Document, Item, key_item
from svara.people.errors import PlainError
from svara.people.models import Account
from svara.web.forms.faults import told
from svara.web.forms.fields import Form, read
from svara.web.forms.kinds import KEY
from svara.web.forms.options import names, options, target
from svara.web.pages.administration import for_administrators
from svara.web.pages.viewing import account_of


@dataclass(frozen=True, slots=True)
class Line:
    """A key in the list: what stands beside it, and where it leads."""

    label: str
    leads_to: str
    nowhere: bool
    """It cannot be dialled, so phones leave it out."""


@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """My keys."""
    actor = account_of(request)
    item, document = administration.access_own(actor)

    def save(keys: list[Item]) -> None:
        administration.do_change_own(actor, item | {"keys": keys})

    return _page(request, actor.username, document, item["keys"], save, "keys")


@require_http_methods(["GET", "POST"])
@for_administrators
def of_person(request: HttpRequest, name: str) -> HttpResponse:
    """Somebody's keys, by an administrator."""
    actor = account_of(request)
    document, item = administration.access_item(actor, "people", name)

    def save(keys: list[Item]) -> None:
        administration.do_save(actor, "people", name, item | {"keys": keys})

    return _page(request, name, document, item["keys"], save, "person-keys")


def _page(  # noqa: PLR0917  who, what there is, and how it is saved
    request: HttpRequest, username: str, document: Document, chosen: list[Item], save: Callable[[list[Item]], None], to: str
) -> HttpResponse:
    automatic = _automatic(account_of(request), username)
    where = [] if to == "keys" else [username]
    form = Form(KEY, {}, options(document), new=True)
    status = 200
    if request.method == "POST":
        keys = _changed(chosen or automatic, request)
        if keys is None:
            wish = read(KEY, request.POST, {}, options(document), new=True)
            keys = [*(chosen or automatic), wish] if wish.get("to") else None
            form = Form(KEY, wish, options(document), new=True)
        try:
            if keys is not None:
                save(keys)
                messages.success(request, _("Saved. Phones that Svara sets up get their keys when they next ask for them."))
                return redirect(to, *where)
            form.controls[0].faults.append(_("Choose where the key leads."))
        except administration.Rejected as error:
            form.faults += [told(fault.message) for fault in error.faults]
        except PlainError as error:
            form.faults.append(str(error))
        status = 422
    called = names(document)
    page = {
        "lines": [_line(called, item, document) for item in chosen or automatic],
        "automatic": not chosen,
        "form": form,
        "whose": "" if to == "keys" else called.get(username, username),
        "username": username,
        "section": "people",
    }
    return render(request, "web/linekeys.html", page, status=status)


def _automatic(actor: Account, username: str) -> list[Item]:
    company = snapshot.of(actor.tenant)
    person = company.by_username[username]
    return [key_item(key) for key in linekeys.automatic(company, person)]


def _changed(keys: list[Item], request: HttpRequest) -> list[Item] | None:
    """The keys after a button was pressed (`up:1`, `down:0`, `remove:2`, `automatic`); None for the button that adds."""
    what, _colon, number = request.POST.get("do", "")[:20].partition(":")
    if what == "automatic":
        return []
    at = int(number) if number.isascii() and number.isdecimal() and int(number) < len(keys) else None
    if what not in ("up", "down", "remove") or at is None:
        return None
    keys = list(keys)
    key = keys.pop(at)
    if what != "remove":
        keys.insert(max(0, at - 1) if what == "up" else at + 1, key)
    return keys


def _line(called: dict[str, str], item: Item, document: Document) -> Line:
    leads_to = item["to"]
    words = target(called, leads_to)
    label = item.get("label") or (leads_to.partition(":")[2] if leads_to.startswith(("queue:", "dial:")) else words)
    return Line(label, words if label != words else "", nowhere=_unreachable(leads_to, document))


def _unreachable(leads_to: str, document: Document) -> bool:
    kind, _colon, name = leads_to.partition(":")
    section, key = {"person": ("people", "username"), "queue": ("queues", "name")}.get(kind, ("", ""))
    found = [each for each in document.get(section, ()) if each[key] == name]
    return bool(found) and not found[0].get("extension")
