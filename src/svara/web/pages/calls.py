"""Calling from a page: one's own phone rings first, or the own mobile, then the other side; and the calls that go on now."""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from svara.bus.port import BusError
from svara.calls.commands import (
    Answer,
    Done,
    Hangup,
    HoldCall,
    Originate,
    Originated,
    PauseRecording,
    Refused,
    Request,
    Supervise,
    TransferCall,
)
from svara.history.access import access_call, sees_all_calls
from svara.history.looked import note_talk
from svara.history.shown import CallItem
from svara.people import access
from svara.people.models import Account
from svara.web import live, naming
from svara.web.pages.viewing import account_of, fragment, running_calls
from svara.web.words import CALL_ERRORS

MAX_NUMBER_LENGTH = 128
Way = Literal["listen", "whisper", "barge", "leave"]
WAYS: tuple[str, ...] = get_args(Way)
VIA = "call-via"
"""Where the session keeps what rings first."""
IN_BROWSER = "browser"
"""What a session may keep there too: the page itself calls, where its phone is on; else one's phones ring first."""


@require_POST
async def start(request: HttpRequest) -> HttpResponse:
    """Ring my own phone, or my mobile where I chose that, then `to`."""
    account: Any = await request.auser()
    to = request.POST.get("to", "").strip()
    if not to or len(to) > MAX_NUMBER_LENGTH or not to.isprintable():
        return await _refused(request, "invalid", 422)
    via = via_of(account, request.POST.get("via") or await request.session.aget(VIA))
    answer = await ask(Originate(account.tenant_id, account.id, to, via))
    if isinstance(answer, Originated):
        return await _panel(request, account, answer.call, to)
    return await _refused(request, answer.error if isinstance(answer, Refused) else "unavailable", 409)


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """From now on, in this browser, calls that I begin on pages ring this first."""
    account, chosen = account_of(request), request.POST.get("via")
    request.session[VIA] = chosen if chosen == IN_BROWSER else via_of(account, chosen)
    return HttpResponse(status=204) if getattr(request, "htmx", False) else redirect("home")


def via_of(account: Account, chosen: str | None) -> Literal["phones", "mobile"]:
    """What rings first: the mobile only of somebody who has one."""
    return "mobile" if chosen == "mobile" and account.mobile else "phones"


@require_GET
async def progress(request: HttpRequest, call_id: str) -> HttpResponse:
    """How a call that was started here goes on."""
    return await _panel(request, await request.auser(), call_id, request.GET.get("to", ""))


@require_POST
async def hangup(request: HttpRequest, call_id: str) -> HttpResponse:
    """End one of my own calls; one that has ended meanwhile is fine too."""
    account: Any = await request.auser()
    if any(running.call.id == call_id and running.mine for running in running_calls(account)):
        answer = await ask(Hangup(tenant=account.tenant_id, call=call_id))
        if answer is None or (isinstance(answer, Refused) and answer.error != "not-found"):
            return await _refused(request, "unavailable", 409)
    return await _panel(request, account, call_id, request.POST.get("to", ""))


@require_POST
async def supervise(request: HttpRequest, call_id: str) -> HttpResponse:
    """A supervisor takes part in a talk of a queue, changes how, or leaves; the page hears by itself what came of it."""
    account: Any = await request.auser()
    how = request.POST.get("how", "")
    going_on = live.current().call(live.viewer_of(account), call_id)
    if not sees_all_calls(account) or going_on is None or how not in WAYS:
        raise Http404
    if how != "leave":
        await sync_to_async(note_talk)(account, call_id, going_on.people)
    answer = await ask(Supervise(account.tenant_id, call_id, account.id, cast("Way", how)))
    if isinstance(answer, Originated | Done):
        return HttpResponse(status=204)
    error = answer.error if isinstance(answer, Refused) else "unavailable"
    return await _refused(request, error, 409, _("You cannot take part in this talk"))


@require_POST
async def record(request: HttpRequest, call_id: str) -> HttpResponse:
    """Pause the recording of a talk, or go on: one of the two who talk, or who looks after all calls."""
    account: Any = await request.auser()
    now = live.current().call(live.viewer_of(account), call_id)
    if now is None or not (sees_all_calls(account) or account.id in (now.caller.person, now.callee.person)):
        raise Http404
    answer = await ask(PauseRecording(account.tenant_id, call_id, request.POST.get("paused") == "yes"))
    if isinstance(answer, Done):
        return HttpResponse(status=204)
    error = "not-recorded" if isinstance(answer, Refused) else "unavailable"
    return await _refused(request, error, 409, _("The recording goes on as it was"))


@require_POST
async def transfer(request: HttpRequest, call_id: str) -> HttpResponse:
    """Send the other side of one of my own talks on."""
    account: Any = await request.auser()
    to = request.POST.get("to", "").strip()
    if not to or len(to) > MAX_NUMBER_LENGTH or not to.isprintable():
        return await _refused(request, "invalid", 422, _("The call was not sent on"))
    return await _change(request, account, call_id, TransferCall(account.tenant_id, call_id, account.id, to))


@require_POST
async def hold(request: HttpRequest, call_id: str) -> HttpResponse:
    """Put the other side of one of my own talks on hold, or take it back."""
    account: Any = await request.auser()
    on = request.POST.get("on") == "yes"
    return await _change(request, account, call_id, HoldCall(account.tenant_id, call_id, account.id, on))


async def _change(request: HttpRequest, account: Any, call_id: str, wish: TransferCall | HoldCall) -> HttpResponse:
    now = live.current().call(live.viewer_of(account), call_id)
    if now is None or account.id not in (now.caller.person, now.callee.person):
        raise Http404
    answer = await ask(wish)
    if isinstance(answer, Done):
        return HttpResponse(status=204)
    error = answer.error if isinstance(answer, Refused) else "unavailable"
    if error == "not-found" and isinstance(wish, TransferCall):
        error = "invalid"
    heading = _("The call was not sent on") if isinstance(wish, TransferCall) else _("The call goes on as it was")
    return await _refused(request, error, 409, heading)


@require_GET
def running(request: HttpRequest) -> HttpResponse:
    """The calls that go on now."""
    return fragment(request, "web/_running.html", {"running": naming.running(account_of(request))})


async def ask(request: Request) -> Answer | None:
    """Ask the calls process; None when it does not answer."""
    try:
        return await live.current().ask(request)
    except BusError:
        return None


async def _panel(request: HttpRequest, account: Any, call_id: str, to: str) -> HttpResponse:
    """The small window that follows one call: from the mirror while it goes on, from its record afterwards."""

    def panel() -> HttpResponse:
        now = next((running for running in naming.running(account) if running.call.id == call_id), None)
        page = {
            "call_id": call_id,
            "to": to[:MAX_NUMBER_LENGTH],
            "running": now,
            "record": None if now else _record(account, call_id),
        }
        return fragment(request, "web/_call.html", page)

    return await sync_to_async(panel)()


def _record(account: Account, call_id: str) -> CallItem | None:
    try:
        [line] = naming.lines(account, [access_call(account, call_id).item])
    except access.NotFound:
        return None
    return line.item


async def _refused(request: HttpRequest, error: str, status: int, heading: str = "") -> HttpResponse:
    page = {"message": CALL_ERRORS.get(error, CALL_ERRORS["unavailable"]), "heading": heading}
    return await sync_to_async(fragment)(request, "web/_refused.html", page, status)
