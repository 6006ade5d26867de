"""Administering a company from pages: its own settings, people and all that calls are routed through; the log of changes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import PurePath
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.calls.commands import AskTrunks, ForgetPhone, TrunkState, TrunkStates
from svara.media.sounds.library import MAX_BYTES
from svara.people import access, administration
from svara.people.actions import Invalid
from svara.people.document import KEYS
from svara.people.errors import PlainError
from svara.people.second.access import has_factor
from svara.people.second.actions import do_reset
from svara.web.forms.faults import told
from svara.web.forms.fields import Form, Item, read
from svara.web.forms.kinds import ABOUT, COMPANY, FIELDS, NEW, PARKING, RENAMED, TITLES
from svara.web.forms.options import names, options, target
from svara.web.pages.calls import ask
from svara.web.pages.security import asked_first
from svara.web.pages.viewing import account_of
from svara.web.words import sentences

View = Callable[..., HttpResponse]


def for_administrators(view: View) -> View:
    """Others get 403; what is not there, 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        if more.get("section", "people") not in FIELDS:
            raise Http404
        try:
            return view(request, *args, **more)
        except access.Forbidden:
            raise PermissionDenied from None
        except access.NotFound:
            raise Http404 from None

    return guarded


@dataclass(frozen=True, slots=True)
class Line:
    """An item in the list of its section."""

    name: str
    title: str
    about: str
    badge: tuple[str, str | Promise] | None = None
    """A tone and a word."""


@require_GET
@for_administrators
def section(request: HttpRequest, section: str) -> HttpResponse:
    """Everything of one kind."""
    document = administration.access_document(account_of(request))
    states = _trunk_states(request) if section == "trunks" else {}
    called = names(document)
    lines = [_line(called, section, item, states) for item in document[section]]
    page = {"section": section, "title": TITLES[section], "about": ABOUT[section], "new": NEW[section], "lines": lines}
    return render(request, "web/administration.html", page)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("secret", "pin", "moderator_pin")
@for_administrators
def item(request: HttpRequest, section: str, name: str | None = None) -> HttpResponse:
    """One thing: its form, and saving it. `name` None: a new one."""
    found: Item | None = None
    if name is None:
        document = administration.access_document(account_of(request))
    else:
        document, found = administration.access_item(account_of(request), section, name)
    if request.method == "GET":
        return _form(request, (section, name), document, found or _fresh(document, section))
    wish = read(FIELDS[section], request.POST, found or {}, options(document), new=found is None)
    upload = request.FILES.get("file") if section == "sounds" else None
    done = None
    with tempfile.NamedTemporaryFile(prefix="svara-sound-") as file:
        faults: list[tuple[tuple[str | int, ...] | None, str]] = []
        if isinstance(upload, UploadedFile):
            faults += [(("file",), _("This file is too large."))] if not keep_upload(upload, file) else []
            wish = {key: value for key, value in wish.items() if key != "text"} | {"file": file.name}
        try:
            done = administration.do_save(account_of(request), section, name, wish) if not faults else None
        except administration.Rejected as error:
            faults = [(fault.path, fault.message.replace(PurePath(file.name).name, str(upload))) for fault in error.faults]
        except PlainError as error:
            faults = [((), str(error))]
    if done is None or faults:
        wish.pop("file", None)
        return _form(request, (section, name), document, wish, faults)
    return _done(request, section, done)


@require_http_methods(["GET", "POST"])
@for_administrators
def company(request: HttpRequest) -> HttpResponse:
    """The company's own settings."""
    document = administration.access_document(account_of(request))
    if request.method == "GET":
        return _company(request, document, document["tenant"])
    wish = read(COMPANY, request.POST, document["tenant"], options(document), new=False)
    try:
        done = administration.do_save_company(account_of(request), wish)
    except administration.Rejected as error:
        return _company(request, document, wish, [(fault.path, fault.message) for fault in error.faults])
    return _done(request, "company", done)


@require_http_methods(["GET", "POST"])
@for_administrators
def parking(request: HttpRequest) -> HttpResponse:
    """Where callers are parked."""
    document = administration.access_document(account_of(request))
    if request.method == "GET":
        return _parking(request, document, document.get("parking", {}))
    wish = read(PARKING, request.POST, document.get("parking", {}), options(document), new=False)
    try:
        done = administration.do_save_parking(account_of(request), wish)
    except administration.Rejected as error:
        return _parking(request, document, wish, [(fault.path, fault.message) for fault in error.faults])
    return _done(request, "parking", done)


@require_POST
@for_administrators
def rename(request: HttpRequest, section: str, name: str) -> HttpResponse:
    """Give a queue, a menu, a conference or a sound another name."""
    try:
        done = administration.do_rename(account_of(request), section, name, request.POST.get("to", "").strip())
    except administration.Rejected as error:
        messages.error(request, " ".join(told(fault.message) for fault in error.faults))
        return redirect("administration-item", section, name)
    return _done(request, section, done)


@require_POST
@for_administrators
def reset(request: HttpRequest, name: str) -> HttpResponse:
    """Take away with what a colleague signs in beside the password."""
    back = reverse("administration-item", args=["people", name])
    if not administration.administers(account_of(request)):
        raise access.Forbidden
    if (first := asked_first(request, back)) is not None:
        return first
    try:
        account = do_reset(account_of(request), name)
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
        return redirect(back)
    told_ = _("%(name)s signs in with the password alone now, and can set up a second factor anew.")
    messages.success(request, told_ % {"name": account.name})
    return redirect(back)


@require_POST
@for_administrators
def remove(request: HttpRequest, section: str, name: str) -> HttpResponse:
    """Take one thing out, unless something else needs it."""
    actor = account_of(request)
    try:
        done = administration.do_remove(actor, section, name)
    except administration.Rejected:
        where = ", ".join(f"{TITLES[other]}: {each}" for other, each in administration.access_uses(actor, section, name))
        messages.error(request, _("“%(name)s” is still needed. %(where)s") % {"name": name, "where": where})
        return redirect("administration-item", section, name)
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
        return redirect("administration-item", section, name)
    return _done(request, section, done)


@require_GET
@for_administrators
def changes(request: HttpRequest) -> HttpResponse:
    """Who changed what, and when."""
    log = administration.access_changes(account_of(request))
    return render(request, "web/administration_changes.html", {"changes": log, "section": "changes"})


@require_POST
@for_administrators
def undo(request: HttpRequest, change_id: str) -> HttpResponse:
    """Bring back what was before a change."""
    try:
        done = administration.do_undo(account_of(request), change_id)
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
        return redirect("administration-changes")
    except PlainError as error:
        messages.error(request, _("That does not fit any more: %(why)s") % {"why": error})
        return redirect("administration-changes")
    return _done(request, "changes", done)


def _done(request: HttpRequest, section: str, done: administration.Done) -> HttpResponse:
    """Back to the list; what is shown only once is shown before."""
    for login in done.applied.stale_logins:
        async_to_sync(ask)(ForgetPhone(login))
    links = [
        (invited.name, request.build_absolute_uri(reverse("invitation", args=[invited.token])))
        for invited in done.applied.invited
    ]
    if done.secrets or links:
        page = {"section": section, "secrets": done.secrets, "links": links}
        return render(request, "web/administration_secrets.html", page)
    messages.success(request, _("Saved. It is in effect now.") if done.applied.changes else _("Nothing was changed."))
    own = {
        "changes": "administration-menus" if request.POST.get("back") == "menus" else "administration-changes",
        "company": "administration-company",
        "parking": "administration-parking",
    }.get(section)
    return redirect(own) if own else redirect("administration-section", section)


def _company(
    request: HttpRequest,
    document: dict[str, Any],
    item: Item,
    faults: list[tuple[tuple[str | int, ...] | None, str]] | None = None,
) -> HttpResponse:
    form = Form(COMPANY, item, options(document), new=False)
    form.blame(faults or [])
    page = {"section": "company", "name": None, "title": _("The company"), "form": form}
    return render(request, "web/administration_item.html", page, status=422 if faults else 200)


def _parking(
    request: HttpRequest,
    document: dict[str, Any],
    item: Item,
    faults: list[tuple[tuple[str | int, ...] | None, str]] | None = None,
) -> HttpResponse:
    form = Form(PARKING, item, options(document), new=False)
    form.blame(faults or [])
    page = {"section": "parking", "name": None, "title": _("Parking places"), "form": form}
    return render(request, "web/administration_item.html", page, status=422 if faults else 200)


def _form(
    request: HttpRequest,
    place: tuple[str, str | None],
    document: dict[str, Any],
    item: Item,
    faults: list[tuple[tuple[str | int, ...] | None, str]] | None = None,
) -> HttpResponse:
    section, name = place
    form = Form(FIELDS[section], item, options(document), new=name is None)
    form.blame(faults or [])
    page = {
        "section": section,
        "name": name,
        "title": NEW[section] if name is None else _line(names(document), section, item, {}).title,
        "form": form,
        "renamed": RENAMED.get(section, ""),
        "second": section == "people" and name is not None and _has_second(request, name),
    }
    return render(request, "web/administration_item.html", page, status=422 if faults else 200)


def _has_second(request: HttpRequest, name: str) -> bool:
    """Whether a colleague has a second factor that an administrator can take away; one's own is on one's own page."""
    actor = account_of(request)
    return name != actor.username and has_factor(access.person(actor, name))


def _fresh(document: dict[str, Any], section: str) -> Item:
    """What a new item begins with."""
    return {"language": document["tenant"]["languages"][0]} if section == "sounds" else {}


def keep_upload(upload: UploadedFile[bytes], file: Any) -> bool:
    """Write an uploaded file down; False where it is too large."""
    if upload.size is None or upload.size > MAX_BYTES:
        return False
    for chunk in upload.chunks():
        file.write(chunk)
    file.flush()
    return True


def _line(called: dict[str, str], section: str, item: Item, states: dict[str, TrunkState]) -> Line:
    name = KEYS[section](item)
    extension = str(item.get("extension", ""))
    match section:
        case "people":
            return Line(name, item["name"], " · ".join(filter(None, [extension, name])))
        case "queues":
            members = ", ".join(member["person"] for member in item.get("members", ()))
            return Line(name, name, " · ".join(filter(None, [extension, members])))
        case "hours":
            return Line(name, name, "; ".join(f"{days} {', '.join(times)}" for days, times in item.get("open", {}).items()))
        case "menus":
            keys = ", ".join(f"{key} → {target(called, to)}" for key, to in item.get("keys", {}).items())
            return Line(name, name, " · ".join(filter(None, [extension, keys])))
        case "conferences":
            waits = _("waits for the moderator") if item.get("wait_for_moderator") else ""
            return Line(name, name, " · ".join(filter(None, [extension, waits])))
        case "trunks":
            return Line(name, name, item.get("address", ""), _badge(states.get(name)))
        case "numbers":
            return Line(name, name, f"→ {target(called, item.get('to', ''))}")
        case "outbound":
            return Line(name, item.get("prefix", ""), f"→ {item.get('trunk', '')}")
        case _:
            return Line(name, name, item.get("text", "") or _("a sound file"))


def _trunk_states(request: HttpRequest) -> dict[str, TrunkState]:
    """How the trunks are now, by name; none while the calls process does not answer."""
    answer = async_to_sync(ask)(AskTrunks(account_of(request).tenant_id))
    return {state.name: state for state in answer.trunks} if isinstance(answer, TrunkStates) else {}


def _badge(state: TrunkState | None) -> tuple[str, str | Promise] | None:
    if state is None:
        return None
    known = {
        "up": ("good", _("works")),
        "down": ("bad", _("does not answer")),
        "unregistered": ("bad", _("not registered")),
        "unknown": ("", _("not asked")),
    }
    return known[state.state]
