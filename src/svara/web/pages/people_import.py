"""People out of a list that a spreadsheet saved or copied: pasted or uploaded, shown as it would become, then added.

The same page stands in the administration and on the way of a new company. Nothing is kept between the two looks: what was
pasted travels with the page, and comes back with every error.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from svara.people import access, administration, firststeps, importing, inviting
from svara.people.csvfile import MAX_BYTES, NoList, Table, Why, decoded, read
from svara.people.errors import PlainError
from svara.people.importing import Planned, Says
from svara.web.forms.faults import told
from svara.web.pages.firststeps import frame
from svara.web.pages.viewing import account_of

NO_LIST: dict[Why, Promise] = {
    "empty": gettext_lazy("There is nobody in this list: paste some lines, or choose a file."),
    "large": gettext_lazy("This is too much at once: a list may have 1,000 people and one megabyte."),
    "rows": gettext_lazy("This is too much at once: a list may have 1,000 people and one megabyte."),
    "workbook": gettext_lazy(
        "This is a whole workbook. In Excel choose “Save as” and CSV, or copy the cells and paste them."
    ),
    "binary": gettext_lazy("This is no list that can be read. Save it as CSV, or copy the cells and paste them."),
    "columns": gettext_lazy(
        "It cannot be told what is a name here. Put a line above with what each column is: First name, Last name, E-mail."
    ),
}
_EXTENSION = re.compile(r"extension\.(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the preview."""

    planned: Planned
    tone: str
    word: str
    faults: list[str]
    chosen: bool


@require_http_methods(["GET", "POST"])
def in_administration(request: HttpRequest) -> HttpResponse:
    """Reached from the people of the administration."""
    return _page(request, "people-import")


@require_http_methods(["GET", "POST"])
def on_the_way(request: HttpRequest) -> HttpResponse:
    """A step of the way of a new company."""
    return _page(request, "start-people")


def _page(request: HttpRequest, here: str) -> HttpResponse:
    actor = account_of(request)
    try:
        administration.access_document(actor)
        return _shown(request, here, "") if request.method == "GET" else _asked(request, here)
    except access.Forbidden:
        raise PermissionDenied from None


def _asked(request: HttpRequest, here: str) -> HttpResponse:
    actor = account_of(request)
    languages = [*actor.tenant.languages, get_language() or "en"]
    pasted, upload = request.POST.get("list", "")[:MAX_BYTES], request.FILES.get("file")
    try:
        if isinstance(upload, UploadedFile) and upload.size:
            pasted = _text(upload, languages)
        table = read(pasted, languages)
    except NoList as no:
        return _shown(request, here, pasted, fault=str(NO_LIST[no.why]))
    typed = {int(match[1]): str(value) for key, value in request.POST.items() if (match := _EXTENSION.fullmatch(key))}
    planned = importing.access_plan(actor, table, typed)
    chosen = {one.line for one in planned if f"add.{one.line}" in request.POST}
    adding = [one for one in planned if one.state in ("new", "alike") and one.line in chosen]
    wrong = any(one.state == "wrong" and one.line in chosen for one in planned)
    if "add" not in request.POST or wrong or not adding:
        return _shown(request, here, pasted, (table, planned, chosen if "add" in request.POST else None))
    try:
        done = importing.do_import(actor, adding)
    except administration.Rejected as error:
        return _shown(request, here, pasted, (table, planned, chosen), " ".join(told(each.message) for each in error.faults))
    except PlainError as error:
        return _shown(request, here, pasted, (table, planned, chosen), str(error))
    return _added(request, here, done)


def _text(upload: UploadedFile[bytes], languages: list[str]) -> str:
    """The text of an uploaded file. Raises NoList."""
    if upload.size is None or upload.size > MAX_BYTES:
        raise NoList("large")
    return decoded(upload.read(MAX_BYTES + 1), languages).removeprefix("\ufeff")


def _shown(
    request: HttpRequest,
    here: str,
    pasted: str,
    preview: tuple[Table, list[Planned], set[int] | None] | None = None,
    fault: str = "",
) -> HttpResponse:
    lines: list[Line] = []
    unknown: tuple[str, ...] = ()
    if preview is not None:
        table, planned, chosen = preview
        lines = [_line(one, chosen) for one in planned]
        unknown = table.unknown
    page: dict[str, Any] = {
        "lines": lines,
        "adding": sum(line.chosen for line in lines),
        "wrong": sum(line.planned.state == "wrong" for line in lines),
        "unknown": ", ".join(unknown),
        "pasted": pasted,
        "fault": fault,
        "example": _example(),
        "here": here,
        "by_mail": inviting.possible(),
        "send": request.method == "GET" or "send" in request.POST or "add" not in request.POST,
        "section": "people",
    }
    bad = bool(fault) or ("add" in request.POST and not page["adding"]) or bool(page["wrong"] and "add" in request.POST)
    return render(request, "web/people_import.html", page | frame(request, here), status=422 if bad else 200)


def _line(one: Planned, chosen: set[int] | None) -> Line:
    tone, word = {
        "new": ("good", _("will be added")),
        "there": ("", _("is there already")),
        "alike": ("warn", _("somebody of this name is there already")),
        "wrong": ("bad", _("cannot be added yet")),
    }[one.state]
    ticked = one.state == "new" if chosen is None else one.line in chosen
    return Line(one, tone, word, [_said(says) for says in one.says], ticked and one.state in ("new", "alike", "wrong"))


def _said(says: Says) -> str:
    """What is wrong with a value, in words."""
    words = {
        "no-name": _("There is no name."),
        "formula": _("“%(value)s” begins as a formula does: write the name itself."),
        "email": _("“%(value)s” is no e-mail address."),
        "email-twice": _("%(value)s stands in the list twice."),
        "extension": _("An extension has two to ten digits."),
        "extension-twice": _("The extension %(value)s stands in the list twice."),
        "extension-taken": _("The extension %(value)s is taken."),
        "mobile": _("“%(value)s” is no telephone number."),
    }
    return words[says.trouble] % {"value": says.value} if says.trouble in words else told(says.message)


def _example() -> str:
    """Two lines as they may be pasted."""
    rows = (
        (_("First name"), _("Last name"), _("E-mail"), _("Extension"), _("Mobile")),
        ("Anna", "Berg", "anna@example.com", "101", "+47 400 00 001"),
        ("Bo", "Lund", "bo@example.com", "", ""),
    )
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(rows)
    return text.getvalue().rstrip()


def _added(request: HttpRequest, here: str, done: administration.Done) -> HttpResponse:
    """Who is there now, each with the link by which they choose a password."""
    actor = account_of(request)
    links = {
        invited.username: request.build_absolute_uri(reverse("invitation", args=[invited.token]))
        for invited in done.applied.invited
    }
    sent = inviting.send(actor, links) if "send" in request.POST and inviting.possible() else set()
    people = [(each.name, links[each.username], each.username in sent) for each in done.applied.invited]
    if here == "start-people":
        firststeps.do_mark(actor, "people", "done")
    if not people:
        messages.success(request, _("Saved. It is in effect now."))
        return redirect(here)
    page = {"people": people, "sent": len(sent), "here": here, "section": "people"} | frame(request, here)
    answer = render(request, "web/people_added.html", page)
    answer["Referrer-Policy"] = "no-referrer"
    return answer
