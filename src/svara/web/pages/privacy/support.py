"""Access of the provider's staff, for who looks after the company: what is wanted, who asks, who looks, what was seen."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people.access import people_by_id
from svara.people.models import Account
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.staff import access, deciding
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of, fragment
from svara.web.support import MINUTES, ROLES, line
from svara.web.words import sentences


@require_http_methods(["GET", "POST"])
@for_privacy_officers
def support(request: HttpRequest) -> HttpResponse:
    """The page; a POST opens the door; `part` asks for the accesses alone, as they are now."""
    actor = account_of(request)
    problems: list[str] = []
    if request.method == "POST":
        given = request.POST
        try:
            deciding.do_open(
                actor,
                given.get("reason", ""),
                role=given.get("role", ""),
                minutes=_number(given.get("minutes", "")),
                content=given.get("content") == "yes",
            )
        except Invalid as error:
            problems = sentences(error.messages)
        else:
            messages.success(request, _("The door is open: the first of support who comes takes it."))
            return redirect("privacy-support")
    page = _accesses(actor, request.GET.get("cursor") or None)
    if "part" in request.GET:
        return fragment(request, "web/privacy/_support.html", page)
    page |= {
        "rule": deciding.access_rule(actor),
        "keys": _keys(actor),
        "minutes": MINUTES.items(),
        "roles": ROLES.items(),
        "problems": problems,
        "given": request.POST,
        "section": "privacy",
        "here": "support",
    }
    return render(request, "web/privacy/support.html", page, status=422 if problems else 200)


@require_GET
@for_privacy_officers
def banner(request: HttpRequest) -> HttpResponse:
    """What stands on top of every page, as it is now."""
    return fragment(request, "web/_support_banner.html", {"back": _inside(request, request.GET.get("back", ""))})


@require_POST
@for_privacy_officers
def rule(request: HttpRequest) -> HttpResponse:
    """Be asked, or told; allow emergencies, or not."""
    try:
        wish, emergency = request.POST.get("wish", ""), request.POST.get("emergency") == "yes"
        deciding.do_choose_rule(account_of(request), wish, emergency=emergency)
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    else:
        messages.success(request, _("Saved. It is in effect now."))
    return redirect("privacy-support")


@require_POST
@for_privacy_officers
def step(request: HttpRequest, grant_id: str, how: str) -> HttpResponse:
    """Agree, refuse, or end."""
    actor = account_of(request)
    try:
        if how == "end":
            deciding.do_end(actor, grant_id)
            messages.success(request, _("Ended. Support sees nothing more."))
        elif how in {"approve", "refuse"}:
            content = request.POST.get("content") == "yes"
            deciding.do_decide(actor, grant_id, agree=how == "approve", content=content)
        else:
            raise Http404
    except NotFound:
        raise Http404 from None
    except Forbidden:
        raise PermissionDenied from None
    except Invalid as error:
        messages.error(request, " ".join(sentences(error.messages)))
    return redirect(_inside(request, request.POST.get("next", "")) or "privacy-support")


def _accesses(actor: Account, cursor: str | None) -> dict[str, Any]:
    try:
        page = access.access_grants(actor, timezone.now(), cursor)
    except Invalid:
        raise Http404 from None
    known = people_by_id(actor, {id_ for one in page.items for id_ in (one.grant.decided_by, one.grant.ended_by) if id_})
    names = {key: account.name for key, account in known.items()}
    lines = [line(one, names) for one in page.items]
    return {
        "asked": [one for one in lines if one.state == "waiting"],
        "now": [one for one in lines if one.state in {"open", "offered"}],
        "past": [one for one in lines if one.state in {"over", "refused", "lapsed"}],
        "next": page.next,
        "cursor": cursor,
    }


def _keys(actor: Account) -> list[dict[str, Any]]:
    made = access.access_operator_keys(actor)
    known = people_by_id(actor, {key.person for key in made})
    gone = _("Somebody who does not work here any more")
    return [{"key": key, "who": known[key.person].name if key.person in known else gone} for key in made]


def _inside(request: HttpRequest, address: str) -> str:
    """`address` where it is a page of ours; else ""."""
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if address.startswith("/") and ours else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
