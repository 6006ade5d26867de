"""The pages outside the door: signing in and out, accepting an invitation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from svara.people import access, actions, founding, signedin, signin
from svara.people.models import Account
from svara.people.second import pending
from svara.people.second.access import has_factor
from svara.people.second.actions import TRUST_DAYS, do_trust, trusted
from svara.privacy.policies.access import to_accept
from svara.web.pages.viewing import party_of
from svara.web.words import sentences

LANGUAGE_SECONDS = 365 * 24 * 3600


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Who comes in goes on to where they wanted to go."""
    wanted = inside(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.user.is_authenticated:
        return redirect(wanted)
    name = request.POST.get("name", "")
    page = {"next": wanted, "name": name, "party": party_of(request)}
    if request.method == "GET":
        if founding.is_open():
            return redirect("start")
        return render(request, "web/sign_in.html", page)
    result = signin.authenticate(name, request.POST.get("password", ""), request.META.get("REMOTE_ADDR", ""))
    if result is None or isinstance(result, signin.Throttled):
        return kept_out(request, "web/sign_in.html", page, result)
    return come_in(request, result, "policy-accept" if to_accept(result) else wanted)


def kept_out(request: HttpRequest, template: str, page: Mapping[str, Any], why: signin.Throttled | None) -> HttpResponse:
    """The door again, with why: too many tries, or (None) a name and password that do not belong together."""
    if why is None:
        told = _("This name and password do not belong together. Check both and try again.")
        return render(request, template, {**page, "error": told}, status=422)
    answer = render(request, template, {**page, "error": throttled(why.retry_after_seconds)}, status=429)
    answer["Retry-After"] = str(why.retry_after_seconds)
    return answer


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out; the session is gone."""
    signedin.leave(request.session)
    logout(request)
    return redirect("sign-in")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A new person sets their password, once, and is in."""
    try:
        invited = access.invitation(token)
        if request.method == "GET":
            return render(request, "web/invitation.html", {"invited": invited.account})
        account = actions.do_accept_invitation(token, request.POST.get("password", ""))
    except access.NotFound:
        return render(request, "web/invitation_gone.html", status=404)
    except actions.Invalid as error:
        page = {"invited": invited.account, "errors": sentences(error.messages)}
        return render(request, "web/invitation.html", page, status=422)
    messages.success(request, _("Welcome! Your password is set."))
    return come_in(request, account, "home")


def come_in(request: HttpRequest, account: Account, wanted: str) -> HttpResponse:
    """Somebody has shown this person's password: they are in, or come to the second step, where there is one and this
    browser is not to be spared it."""
    if not has_factor(account):
        return enter(request, account, wanted, proved=True)
    if trusted(account, request.COOKIES.get(settings.TRUST_COOKIE_NAME, "")):
        signin.note_sign_in(account)
        return enter(request, account, wanted)
    request.session.cycle_key()
    pending.begin(request.session, account, wanted, time.time())
    return redirect("second-step")


def enter(
    request: HttpRequest, account: Account, wanted: str, *, proved: bool = False, remember: bool = False
) -> HttpResponse:
    """Let somebody in who has proven to be this person, and know the browser again the next time. `proved`: with all that
    they have; `remember`: without a second step in this browser for a time."""
    pending.end(request.session)
    request.session.set_expiry(None)
    login(request, account, backend=signin.BACKEND)
    if proved:
        pending.prove(request.session, time.time())
    entered = signedin.do_enter(
        account,
        request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""),
        request.headers.get("User-Agent", ""),
        request.META.get("REMOTE_ADDR", ""),
    )
    request.session[signedin.SESSION_KEY] = entered.session_id
    answer = redirect(wanted)
    answer.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        entered.device_token,
        max_age=settings.DEVICE_COOKIE_AGE,
        secure=settings.ENCRYPTED,
        httponly=True,
        samesite="Lax",
        path=reverse("sign-in"),
    )
    if remember:
        answer.set_cookie(
            settings.TRUST_COOKIE_NAME,
            do_trust(account, entered.session_id),
            max_age=TRUST_DAYS * 24 * 3600,
            secure=settings.ENCRYPTED,
            httponly=True,
            samesite="Lax",
            path=reverse("sign-in"),
        )
    return answer


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages outside the door; remembered in a cookie that holds nothing else."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Http404
    answer = redirect(inside(request, request.POST.get("next", ""), otherwise=settings.LOGIN_URL))
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=LANGUAGE_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer


def inside(request: HttpRequest, address: str, otherwise: str = settings.LOGIN_REDIRECT_URL) -> str:
    """`address` when it leads to a page of ours."""
    if address and url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return address
    return otherwise


def throttled(seconds: int) -> str:
    """How long to wait, in words."""
    if seconds < 100:
        return ngettext(
            "Too many tries. Wait %(count)d second and try again.",
            "Too many tries. Wait %(count)d seconds and try again.",
            seconds,
        ) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many tries. Wait %(count)d minute and try again.",
        "Too many tries. Wait %(count)d minutes and try again.",
        minutes,
    ) % {"count": minutes}
