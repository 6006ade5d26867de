"""Phones that Svara sets up: adding one, showing once how it comes, letting in, shutting out, taking away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from svara.calls.commands import ForgetPhone
from svara.people import access
from svara.people.actions import Invalid
from svara.people.models import Account, Handset, Phone
from svara.people.provisioning import actions, reading
from svara.people.provisioning.makers import MAKERS
from svara.web.pages.calls import ask
from svara.web.pages.provision import base_of
from svara.web.pages.viewing import account_of, qr_code
from svara.web.words import sentences

BACK = "start-phone"
"""Who comes from the first steps goes on there."""


@dataclass(frozen=True, slots=True)
class Line:
    """A phone in the list."""

    handset: Handset
    maker: str
    tone: str
    state: str | Promise


@require_http_methods(["GET", "POST"])
def handsets(request: HttpRequest) -> HttpResponse:
    """All of the company, and adding one for somebody: for administrators."""
    actor = account_of(request)
    if not actor.has_role("admin"):
        raise PermissionDenied
    if request.method == "POST":
        return _add(request, actor, request.POST.get("username", ""), "handsets")
    return _page(request, actor, "handsets")


@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """My own, and adding one where the company allows it."""
    actor = account_of(request)
    if request.method == "POST":
        return _add(request, actor, actor.username, "my-handsets")
    return _page(request, actor, "my-handsets")


@require_POST
def change(request: HttpRequest, handset_id: str, how: str) -> HttpResponse:
    """`issue`, `open`, `revoke` or `remove` a phone."""
    actor = account_of(request)
    to = "my-handsets" if request.POST.get("mine") or not actor.has_role("admin") else "handsets"
    try:
        match how:
            case "issue":
                return _issued(request, actions.do_issue(actor, handset_id), to)
            case "open":
                actions.do_open(actor, handset_id)
                messages.success(request, _("The door is open for half an hour. Start the phone now."))
            case "revoke":
                _forget(actions.do_revoke(actor, handset_id))
                messages.success(request, _("This phone is shut out: neither its settings nor its calls work any more."))
            case "remove":
                _forget(actions.do_remove(actor, handset_id))
                messages.success(request, _("The phone is gone from here."))
            case _:
                raise Http404
    except access.NotFound:
        raise Http404 from None
    except access.Forbidden:
        raise PermissionDenied from None
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    return redirect(to)


def _add(request: HttpRequest, actor: Account, username: str, to: str) -> HttpResponse:
    asked = {key: request.POST.get(key, "").strip()[:100] for key in ("maker", "mac", "login")}
    try:
        issued = actions.do_add(actor, username, **asked, clear="clear" in request.POST)
    except access.Forbidden:
        raise PermissionDenied from None
    except access.NotFound:
        return _page(request, actor, to, asked | {"username": username}, [_("Choose somebody of the list.")])
    except Invalid as error:
        return _page(request, actor, to, asked | {"username": username}, sentences(error.messages))
    return _issued(request, issued, BACK if request.POST.get("back") == BACK else to)


def _page(
    request: HttpRequest,
    actor: Account,
    to: str,
    asked: dict[str, str] | None = None,
    faults: list[str] | None = None,
) -> HttpResponse:
    everybody = to == "handsets"
    found = reading.access_handsets(actor) if everybody else reading.access_own_handsets(actor)
    phones = Phone.of(actor).filter(handset=None).select_related("account").order_by("login")
    page: dict[str, Any] = {
        "lines": [_line(each) for each in found],
        "everybody": everybody,
        "may_add": actions.allowed(actor, actor.username),
        "makers": MAKERS.values(),
        "people": access.directory(actor) if everybody else [],
        "phones": phones if everybody else phones.filter(account=actor),
        "asked": asked or {},
        "faults": faults or [],
        "mac_example": "00:15:65:aa:bb:cc",
        "encrypted": base_of(request).startswith("https:"),
        "door": f"{base_of(request)}provision/{actor.tenant.slug}/",
        "section": "handsets",
    }
    return render(request, "web/handsets.html", page, status=422 if faults else 200)


def _issued(request: HttpRequest, issued: actions.Issued, to: str) -> HttpResponse:
    """How the phone comes: shown this once."""
    maker = MAKERS[issued.handset.maker]
    address = maker.address(base_of(request), issued.token, issued.handset.mac)
    page: dict[str, Any] = {
        "handset": issued.handset,
        "maker": maker,
        "address": address,
        "command": f"curl -fsS -o ~/.baresip/accounts {address}" if maker.key == "baresip" else "",
        "until": issued.until.timestamp(),
        "until_at": issued.until,
        "qr": qr_code(address) if maker.key == "linphone" else "",
        "to": to,
        "section": "handsets",
        "encrypted": address.startswith("https:"),
    }
    answer = render(request, "web/handset_issued.html", page)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _line(handset: Handset) -> Line:
    tone, state = {
        "here": ("good", pgettext("phone", "set up")),
        "open": ("warn", pgettext("phone", "the door is open for it")),
        "awaited": ("warn", pgettext("phone", "has not come yet")),
        "shut-out": ("bad", pgettext("phone", "shut out")),
    }[reading.state_of(handset, timezone.now())]
    return Line(handset, MAKERS[handset.maker].name, tone, state)


def _forget(login: str) -> None:
    async_to_sync(ask)(ForgetPhone(login))
