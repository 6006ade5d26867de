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
from svara.web.forms.fields import Field, Form, Item, read
from svara.web.forms.kinds import HANDSET
from svara.web.forms.options import apart
from svara.web.forms.searched import Options
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
        return _add(request, actor, "handsets")
    return _page(request, actor, "handsets")


@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """My own, and adding one where the company allows it."""
    actor = account_of(request)
    if request.method == "POST":
        return _add(request, actor, "my-handsets")
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


def _add(request: HttpRequest, actor: Account, to: str) -> HttpResponse:
    everybody = to == "handsets"
    wish = read(_asked(everybody=everybody), request.POST, {}, _options(actor, everybody=everybody), new=True)
    asked = {key: str(wish.get(key, ""))[:100] for key in ("maker", "mac", "login")}
    username = wish.get("username", "") if everybody else actor.username
    try:
        issued = actions.do_add(actor, username, **asked, clear="clear" in request.POST)
    except access.Forbidden:
        raise PermissionDenied from None
    except access.NotFound:
        return _page(request, actor, to, wish, [_("Choose somebody of the list.")])
    except Invalid as error:
        return _page(request, actor, to, wish, sentences(error.messages))
    return _issued(request, issued, BACK if request.POST.get("back") == BACK else to)


def _page(
    request: HttpRequest,
    actor: Account,
    to: str,
    wish: Item | None = None,
    faults: list[str] | None = None,
) -> HttpResponse:
    everybody = to == "handsets"
    found = reading.access_handsets(actor) if everybody else reading.access_own_handsets(actor)
    form = Form(_asked(everybody=everybody), wish or {}, _options(actor, everybody=everybody), new=True)
    form.faults += faults or []
    page: dict[str, Any] = {
        "lines": [_line(each) for each in found],
        "everybody": everybody,
        "may_add": actions.allowed(actor, actor.username),
        "form": form,
        "encrypted": base_of(request).startswith("https:"),
        "door": f"{base_of(request)}provision/{actor.tenant.slug}/",
        "section": "handsets",
    }
    return render(request, "web/handsets.html", page, status=422 if faults else 200)


def _asked(*, everybody: bool) -> tuple[Field, ...]:
    return HANDSET if everybody else HANDSET[1:]


def _options(actor: Account, *, everybody: bool) -> dict[str, Options]:
    phones = Phone.of(actor).filter(handset=None).order_by("login").values_list("login", "account__name")
    if not everybody:
        phones = phones.filter(account=actor)
    whose = apart(dict(Account.of(actor).values_list("username", "name"))) if everybody else {}
    return {
        "people": [("", [("", "–"), *sorted(whose.items(), key=lambda pair: access.folded(pair[1]))])],
        "makers": makers(),
        "logins": [
            ("", [("", _("A new one")), *((login, f"{login} · {name}" if everybody else login) for login, name in phones)])
        ],
    }


def makers(without: tuple[str, ...] = ()) -> Options:
    """Whose phones can be set up."""
    return [("", [(maker.key, maker.name) for maker in MAKERS.values() if maker.key not in without])]


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
