"""Asking to be let in, for anybody where a company opened its form; and the administrators' decisions."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from svara.admission import access, actions
from svara.admission.models import KEPT_DAYS, Request
from svara.people import administration
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.policies.access import newest_version
from svara.web.forms.faults import told
from svara.web.pages.viewing import account_of
from svara.web.words import sentences

MAX_USERNAME = 64


@login_not_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. A company that takes no requests has none, as one that does not exist."""
    tenant = access.open_company(slug)
    if tenant is None:
        raise Http404
    given = {key: request.POST.get(key, "") for key in ("name", "contact", "company")}
    problems: list[str] = []
    if request.method == "POST":
        agreed, form = "agreed" in request.POST, request.POST.get("form", "")
        try:
            actions.ask(tenant, **given, agreed=agreed, form=form, source=request.META.get("REMOTE_ADDR", ""))
        except NotFound:
            raise Http404 from None
        except Invalid as error:
            problems = sentences(error.messages)
        else:
            return redirect(reverse("access-ask", args=[slug], query={"sent": "1"}))
    page: dict[str, Any] = {
        **given,
        "tenant": tenant,
        "sent": request.method == "GET" and "sent" in request.GET,
        "problems": problems,
        "form": actions.new_form(),
        "agreed": "agreed" in request.POST,
        "version": actions.CONSENT,
        "days": KEPT_DAYS,
        "policy": newest_version(tenant.id) is not None,
    }
    return render(request, "web/access_ask.html", page, status=422 if problems else 200)


@require_http_methods(["GET", "POST"])
def reception(request: HttpRequest) -> HttpResponse:
    """Whether requests are taken, and those there are."""
    actor = account_of(request)
    try:
        if request.method == "POST":
            actions.do_receive(actor, open_="open" in request.POST)
            messages.success(request, _("Saved. It is in effect now."))
            return redirect("administration-access")
        return _page(request)
    except Forbidden:
        raise PermissionDenied from None


@require_POST
def decide(request: HttpRequest, request_id: str, how: str) -> HttpResponse:
    """Let somebody in, refuse, take that back, or delete."""
    actor = account_of(request)
    try:
        match how:
            case "let-in":
                return _let_in(request, request_id)
            case "refuse" | "wait":
                actions.do_refuse(actor, request_id, again=how == "wait")
            case "delete":
                actions.do_delete(actor, request_id)
            case _:
                raise NotFound
    except Forbidden:
        raise PermissionDenied from None
    except NotFound:
        raise Http404 from None
    known = {
        "refuse": _("Refused. Nobody is told by Svara; you can take it back."),
        "wait": _("It waits again."),
        "delete": _("Deleted, with all that was said in it."),
    }
    messages.success(request, known[how])
    return redirect("administration-access")


def _let_in(request: HttpRequest, request_id: str) -> HttpResponse:
    username = request.POST.get("username", "").strip()[:MAX_USERNAME]
    try:
        done = actions.do_let_in(account_of(request), request_id, username)
    except administration.Rejected as error:
        return _page(request, request_id, username, [told(fault.message) for fault in error.faults])
    links = [
        (invited.name, request.build_absolute_uri(reverse("invitation", args=[invited.token])))
        for invited in done.applied.invited
    ]
    return render(request, "web/administration_secrets.html", {"section": "people", "secrets": done.secrets, "links": links})


def _page(request: HttpRequest, wrong: str = "", username: str = "", faults: list[str] | None = None) -> HttpResponse:
    actor = account_of(request)
    found = access.access_requests(actor)
    page = {
        "section": "access",
        "open": access.is_open(actor),
        "address": request.build_absolute_uri(reverse("access-ask", args=[actor.tenant.slug])),
        "lines": [
            {
                "one": one,
                "username": username if one.id == wrong else _suggested(one),
                "faults": faults if one.id == wrong else None,
            }
            for one in found
        ],
        "days": KEPT_DAYS,
    }
    return render(request, "web/administration_access.html", page, status=422 if faults else 200)


def _suggested(one: Request) -> str:
    """A user name to begin with: what stands before the @ of the address."""
    return re.sub(r"[^a-z0-9.-]", "", one.contact.partition("@")[0].lower())[:MAX_USERNAME]
