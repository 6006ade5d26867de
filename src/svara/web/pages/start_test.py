"""The test call of the first steps: Svara rings one's own phone, one hears oneself, and the page shows how far it is."""

from __future__ import annotations

from typing import Any, Literal

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from svara.calls.commands import AskTrial, Hangup, Originate, Originated, Refused, TrialState
from svara.history.access import access_call
from svara.people import access, firststeps
from svara.people.codes import BY_NAME, OFF
from svara.people.models import Account
from svara.web.pages.calls import ask
from svara.web.pages.firststeps import frame, online, steps_of
from svara.web.pages.viewing import account_of, fragment, running_calls
from svara.web.words import CALL_ERRORS

CALL = "test-call"
"""Where the session keeps the id of the call, so that a page that is loaded again goes on."""
Stage = Literal["calling", "ringing", "talking", "ended"]


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What will happen, and a button; while a call goes on, how far it is."""
    steps_of(request)
    content = {"code": _code(account_of(request))} | online(request) | _trial(request) | frame(request, "start-test")
    return render(request, "web/start_test.html", content)


@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """How far the call is, alone: asked again and again."""
    steps_of(request)
    return fragment(request, "web/_start_trial.html", _trial(request) | frame(request, "start-test"))


@require_POST
def call(request: HttpRequest) -> HttpResponse:
    """Ring one's own phones."""
    steps_of(request)
    account, code = account_of(request), _code(account_of(request))
    answer = async_to_sync(ask)(Originate(account.tenant_id, account.id, code)) if code else None
    if isinstance(answer, Originated):
        request.session[CALL] = answer.call
        return redirect("start-test")
    error = answer.error if isinstance(answer, Refused) else "unavailable"
    content = {"code": code, "error": CALL_ERRORS.get(error, CALL_ERRORS["unavailable"])}
    return render(request, "web/start_test.html", content | online(request) | frame(request, "start-test"), status=409)


@require_POST
def heard(request: HttpRequest) -> HttpResponse:
    """One hears oneself, which also a key of the phone can say: the call has done what it was for."""
    steps_of(request)
    account, call_id = account_of(request), str(request.session.get(CALL, ""))
    if _told(account, call_id).heard:
        firststeps.do_mark(account, "test", "done")
        async_to_sync(ask)(Hangup(account.tenant_id, call_id))
    return redirect("start-test")


def _code(account: Account) -> str:
    """What is dialled to hear oneself; "" where the company has switched that off."""
    own = account.tenant.codes.get("try-phone", BY_NAME["try-phone"].initial)
    return "" if own == OFF else own


def _told(account: Account, call_id: str) -> TrialState:
    answer = async_to_sync(ask)(AskTrial(account.tenant_id, call_id)) if call_id else None
    return answer if isinstance(answer, TrialState) else TrialState("ended")


def _trial(request: HttpRequest) -> dict[str, Any]:
    """How far the call is. Once both directions are known to work, the step is done."""
    account, call_id = account_of(request), str(request.session.get(CALL, ""))
    if not call_id:
        return {"stage": ""}
    told = _told(account, call_id)
    now = next((one.call for one in running_calls(account) if one.call.id == call_id), None)
    stage: Stage = "ended"
    if told.state == "answered":
        stage = "talking"
    elif told.state == "ringing":
        stage = "calling" if now is None or now.state == "started" else "ringing"
    if told.heard and told.confirmed:
        firststeps.do_mark(account, "test", "done")
    found = {"stage": stage, "heard": told.heard, "confirmed": told.confirmed, "call_id": call_id}
    return found | {"record": _record(account, call_id) if stage == "ended" else None}


def _record(account: Account, call_id: str) -> Any:
    """What history says of the call; None as long as it is not there."""
    try:
        return access_call(account, call_id).item
    except access.NotFound:
        return None
