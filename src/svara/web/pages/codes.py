"""Which feature codes a company uses, and by which signs: switched off or changed by its administrators."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from svara.people import administration
from svara.people.codes import OFF, TABLE, Code
from svara.people.errors import PlainError
from svara.web.forms.faults import told
from svara.web.pages.administration import for_administrators
from svara.web.pages.viewing import account_of

MAX_SIGNS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table as it stands on the page."""

    row: Code
    code: str
    on: bool
    faults: tuple[str, ...] = ()

    @property
    def does(self) -> str:
        return _(self.row.does)

    @property
    def behind(self) -> str:
        return self.row.behind and _(self.row.behind)


@require_http_methods(["GET", "POST"])
@for_administrators
def codes(request: HttpRequest) -> HttpResponse:
    """The table, and saving it."""
    actor = account_of(request)
    company = administration.access_document(actor)["tenant"]
    if request.method == "GET":
        return _page(request, company.get("codes", {}))
    own: dict[str, str] = {}
    for row in TABLE:
        code = request.POST.get(f"code.{row.name}", "").strip()[:64]
        wanted = (code or row.code) if f"on.{row.name}" in request.POST else OFF
        if wanted != row.initial:
            own[row.name] = wanted
    try:
        administration.do_save_company(actor, {**company, "codes": own})
    except administration.Rejected as error:
        faults: dict[str, tuple[str, ...]] = {}
        for fault in error.faults:
            at = str(fault.path[1]) if fault.path is not None and len(fault.path) > 1 and fault.path[0] == "codes" else ""
            faults[at] = (*faults.get(at, ()), told(fault.message))
        return _page(request, own, faults, status=422)
    except PlainError as error:
        return _page(request, own, {"": (str(error),)}, status=422)
    messages.success(request, _("Saved. It is in effect now."))
    return redirect("administration-codes")


def _page(
    request: HttpRequest, own: dict[str, str], faults: dict[str, tuple[str, ...]] | None = None, *, status: int = 200
) -> HttpResponse:
    blamed = faults or {}
    lines = []
    for row in TABLE:
        code = own.get(row.name, row.initial)
        lines.append(Line(row, row.code if code == OFF else code, code != OFF, blamed.get(row.name, ())))
    page = {"section": "codes", "lines": lines, "faults": blamed.get("", ()), "max_signs": MAX_SIGNS}
    return render(request, "web/administration_codes.html", page, status=status)
