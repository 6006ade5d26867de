"""One's own page: who I am here, my phones, my language, my password, my keys for programs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from svara.people import access, actions, signedin
from svara.people.models import Account
from svara.web import live, places
from svara.web.pages.security import asked_first
from svara.web.pages.viewing import account_of, colleagues, fragment
from svara.web.words import sentences


@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    """The page."""
    return _page(request)


@require_GET
def phones(request: HttpRequest) -> HttpResponse:
    """My phones alone, when one comes or goes."""
    return fragment(request, "web/_phones.html", phones_of(account_of(request)))


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages; "" follows the browser."""
    try:
        actions.do_choose_language(account_of(request), request.POST.get("language", ""))
    except actions.Invalid as error:
        return _page(request, 422, language_errors=sentences(error.messages))
    return redirect("profile")


@require_POST
def presence_to(request: HttpRequest) -> HttpResponse:
    """Choose who sees whether I can be reached."""
    try:
        actions.do_show_presence_to(account_of(request), request.POST.get("presence_to", ""))
    except actions.Invalid as error:
        return _page(request, 422, presence_errors=sentences(error.messages))
    return redirect("profile")


@require_POST
@sensitive_post_parameters("old", "new")
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; other sessions end."""
    if (first := asked_first(request, reverse("profile"))) is not None:
        return first
    old, new = request.POST.get("old", ""), request.POST.get("new", "")
    try:
        account = actions.do_change_password(account_of(request), old, new)
    except actions.Invalid as error:
        return _page(request, 422, password_errors=sentences(error.messages))
    update_session_auth_hash(request, account)
    signedin.do_end_others(account, request.session)
    messages.success(request, _("Your password is changed. You are signed out everywhere else."))
    return redirect("profile")


@require_POST
def tokens(request: HttpRequest) -> HttpResponse:
    """Make an API token; this answer is the only one that ever shows it."""
    label = request.POST.get("label", "").strip()
    if (first := asked_first(request, f"{reverse('profile')}?{urlencode({'label': label})}")) is not None:
        return first
    if not label:
        return _page(request, 422, token_errors=[_("Give the token a name, so that you know later what it is for.")])
    try:
        token = actions.do_create_token(account_of(request), label)
    except actions.Invalid as error:
        return _page(request, 422, token_errors=sentences(error.messages))
    return _page(request, new_token=token)


@require_POST
def revoke(request: HttpRequest, token_id: str) -> HttpResponse:
    """End an API token at once."""
    try:
        actions.do_revoke_token(account_of(request), token_id)
    except access.NotFound:
        raise Http404 from None
    messages.success(request, _("The token no longer works."))
    return redirect("profile")


def phones_of(account: Account) -> dict[str, Any]:
    """The person's phones, each with whether it is registered; not known while the calls process is away."""
    mirror = live.current()
    online = mirror.presence(live.viewer_of(account), account.id).online
    return {"phones": [(phone, phone.login in online) for phone in access.my_phones(account)], "up": mirror.up}


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    account = account_of(request)
    page = phones_of(account) | {
        "tokens": access.my_tokens(account),
        "must_ask": asked_first(request, "") is not None,
        "label": request.GET.get("label", "")[:100],
        "availability": colleagues(account, [account])[0].availability,
        "groups": places.profile_groups(),
    }
    return render(request, "web/profile.html", page | more, status=status)
