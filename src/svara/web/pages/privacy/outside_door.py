"""The door for people outside to their own data: by a link to their e-mail address, or a code that an officer reads out to
their telephone number; and what they see and do behind it.

Before that nothing here tells whether a number or address is known: every answer is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people.models import Tenant
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.functions.registry import OUTSIDE
from svara.privacy.registers import cases
from svara.privacy.rights import corrections, links, objections, restriction, telling, wishes
from svara.privacy.rights.links import Gone, Visit
from svara.web.pages.privacy import asked
from svara.web.pages.privacy.news import whole
from svara.web.pages.viewing import fragment
from svara.web.words import sentences

ASKING_AN_HOUR, OPENING_AN_HOUR = 20, 30
"""So often one source may."""
OPENING_ALL_AN_HOUR = 600
"""... and all together: codes are guessed from many places."""
_SESSION = "outside"


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("address", "contact")
def door(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a link to one's e-mail address, or to be called."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise Http404
    page: dict[str, Any] = {"tenant": tenant, "by_mail": bool(settings.EMAIL_HOST), "form": cases.new_form()}
    if request.method == "GET":
        return _door(request, "ask", page)
    if not _may(request, "ask", ASKING_AN_HOUR):
        return _door(request, "later", page, 429)
    if "contact" in request.POST:
        return _call_me(request, tenant, page)
    address = request.POST.get("address", "").strip()[:320]
    try:
        validate_email(address)
    except ValidationError:
        return _door(request, "ask", page | {"wrong": True}, 422)
    if not settings.EMAIL_HOST:
        raise Http404
    token = links.do_ask(tenant.id, address)
    if token is not None:
        place = whole(request, reverse("link", args=[token]))
        if not telling.send(tenant.id, links.letter(tenant.name, address, get_language() or "en", place)):
            return _door(request, "later", page, 503)
    return _door(request, "sent", page)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("code")
def link(request: HttpRequest, token: str = "") -> HttpResponse:
    """Open a link or code. It counts with the button: programs that only look at links use none up, and the page before it
    is the same for every link. The button sends it in the body, so that no log of addresses has what was refused."""
    if request.method == "GET":
        return _door(request, "open", {"token": token})
    if not (_may(request, "open", OPENING_AN_HOUR) and _may(request, "open", OPENING_ALL_AN_HOUR, everybody=True)):
        return _door(request, "later", {}, 429)
    try:
        _here, secret = links.do_open(request.POST.get("code", "")[:100])
    except Gone:
        return _door(request, "gone", {}, 404)
    request.session.cycle_key()
    request.session[_SESSION] = secret
    return redirect("outside-data")


def on_a_visit(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For whoever opened a link in this browser; everybody else reads that there is none."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        try:
            here = links.visit(str(request.session.get(_SESSION, "")))
        except Gone:
            return _door(request, "gone", {}, 404)
        return view(request, here, *args, **more)

    return login_not_required(never_cache(guarded))


@require_GET
@on_a_visit
def data(request: HttpRequest, here: Visit) -> HttpResponse:
    """What there is about the visitor, and what they can do."""
    return _page(request, here)


@require_POST
@on_a_visit
def act(request: HttpRequest, here: Visit, how: str) -> HttpResponse:
    """Correct, object, restrict, ask to be erased, withdraw, export."""
    given = request.POST
    why = given.get("why", "")
    steps: dict[str, Callable[[], object]] = {
        "correct": lambda: corrections.ask(
            here.tenant_id, here.subject, given.get("key", ""), given.get("value", ""), why=why
        ),
        "correct-back": lambda: corrections.take_back(here.tenant_id, here.subject, given.get("id", "")),
        "object": lambda: objections.object_(here.tenant_id, here.subject, given.get("purpose", ""), why, by=""),
        "object-back": lambda: objections.withdraw(here.tenant_id, here.subject, given.get("id", ""), by=""),
        "restrict": lambda: restriction.ask(here.tenant_id, here.subject, given.get("ground", ""), why, by=""),
        "restrict-back": lambda: restriction.free(here.tenant_id, here.subject, given.get("id", ""), by=""),
        "erase": lambda: wishes.ask(here.tenant_id, here.subject, why),
        "withdraw": lambda: links.do_withdraw(here, given.get("purpose", "")),
        "export": lambda: links.do_export(here, get_language() or "en"),
    }
    if how not in steps:
        raise Http404
    try:
        steps[how]()
    except NotFound:
        raise Http404 from None
    except Invalid as error:
        return _page(request, here, sentences(error.messages), 422)
    messages.success(request, _("Done."))
    return redirect("outside-data")


@require_GET
@on_a_visit
def export(request: HttpRequest, here: Visit) -> HttpResponse:
    """How far the export is."""
    return fragment(request, "web/privacy/_outside_export.html", {"job": links.export_of(here)})


@require_GET
@on_a_visit
def fetch(_request: HttpRequest, here: Visit) -> FileResponse:
    """The export."""
    try:
        found = links.access_export(here)
    except NotFound:
        raise Http404 from None
    return FileResponse(found.file, as_attachment=True, filename=found.name, content_type="application/zip")


@require_POST
@on_a_visit
def leave(request: HttpRequest, here: Visit) -> HttpResponse:
    """The visit is over."""
    links.do_leave(here)
    request.session.pop(_SESSION, None)
    return _door(request, "left", {})


def _call_me(request: HttpRequest, tenant: Tenant, page: dict[str, Any]) -> HttpResponse:
    office = cases.Office(tenant.id, tenant.country, tenant.timezone)
    text = _("I want to see what is stored about my telephone number. Call it, and read the code out to me.")
    name, contact = request.POST.get("name", ""), request.POST.get("contact", "")
    try:
        if not request.POST.get("website"):
            form = request.POST.get("form", "")
            cases.open_outside(office, "access", text, name=name, contact=contact, form=form)
    except Invalid as error:
        return _door(request, "ask", page | {"problems": sentences(error.messages)}, 422)
    return _door(request, "called", page)


def _page(request: HttpRequest, here: Visit, problems: list[str] | None = None, status: int = 200) -> HttpResponse:
    against = objections.of(here.tenant_id, here.subject)
    stopped = {each.row.purpose for each in against if each.row.state in {"stopped", "upheld"}}
    page: dict[str, Any] = {
        "company": Tenant.objects.get(pk=here.tenant_id).name,
        "holdings": links.holdings(here),
        "job": links.export_of(here),
        "values": [
            {"of": each, "title": _(each.title), "value": each.read(here.tenant_id, here.subject, "")}
            for each in corrections.correctables(here.subject)
            if not each.of_thing
        ],
        "corrections": [asked.shown_correction(each, {}) for each in corrections.of(here.tenant_id, here.subject)],
        "objections": [asked.shown_objection(each, {}) for each in against],
        "purposes": [(key, title) for key, title in objections.STOPPED.items() if key not in stopped],
        "restrictions": [asked.shown_restriction(each, {}) for each in restriction.of(here.tenant_id, here.subject)],
        "grounds": asked.GROUNDS,
        "wishes": [asked.shown_wish(each, {}) for each in wishes.of(here.tenant_id, here.subject)],
        "consents": [(entry.purpose, OUTSIDE[entry.purpose].read().title) for entry in links.consents(here)],
        "problems": problems,
    }
    return render(request, "web/privacy/outside_data.html", page, status=status)


def _door(request: HttpRequest, step: str, page: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "web/privacy/outside_door.html", page | {"step": step}, status=status)


def _may(request: HttpRequest, what: str, times: int, *, everybody: bool = False) -> bool:
    key = f"outside-{what}-" + ("all" if everybody else request.META.get("REMOTE_ADDR", ""))
    cache.add(key, 0, 3600)
    try:
        return cache.incr(key) <= times
    except ValueError:  # it expired this moment
        return True
