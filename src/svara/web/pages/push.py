"""Letting this browser be woken for calls: switched on, chosen, tried and ended by its own person."""

from __future__ import annotations

from typing import Any

import msgspec
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from svara.bus.port import BusError
from svara.people.waking import MAKERS
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions.registry import CALL_PUSH, FUNCTIONS
from svara.push import access, actions
from svara.push.services import Subscription
from svara.push.trial import SERVICE, WAIT_SECONDS, Tried, Try
from svara.push.vapid import public_key
from svara.web import live
from svara.web.pages.viewing import account_of


def page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    """The page of the phone in the browser."""
    here = access.access_here(account_of(request), request.session)
    shown = {
        "push": here,
        "push_maker": MAKERS.get(here.service, here.service) if here is not None else "",
        "push_text": FUNCTIONS[CALL_PUSH].read(),
        "push_key": public_key(settings.PUSH_SEED),
    }
    return render(request, "web/browser_phone.html", shown | more, status=status)


@require_POST
@sensitive_post_parameters("address", "p256dh", "auth")
def on(request: HttpRequest) -> HttpResponse:
    """Let this browser be woken, which is the agreement to the function."""
    try:
        actions.do_subscribe(account_of(request), request.session, _given(request), get_language() or "en")
    except Invalid as error:
        return page(request, 422, push_errors=error.messages)
    except Forbidden:
        raise Http404 from None
    messages.success(request, _("Calls show in this browser now, also while no page of Svara is open."))
    return redirect("browser-phone")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """What is told here."""
    wanted = {name: name in request.POST for name in ("names", "missed", "messages")}
    try:
        actions.do_choose(account_of(request), request.session, **wanted)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Your choice is kept."))
    return redirect("browser-phone")


@require_POST
def revoke(request: HttpRequest, device_id: str) -> HttpResponse:
    """A browser is not to be woken any more: this one, or another."""
    try:
        actions.do_revoke(account_of(request), device_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Nothing is sent to that browser any more."))
    return redirect("devices" if "devices" in request.POST else "browser-phone")


@require_POST
def trial(request: HttpRequest) -> HttpResponse:
    """Send a notification that only shows that they come."""
    account = account_of(request)
    here = access.access_here(account, request.session)
    if here is None:
        raise Http404
    what = async_to_sync(_ask)(Try(account.id, here.id))
    if what == "taken":
        messages.success(request, _("It is on its way: the notification should show within seconds."))
        return redirect("browser-phone")
    return page(request, 502, push_errors=[_TROUBLES[what]()])


@require_GET
def state(request: HttpRequest) -> JsonResponse:
    """For the service worker, whose push service gave it another address: whether that matters, and how to tell it."""
    here = access.access_here(account_of(request), request.session)
    told = {"on": here is not None, "key": public_key(settings.PUSH_SEED), "token": get_token(request)}
    return JsonResponse(told)


@require_POST
@sensitive_post_parameters("address", "p256dh", "auth")
def renew(request: HttpRequest) -> JsonResponse:
    """The other address. 404 where this browser is not to be woken, 422 for a push service that may not be asked."""
    try:
        actions.do_renew(account_of(request), request.session, _given(request))
    except NotFound:
        return JsonResponse({"error": "not-found"}, status=404)
    except (Invalid, Forbidden):
        return JsonResponse({"error": "invalid"}, status=422)
    return JsonResponse({})


_TROUBLES = {
    "gone": lambda: _("The push service does not know this browser any more. Turn this off and on again."),
    "refused": lambda: _("The push service refused the message. Turn this off and on again."),
    "unreached": lambda: _("The push service could not be reached. Tell whoever looks after this server."),
    "not-found": lambda: _("This browser is not known any more. Turn this off and on again."),
    "away": lambda: _("The phone system cannot send it at the moment. Try again in a minute."),
}


async def _ask(asked: Try) -> str:
    bus = live.current().bus
    if bus is None:
        return "away"
    try:
        answer = await bus.request(SERVICE, msgspec.msgpack.encode(asked), WAIT_SECONDS)
        return msgspec.msgpack.decode(answer, type=Tried).what
    except (BusError, msgspec.DecodeError):
        return "away"


def _given(request: HttpRequest) -> Subscription:
    return Subscription(*(request.POST.get(name, "") for name in ("address", "p256dh", "auth")))
