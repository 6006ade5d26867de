"""Sign-in and security: one's app with codes, passkeys and recovery codes, and showing once more who one is before what is
delicate is changed."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from svara.people import signin
from svara.people.models import Account
from svara.people.second import actions, codes, passkeys, pending
from svara.people.second.access import access_factors, access_new_secret, has_factor, readable
from svara.people.second.rule import due
from svara.people.signedin import do_end_others
from svara.privacy.errors import Invalid, NotFound
from svara.sealing.errors import Unreadable
from svara.web.pages.door import inside, throttled
from svara.web.pages.viewing import account_of, party_of, qr_code
from svara.web.words import sentences


@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """The page."""
    return _page(request)


def asked_first(request: HttpRequest, back: str) -> HttpResponse | None:
    """Where somebody who has a second factor did not show it of late: to the page that asks for it, which leads to `back`
    afterwards. None: they may go on."""
    if pending.is_fresh(request.session, time.time()) or not has_factor(account_of(request)):
        return None
    return _ask(back)


@require_POST
def begin_app(request: HttpRequest) -> HttpResponse:
    """A new app: its secret is shown on the next page."""
    if not _fresh(request):
        return _ask(reverse("security"))
    try:
        actions.do_begin_app(account_of(request))
    except Invalid as error:
        return _page(request, 422, errors=sentences(error.messages))
    return redirect("security-app")


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def app(request: HttpRequest) -> HttpResponse:
    """The secret as a QR code, until the app has shown that it has it."""
    account = account_of(request)
    if not _fresh(request):
        return _ask(reverse("security-app"))
    try:
        secret = access_new_secret(account)
        if request.method == "POST":
            return _added(request, actions.do_confirm_app(account, request.POST.get("code", "")))
    except NotFound:
        return redirect("security")
    except Unreadable:
        return _page(request, 422, errors=sentences([actions.SHUT]))
    except Invalid as error:
        return _app(request, secret, sentences(error.messages))
    return _app(request, secret)


@require_POST
def remove_app(request: HttpRequest) -> HttpResponse:
    """Codes of the app are asked for no more."""
    if (first := asked_first(request, reverse("security"))) is not None:
        return first
    try:
        actions.do_remove_app(account_of(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("The app is removed."))
    return redirect("security")


@require_POST
def renew_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes; this answer is the only one that ever shows them."""
    if (first := asked_first(request, reverse("security"))) is not None:
        return first
    try:
        shown = actions.do_renew_codes(account_of(request))
    except Invalid as error:
        return _page(request, 422, errors=sentences(error.messages))
    return _codes(request, shown)


@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to make a passkey."""
    party = party_of(request)
    if party is None or not _fresh(request):
        return JsonResponse({"ask": reverse("security-confirm")}, status=403)
    try:
        return JsonResponse(passkeys.begin_adding(account_of(request), party, request.session, time.time()))
    except Invalid as error:
        return JsonResponse({"detail": " ".join(sentences(error.messages))}, status=422)


@sensitive_post_parameters("credential")
@require_POST
def add_passkey(request: HttpRequest) -> HttpResponse:
    """The browser has made one."""
    party, label = party_of(request), request.POST.get("label", "")
    if not _fresh(request):
        return _ask(reverse("security"))
    try:
        if party is None:
            raise passkeys.Refused(passkeys.NOT_HERE)
        made = request.POST.get("credential", "")
        shown = passkeys.do_add(account_of(request), party, request.session, made, label, time.time())
    except (passkeys.Refused, Invalid) as error:
        return _page(request, 422, passkey_errors=sentences([str(error)]), label=label)
    return _added(request, shown)


@require_POST
def remove_passkey(request: HttpRequest, passkey_id: str) -> HttpResponse:
    """It opens nothing any more."""
    if (first := asked_first(request, reverse("security"))) is not None:
        return first
    try:
        actions.do_remove_passkey(account_of(request), passkey_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("The passkey is removed. It may still be on your device: delete it there, too."))
    return redirect("security")


@require_POST
def distrust(request: HttpRequest, device_id: str) -> HttpResponse:
    """The second step is asked for again in a browser of one's own."""
    try:
        actions.do_distrust(account_of(request), device_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("The second step is asked for there again."))
    return redirect("devices")


@sensitive_post_parameters("code", "password", "credential")
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Show once more who one is: with a factor, or with the password where there is none."""
    account = account_of(request)
    back = inside(request, request.POST.get("next") or request.GET.get("next") or "", reverse("security"))
    if request.method == "GET":
        return _confirm(request, back)
    try:
        wait = _shown(request, account)
    except (Invalid, passkeys.Refused) as error:
        return _confirm(request, back, " ".join(sentences([str(error)])), 422)
    if wait:
        answer = _confirm(request, back, throttled(wait), 429)
        answer["Retry-After"] = str(wait)
        return answer
    pending.prove(request.session, time.time())
    return redirect(back)


@require_POST
def confirm_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to show a passkey of who is signed in."""
    party = party_of(request)
    if party is None:
        return JsonResponse({}, status=403)
    return JsonResponse(passkeys.begin_showing(party, request.session, time.time(), account_of(request)))


def _shown(request: HttpRequest, account: Account) -> int:
    """0: it is them. Else so many seconds they have to wait. Raises Invalid, Refused where it is not them."""
    given, party = request.POST, party_of(request)
    if not has_factor(account):
        source = request.META.get("REMOTE_ADDR", "")
        result = signin.tried(signin.again(account), given.get("password", ""), source, lambda: account)
        if isinstance(result, signin.Throttled):
            return result.retry_after_seconds
        if result is None:
            raise Invalid(actions.WRONG_WORD)
    elif credential := given.get("credential"):
        if party is None:
            raise passkeys.Refused(passkeys.NOT_CHECKED)
        passkeys.shown(party, request.session, credential, time.time(), account)
    else:
        tried = actions.try_code(account, given.get("code", ""))
        if isinstance(tried, signin.Throttled):
            return tried.retry_after_seconds
        if tried is None:
            raise Invalid(actions.WRONG_CODE)
    return 0


def _fresh(request: HttpRequest) -> bool:
    """For what opens an account anew: also who has the password alone has to have shown it of late."""
    return pending.is_fresh(request.session, time.time())


def _ask(back: str) -> HttpResponse:
    return redirect(f"{reverse('security-confirm')}?{urlencode({'next': back})}")


def _added(request: HttpRequest, shown: list[str]) -> HttpResponse:
    """A factor is there. With the first one everybody else is out, and the recovery codes are shown, this once."""
    if not shown:
        messages.success(request, _("Added. You can sign in with it from now on."))
        return redirect("security")
    do_end_others(account_of(request), request.session)
    return _codes(request, shown, first=True)


def _layout(request: HttpRequest) -> str:
    """Who lacks what the company asks for sees these pages alone, and nothing of the app around them."""
    return "web/door.html" if due(account_of(request)) else "web/app.html"


def _codes(request: HttpRequest, shown: list[str], *, first: bool = False) -> HttpResponse:
    return render(request, "web/security_codes.html", {"codes": "\n".join(shown), "first": first})


def _app(request: HttpRequest, secret: str, errors: list[str] | None = None) -> HttpResponse:
    account = account_of(request)
    address = codes.address(secret, account.email or account.username, account.tenant.name)
    way = {"layout": _layout(request), "save": reverse("security-app"), "cancel": reverse("security-app-remove")}
    return show_secret(request, secret, address, way, errors or [])


def show_secret(request: HttpRequest, secret: str, address: str, way: dict[str, str], errors: list[str]) -> HttpResponse:
    """The secret of an app with codes, to scan or to type, until the app has shown that it has it. `way`: the layout of the
    page, and the addresses to which a code and the wish to leave it are sent."""
    page = {
        "qr": qr_code(address),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "errors": errors,
    }
    return render(request, "web/security_app.html", page | way, status=422 if errors else 200)


def _confirm(request: HttpRequest, back: str, error: str = "", status: int = 200) -> HttpResponse:
    account, party = account_of(request), party_of(request)
    factors = access_factors(account)
    page = {
        "next": back,
        "error": error,
        "factor": factors.any,
        "app": factors.app_since is not None and readable(account),
        "passkeys": passkeys.usable(account, party),
        "recovery": factors.recovery_codes > 0,
        "layout": _layout(request),
    }
    return render(request, "web/security_confirm.html", page, status=status)


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    account, party = account_of(request), party_of(request)
    page = {
        "factors": access_factors(account),
        "party": party,
        "must_ask": not _fresh(request),
        "layout": _layout(request),
        "due": due(account),
    }
    return render(request, "web/security.html", page | more, status=status)
