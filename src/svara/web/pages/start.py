"""The first page of an empty installation: its code, then the company and its owner, or the demo office.

Only who has the code gets further (`svara.people.founding`). It stays in the session, not in the address, from then on.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people import founding
from svara.people.administration import Rejected
from svara.people.errors import PlainError
from svara.web.forms import founding as asked
from svara.web.forms.fields import Form, Item, read
from svara.web.pages.door import come_in

CODE = "setup-code"
"""Where the session keeps it."""


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The door of an empty installation; in one that is in use, the way of its administrators goes on here."""
    if not founding.is_open():
        return redirect("first-steps" if request.user.is_authenticated else "sign-in")
    if request.method == "POST":
        return _with(request, request.POST.get("code", ""))
    return redirect("start-company") if _code(request) else render(request, "web/start.html")


@login_not_required
@never_cache
@require_GET
def with_code(request: HttpRequest, code: str) -> HttpResponse:
    """The link that `svara serve` prints."""
    return _with(request, code) if founding.is_open() else redirect("start")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def company(request: HttpRequest) -> HttpResponse:
    """The company and its owner."""
    code = _code(request)
    if not code:
        return redirect("start")
    if request.method == "GET":
        return _company(request, asked.fresh(request.headers.get("Accept-Language", "")))
    wish = read((*asked.COMPANY, *asked.OWNER), request.POST, {}, asked.options(), new=True)
    try:
        account = founding.do_found(code, asked.founding(wish))
    except founding.Closed:
        return redirect("start")
    except Rejected as error:
        return _company(request, wish, [(fault.path, fault.message) for fault in error.faults])
    except PlainError as error:
        return _company(request, wish, [((), str(error))])
    del request.session[CODE]
    messages.success(request, _("Welcome! Your company is there."))
    return come_in(request, account, "start-people")


@login_not_required
@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """The demo office in place of one's own company; in it at once, as its administrator."""
    try:
        account = founding.do_found_demo(_code(request))
    except founding.Closed:
        return redirect("start")
    del request.session[CODE]
    return come_in(request, account, "home")


def _code(request: HttpRequest) -> str:
    """The code that this browser came with, if it still opens the installation."""
    code = str(request.session.get(CODE, ""))
    return code if code and founding.fits(code) else ""


def _with(request: HttpRequest, code: str) -> HttpResponse:
    if not founding.tried(code, request.META.get("REMOTE_ADDR", "")):
        return render(request, "web/start.html", {"wrong": True}, status=422)
    request.session.cycle_key()
    request.session[CODE] = code[:100]
    return redirect("start-company")


def _company(
    request: HttpRequest, item: Item, faults: list[tuple[tuple[str | int, ...] | None, str]] | None = None
) -> HttpResponse:
    choices = asked.options()
    forms = [Form(fields, item, choices, new=True) for fields in (asked.COMPANY, asked.OWNER)]
    for path, message in faults or []:
        form = next((form for form in forms if path and any(each.key == path[0] for each in form.fields)), forms[0])
        form.blame([(path, message)])
    page = {"company": forms[0], "owner": forms[1], "wrong": bool(faults)}
    return render(request, "web/start_company.html", page, status=422 if faults else 200)
