"""Menus, and where calls go: drawn, tried out for a number and a time, and changed in place."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from svara.calls.routing.flow import CHOSEN, HOURS, Way, flow
from svara.calls.routing.following import Followed, follow
from svara.people import access, administration, menus
from svara.people.errors import PlainError
from svara.people.models import OfficeChange
from svara.people.office import Office, Tenant
from svara.web import flow_view
from svara.web.forms.fields import Field, Form, Item, read
from svara.web.forms.kinds import ABOUT, NEW, TITLES
from svara.web.forms.options import options
from svara.web.pages.administration import for_administrators, keep_upload
from svara.web.pages.viewing import account_of, fragment
from svara.web.sound_file import sound_file

MAX_PRESSED = 20
MAX_SIGNS = 16
KEYS = "1234567890*#"
Faults = list[tuple[tuple[str | int, ...] | None, str]]

_TO = Field(key="to", label=gettext_lazy("Leads to"), kind="target", options="targets", required=True)
_KEY = Field(key="key", label=gettext_lazy("Key"), kind="choice", options="free_keys", required=True)
_SAID = (
    Field(key="text", label=gettext_lazy("Text to be spoken"), kind="area"),
    Field(key="language", label=gettext_lazy("Language"), kind="choice", options="languages"),
    Field(
        key="file",
        label=gettext_lazy("Or a sound file"),
        kind="file",
        hint=gettext_lazy("WAV, MP3, OGG or Opus, at most 20 MB"),
    ),
)
_FIELDS = {"open": "to", "always": "to", "closed": "closed"}
"""Ways of numbers and their hours, by the keys of a number's item."""


@require_GET
@for_administrators
def overview(request: HttpRequest) -> HttpResponse:
    """Where calls go."""
    return _page(request)


@require_http_methods(["GET", "POST"])
@for_administrators
def way(request: HttpRequest) -> HttpResponse:
    """One way, to be led elsewhere; a key, also to be added or taken away."""
    place, name = request.GET.get("place", ""), request.GET.get("way", "")
    section, named, path = _where(place, name)
    document, item = administration.access_item(account_of(request), section, named)
    new = name == CHOSEN
    fields = (_KEY, _TO) if new else (_TO,)
    choices = {
        **options(document),
        "free_keys": [("", [("", "–"), *((key, key) for key in KEYS if key not in item.get("keys", {}))])],
    }
    if request.method == "GET":
        form = Form(fields, {"to": _at(item, path)}, choices, new=True)
        return fragment(request, "web/_flow_way.html", _way_page(request, section, named, name, form))
    wish = read(fields, request.POST, {}, choices, new=True)
    faults: Faults = []
    if "remove" in request.POST and name.startswith(CHOSEN) and not new:
        changed = _put(item, path, None)
    else:
        if not wish.get("to"):
            faults.append((("to",), _("Choose where the call goes.")))
        if new and wish.get("key") not in tuple(KEYS):
            faults.append((("key",), _("Choose a key.")))
        changed = _put(item, ("keys", str(wish.get("key", ""))) if new else path, wish.get("to"))
    done, told = (None, faults) if faults else _save(request, section, named, changed)
    if done is None:
        form = Form(fields, wish, choices, new=True)
        form.blame((where if where is None or where == ("key",) else ("to",), message) for where, message in told)
        return _page(request, ("web/_flow_way.html", _way_page(request, section, named, name, form)))
    return _saved(request, done)


@require_http_methods(["GET", "POST"])
@for_administrators
def prompt(request: HttpRequest, name: str) -> HttpResponse:
    """What callers of a menu hear: listened to, recorded, or written to be spoken."""
    document, item = administration.access_item(account_of(request), "menus", name)
    there: Item | None = next((each for each in document["sounds"] if each["name"] == item["prompt"]), None)
    fresh = {"name": item["prompt"], "language": document["tenant"]["languages"][0]}
    page = {
        "name": name,
        "sound": item["prompt"],
        "heard": _heard(request, name),
        "also": [each["name"] for each in document["menus"] if each["prompt"] == item["prompt"] and each["name"] != name],
        "form": Form(_SAID, there or fresh, options(document), new=True),
    }
    if request.method == "GET":
        return fragment(request, "web/_flow_prompt.html", page)
    wish = read(_SAID, request.POST, there or fresh, options(document), new=True)
    upload = request.FILES.get("file")
    with tempfile.NamedTemporaryFile(prefix="svara-sound-") as file:
        faults: Faults = []
        if isinstance(upload, UploadedFile):
            faults = [] if keep_upload(upload, file) else [(("file",), _("This file is too large."))]
            wish = {key: value for key, value in wish.items() if key != "text"} | {"file": file.name}
        elif not wish.get("text"):
            faults = [((), _("Record something, choose a sound file, or write what is to be spoken."))]
        done = None
        if not faults:
            done, found = _save(request, "sounds", wish["name"] if there is not None else None, wish)
            faults = [(where, message.replace(PurePath(file.name).name, str(upload))) for where, message in found]
    if done is None:
        wish.pop("file", None)
        form = Form(_SAID, wish, options(document), new=True)
        form.blame(faults)
        return _page(request, ("web/_flow_prompt.html", page | {"form": form}))
    return _saved(request, done)


@require_GET
@for_administrators
def prompt_sound(request: HttpRequest, name: str) -> HttpResponse:
    """The prompt itself."""
    return sound_file(request, menus.access_prompt(account_of(request), name))


def _page(request: HttpRequest, asked: tuple[str, dict[str, Any]] | None = None) -> HttpResponse:
    """The whole page; `asked`: what stands in its dialog, where something was wrong with it."""
    account = account_of(request)
    tenant = menus.access_routing(account)
    everything = flow(tenant)
    only = request.GET.get("only", "")
    entry = only if only in everything.entries else ""
    if not entry and len(everything.places) > flow_view.MAX_DRAWN:
        entry = everything.entries[0]
    chosen = everything.within(entry) if entry else everything
    test = _test(request, tenant)
    followed = test.pop("followed")
    edits = account.visit is None
    places = flow_view.shown(chosen, tenant, followed, edits=edits)
    known = flow_view.shown(everything, tenant, None, edits=False) if entry else places
    page = {
        "section": "menus",
        "title": TITLES["menus"],
        "about": ABOUT["menus"],
        "new": NEW["menus"],
        "picture": flow_view.picture(places),
        "branches": flow_view.branches(places, chosen.entries),
        "entries": flow_view.entries(everything, known),
        "entry": entry,
        "faults": [place for place in places.values() if place.faults],
        "steps": flow_view.told(followed, known) if followed is not None else [],
        "test": test,
        "numbers": [number.number for number in tenant.numbers],
        "undo": _undo(request),
        "asked": asked[0] if asked is not None else "",
        "edits": edits,
        **(asked[1] if asked is not None else {}),
    }
    return render(request, "web/administration_menus.html", page, status=422 if asked is not None else 200)


def _test(request: HttpRequest, tenant: Tenant) -> dict[str, Any]:
    """Which call is tried out (now, where nothing else is said), and the way that it goes."""
    now = timezone.localtime()
    day, hour = request.GET.get("date", "")[:10], request.GET.get("time", "")[:5]
    number = request.GET.get("number", "")[:20]
    pressed = request.GET.get("press", "")[:200]
    test: dict[str, Any] = {"number": number, "date": day, "time": hour, "press": pressed, "fault": "", "followed": None}
    if number in tenant.number_by_e164:
        try:
            at = timezone.make_aware(
                datetime.fromisoformat(f"{day or now.date().isoformat()}T{hour or now.strftime('%H:%M')}")
            )
        except ValueError:
            test["fault"] = _("That is no day, or no time.")
        else:
            keys = [each[:MAX_SIGNS] for each in pressed.replace(",", " ").split()][:MAX_PRESSED]
            test["followed"] = _followed(tenant, number, at.timestamp(), keys)
            test["at"] = at
    return test | {"date": day or now.date().isoformat(), "time": hour or now.strftime("%H:%M")}


def _followed(tenant: Tenant, number: str, at: float, pressed: list[str]) -> Followed:
    return follow(Office(version=0, tenants=(tenant,)), tenant.id, number, at, pressed)


def _where(place: str, name: str) -> tuple[str, str, tuple[str, ...]]:
    """Where a way is set: the section, what in it, and the path to the value. Raises NotFound."""
    kind, _colon, named = place.partition(":")
    if kind == "menu" and (name == "otherwise" or (name.removeprefix(CHOSEN) in ("", *KEYS) and name.startswith(CHOSEN))):
        return "menus", named, ("otherwise",) if name == "otherwise" else ("keys", name.removeprefix(CHOSEN))
    if kind in ("number", HOURS.rstrip(":")) and name in _FIELDS:
        return "numbers", named, (_FIELDS[name],)
    if kind == "queue" and name in ("when_timeout", "when_full", "when_empty"):
        return "queues", named, (name,)
    if kind == "person" and name == "unanswered":
        return "people", named, ("unanswered", "to")
    raise access.NotFound


def _at(item: Item, path: tuple[str, ...]) -> Any:
    value: Any = item
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _put(item: Item, path: tuple[str, ...], value: Any) -> Item:
    """The item with another value at the path; None takes it away."""
    first, *rest = path
    if rest:
        return item | {first: _put(item.get(first, {}), tuple(rest), value)}
    return {key: each for key, each in item.items() if key != first} | ({} if value is None else {first: value})


def _way_page(request: HttpRequest, section: str, named: str, name: str, form: Form) -> dict[str, Any]:
    heading = _("A new key") if name == CHOSEN else flow_view.label(Way(name, ""))
    address = reverse("administration-way", query={"place": request.GET["place"], "way": name})
    whole = reverse("administration-item", args=[section, named])
    removable = name.startswith(CHOSEN) and name != CHOSEN
    return {"form": form, "heading": heading, "named": named, "address": address, "whole": whole, "removable": removable}


def _heard(request: HttpRequest, name: str) -> bool:
    try:
        return menus.access_prompt(account_of(request), name).is_file()
    except access.NotFound:
        return False


def _save(request: HttpRequest, section: str, name: str | None, item: Item) -> tuple[administration.Done | None, Faults]:
    try:
        return administration.do_save(account_of(request), section, name, item), []
    except administration.Rejected as error:
        return None, [(fault.path, fault.message) for fault in error.faults]
    except PlainError as error:
        return None, [((), str(error))]


def _saved(request: HttpRequest, done: administration.Done) -> HttpResponse:
    messages.success(request, _("Saved. It is in effect now.") if done.applied.changes else _("Nothing was changed."))
    return redirect(reverse("administration-menus", query={"saved": done.change} if done.change else None))


def _undo(request: HttpRequest) -> str:
    """The change that was made just now, where it can be undone."""
    saved = request.GET.get("saved", "")[:64]
    change = OfficeChange.of(account_of(request)).filter(pk=saved, account=account_of(request)).first() if saved else None
    if change is None or not change.before or OfficeChange.of(account_of(request)).filter(undoes=change).exists():
        return ""
    return change.id
