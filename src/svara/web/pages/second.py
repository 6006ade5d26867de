"""The second step of signing in, and signing in with a passkey alone. Until the last of it is done, nobody is signed in."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from svara.people.second import passkeys, pending
from svara.people.second.access import access_factors, readable
from svara.people.second.actions import try_code
from svara.people.signin import Throttled, note_sign_in
from svara.people.throttle import Allowance, Buckets, source_of
from svara.privacy.errors import Invalid
from svara.privacy.policies.access import to_accept
from svara.web.pages.door import enter, inside, throttled
from svara.web.pages.viewing import party_of
from svara.web.words import sentences

ASKING = Allowance(free=60, forgive_seconds=2)
"""How often one source may ask for a challenge without being signed in: each makes a row among the sessions."""
WAITING_SECONDS = pending.LIFETIME_SECONDS

_asking = Buckets(ASKING)


@login_not_required
@never_cache
@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest) -> HttpResponse:
    """After the password: a code, a recovery code or a passkey."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    found = pending.pending(request.session, time.time())
    if found is None:
        pending.end(request.session)
        return redirect("sign-in") if request.method == "GET" else _late(request)
    if request.method == "GET":
        return _step(request, found)
    remember = request.POST.get("remember") == "yes"
    try:
        if credential := request.POST.get("credential"):
            party = party_of(request)
            if party is None:
                raise passkeys.Refused(passkeys.NOT_CHECKED)
            passkeys.shown(party, request.session, credential, time.time(), found.account)
        else:
            result = try_code(found.account, request.POST.get("code", ""))
            if isinstance(result, Throttled):
                answer = _step(request, found, throttled(result.retry_after_seconds), 429, remember=remember)
                answer["Retry-After"] = str(result.retry_after_seconds)
                return answer
            if result is None:
                wrong = _("This code is not right, or was used before. Type the one that your app shows now.")
                return _step(request, found, wrong, 422, remember=remember)
    except (Invalid, passkeys.Refused) as error:
        return _step(request, found, " ".join(sentences([str(error)])), 422, remember=remember)
    note_sign_in(found.account)
    wanted = "policy-accept" if to_accept(found.account) else found.wanted
    return enter(request, found.account, wanted, proved=True, remember=remember)


@login_not_required
@require_POST
def step_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to show a passkey as the second step."""
    found, party = pending.pending(request.session, time.time()), party_of(request)
    if found is None or party is None:
        return JsonResponse({}, status=403)
    return JsonResponse(passkeys.begin_showing(party, request.session, time.time(), found.account))


@login_not_required
@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to show a passkey of whoever sits there."""
    party = party_of(request)
    if party is None or request.user.is_authenticated:
        return JsonResponse({}, status=403)
    wait = _asking.take(source_of(request.META.get("REMOTE_ADDR", "")), time.time())
    if wait > 0:
        answer = JsonResponse({}, status=429)
        answer["Retry-After"] = str(max(1, round(wait)))
        return answer
    if not request.session.session_key:
        request.session.set_expiry(WAITING_SECONDS)  # nobody is signed in here: it need not last
    return JsonResponse(passkeys.begin_showing(party, request.session, time.time()))


@login_not_required
@never_cache
@sensitive_post_parameters("credential")
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """With a passkey alone, which its person has unlocked."""
    wanted = inside(request, request.POST.get("next", ""))
    if request.user.is_authenticated:
        return redirect(wanted)
    party = party_of(request)
    try:
        if party is None:
            raise passkeys.Refused(passkeys.NOT_CHECKED)
        account = passkeys.shown(party, request.session, request.POST.get("credential", ""), time.time())
    except passkeys.Refused as error:
        page = {"next": wanted, "name": "", "error": " ".join(sentences([str(error)])), "party": party}
        return render(request, "web/sign_in.html", page, status=422)
    note_sign_in(account)
    return enter(request, account, "policy-accept" if to_accept(account) else wanted, proved=True)


def _step(
    request: HttpRequest, found: pending.Pending, error: str = "", status: int = 200, *, remember: bool = False
) -> HttpResponse:
    party, account = party_of(request), found.account
    factors = access_factors(account)
    page = {
        "who": account,
        "error": error,
        "remember": remember,
        "app": factors.app_since is not None and readable(account),
        "passkeys": passkeys.usable(account, party),
        "elsewhere": bool(factors.passkeys) and not passkeys.usable(account, party),
        "recovery": factors.recovery_codes > 0,
    }
    return render(request, "web/second_step.html", page, status=status)


def _late(request: HttpRequest) -> HttpResponse:
    told = _("That took more than ten minutes, or your password has changed. Sign in again.")
    return render(
        request, "web/sign_in.html", {"next": "", "name": "", "error": told, "party": party_of(request)}, status=422
    )
