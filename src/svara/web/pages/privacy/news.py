"""News of a company: whoever wants them gives an address, confirms by the letter that comes to it, gets out by one click.

The page is there for companies that have said what their news are (*Privacy, Notices*), where a mail server is set. What it
answers is the same for every address. Nothing counts before the button on the confirmation's page is pressed: programs that
only look at links confirm nothing.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from svara.people.models import Tenant
from svara.privacy.functions import notices, optin, wayout
from svara.privacy.functions.registry import NEWS, OUTSIDE
from svara.privacy.vault.port import Unreadable

ASKING_AN_HOUR = 20
"""So often one source may ask."""


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def news(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for news."""
    tenant = Tenant.objects.filter(slug=slug).first()
    language = translation.get_language() or "en"
    notice = notices.current(tenant, "news", language) if tenant is not None and settings.EMAIL_HOST else None
    if tenant is None or notice is None:
        raise Http404
    page: dict[str, Any] = {"company": tenant.name, "notice": notice.text, "text": OUTSIDE[NEWS].read(), "slug": slug}
    if request.method == "GET":
        return _page(request, "ask", page)
    address = request.POST.get("address", "").strip()[:320]
    try:
        validate_email(address)
    except ValidationError:
        return _page(request, "ask", page | {"address": address, "wrong": True}, 422)
    if not _may_ask(request.META.get("REMOTE_ADDR", "")):
        return _page(request, "later", page, 429)
    try:
        asked = optin.do_ask(tenant.id, address, language)
    except Unreadable:  # the company has taken its key away
        return _page(request, "later", page, 503)
    if asked is not None:
        confirm = whole(request, reverse("news-confirm", args=[asked.confirm]))
        withdraw = whole(request, reverse("news-withdraw", args=[asked.withdraw]))
        if not optin.send(tenant.id, optin.letter(tenant.name, address, language, confirm, withdraw)):
            return _page(request, "later", page, 503)
    return _page(request, "sent", page)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the letter."""
    waiting = optin.is_waiting(token)
    if waiting is None:
        return _page(request, "gone", {}, 404)
    page = {"company": waiting.tenant.name, "text": OUTSIDE[NEWS].read(), "token": token}
    if request.method == "GET":
        return _page(request, "confirm", page)
    try:
        receipt, way_out = optin.do_confirm(token)
    except wayout.Gone:
        return _page(request, "gone", {}, 404)
    except Unreadable:
        return _page(request, "later", page, 503)
    shown = json.dumps(receipt.document, ensure_ascii=False, indent=2)
    return _page(request, "agreed", page | {"receipt": shown, "withdraw": way_out})


@csrf_exempt  # mail programs press the button (RFC 8058), and the token says whose it is
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """The way out of any letter; works for ever, without signing in. To look at it changes nothing."""
    try:
        page: dict[str, Any] = {"token": token, "text": wayout.read(token).function.read()}
        if request.method == "GET":
            return _page(request, "withdraw", page)
        page["undo"] = wayout.do_withdraw(token)
    except wayout.Gone:
        return _page(request, "gone", {}, 404)
    return _page(request, "withdrawn", page)


@login_not_required
@never_cache
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """It was a slip: the consent is given again."""
    try:
        out = wayout.do_undo(request.POST.get("undo", ""))
    except wayout.Gone:
        return _page(request, "gone", {}, 404)
    token = wayout.token_of(out.tenant_id, out.subject, out.purpose)
    return _page(request, "back", {"withdraw": token, "text": out.function.read()})


def _page(request: HttpRequest, step: str, page: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "web/privacy/news.html", page | {"step": step}, status=status)


def _may_ask(source: str) -> bool:
    key = f"news-{source}"
    cache.add(key, 0, 3600)
    try:
        return cache.incr(key) <= ASKING_AN_HOUR
    except ValueError:  # it expired this moment
        return True


def whole(request: HttpRequest, path: str) -> str:
    if settings.ADDRESS.netloc:
        return f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}{path}"
    return request.build_absolute_uri(path)
