"""Calls: those that were, and those that go on."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from svara.api import schemas
from svara.api.auth import DIALLING, PerPerson, account_of
from svara.api.problems import ApiError
from svara.bus.port import BusError
from svara.calls.commands import (
    SERVICE,
    Answer,
    Done,
    Hangup,
    HoldCall,
    LiveCall,
    MergeCalls,
    Originate,
    Originated,
    PauseRecording,
    Refused,
    Supervise,
    TransferCall,
)
from svara.calls.events import Party
from svara.history.access import access_call, access_calls, sees_all_calls
from svara.history.looked import note_talk
from svara.history.recordings import access_recording
from svara.history.shown import CallDetail, CallItem
from svara.people import access as people
from svara.people.access import NotFound
from svara.people.models import Account
from svara.web import live
from svara.web.sound_file import sound_file

router = Router(tags=["calls"])

_REFUSALS = {
    "not-found": (404, "There is no such call, or no such number."),
    "offline": (409, "None of the phones that should ring first is registered."),
    "no-mobile": (409, "You have set no mobile number."),
    "mobile": (409, "Your mobile cannot be called: no trunk leads to it, or you may not call mobile numbers."),
    "invalid": (400, "That cannot be dialled."),
    "off": (409, "The talks of this queue are not supervised."),
    "own-call": (409, "You are one of the two who talk."),
    "on-hold": (409, "The call is on hold; nobody could be told. Try again when the two talk."),
    "too-many": (409, "Enough others look after this talk."),
    "no-words": (409, "No local voice is installed, so the two could not be told."),
    "not-talking": (409, "Nobody talks in that call yet."),
    "busy": (409, "The call is just being changed; try again."),
    "too-often": (409, "That call was sent on too often."),
    "on-phone": (409, "The phone itself has the call on hold: take it back there."),
    "not-your-call": (403, "Only one's own two talks can be brought together."),
    "unavailable": (503, "The call cannot be made right now; try again."),
}


@router.get(
    "/calls", response=schemas.Calls, by_alias=True, operation_id="listCalls", summary="The call history, newest first"
)
def calls(request: HttpRequest, filters: Query[schemas.CallFilters]) -> dict[str, Any]:
    """Members see the calls in which they took part, supervisors and administrators those of the company."""
    page = access_calls(account_of(request), **filters.model_dump())
    return {"items": [_item(item) for item in page.items], "next": page.next}


@router.get(
    "/calls/running", response=schemas.Calls, by_alias=True, operation_id="listRunning", summary="The calls that go on now"
)
def running(request: HttpRequest) -> dict[str, Any]:
    """Newest first. Members see their own, supervisors and administrators those of the company."""
    actor = account_of(request)
    calls = [one for one in live.current().calls_for(live.viewer_of(actor)) if one.state != "ended"]
    known = _known(actor, calls)
    return {"items": [_going_on(actor, one, known) for one in calls], "next": None}


@router.get(
    "/calls/{call_id}",
    response=schemas.CallDetail,
    by_alias=True,
    operation_id="getCall",
    summary="One call with all details",
)
def call(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """404 for everybody who may not see it. A call that still goes on has what is known so far."""
    actor = account_of(request)
    try:
        return _detail(access_call(actor, call_id))
    except NotFound:
        going_on = live.current().call(live.viewer_of(actor), call_id)
        if going_on is None:
            raise
    return _going_on(actor, going_on, _known(actor, [going_on]))


@router.post(
    "/calls",
    response={202: schemas.Started},
    throttle=[PerPerson(DIALLING)],
    operation_id="startCall",
    summary="Ring one's own phone, then dial for oneself",
)
async def start(request: HttpRequest, response: HttpResponse, wish: schemas.NewCall) -> Status[dict[str, str]]:
    """Rings the caller's own phones first, or their mobile (`via`); once picked up, the other side is called."""
    actor = account_of(request)
    person = await sync_to_async(_caller)(actor, wish.from_)
    if wish.via == "mobile" and person.id != actor.id:
        raise ApiError(403, "not-your-phone", "Only the own mobile can be rung.")
    answer = await live.current().ask(Originate(actor.tenant_id, person.id, wish.to, wish.via))
    match answer:
        case Originated(call=call_id):
            live.current().expect(_expected(actor, person, call_id, wish.to))
            response["Location"] = f"{request.path}/{call_id}"
            return Status(202, {"id": call_id})
        case _:
            raise _refused(answer)


@router.get(
    "/calls/{call_id}/recordings/{number}",
    operation_id="getRecording",
    summary="What was said in a talk that was recorded",
    openapi_extra=schemas.SOUND,
)
def recording(request: HttpRequest, call_id: str, number: int) -> HttpResponse:
    """WAV, the caller left and the called side right; a range of it where one is asked for (RFC 9110). `number` counts from
    0. For those who talked, supervisors and administrators."""
    return sound_file(request, access_recording(account_of(request), call_id, number))


@router.post(
    "/calls/{call_id}/recording",
    response={204: None},
    operation_id="pauseRecording",
    summary="Pause the recording of a talk, or go on",
)
async def pause_recording(request: HttpRequest, call_id: str, wish: schemas.RecordingWish) -> Status[None]:
    """What is said meanwhile is silence in the recording. For the two who talk, supervisors and administrators."""
    _theirs(request, call_id)
    actor = account_of(request)
    answer = await live.current().ask(PauseRecording(tenant=actor.tenant_id, call=call_id, paused=wish.paused))
    if isinstance(answer, Refused) and answer.error == "not-found":
        raise ApiError(409, "not-recorded", "That call is not being recorded.")
    if not isinstance(answer, Done):
        raise _refused(answer)
    return Status(204, None)


@router.post(
    "/calls/{call_id}/supervise",
    response={202: schemas.Started, 204: None},
    throttle=[PerPerson(DIALLING)],
    operation_id="supervise",
    summary="Take part in a talk as a supervisor, change how, or leave",
)
async def supervise(
    request: HttpRequest, response: HttpResponse, call_id: str, wish: schemas.SupervisionWish
) -> Status[dict[str, str] | None]:
    """Rings one's own phones first; both who talk are told before anything is heard. 202 with the id of one's own call, 204
    for `leave`. For supervisors and administrators, in queues where it is allowed."""
    own = await _supervise(request, call_id, wish.how)
    if own is None:
        return Status(204, None)
    response["Location"] = f"{request.path.removesuffix(f'/{call_id}/supervise')}/{own}"
    return Status(202, {"id": own})


@router.delete(
    "/calls/{call_id}/supervise", response={204: None}, operation_id="stopSupervising", summary="Leave a talk again"
)
async def stop_supervising(request: HttpRequest, call_id: str) -> Status[None]:
    """The two go on alone."""
    await _supervise(request, call_id, "leave")
    return Status(204, None)


async def _supervise(request: HttpRequest, call_id: str, how: Literal["listen", "whisper", "barge", "leave"]) -> str | None:
    """Gives the id of the supervisor's own call."""
    actor = account_of(request)
    viewer = live.viewer_of(actor)
    going_on = live.current().call(viewer, call_id)
    if going_on is None or going_on.state == "ended":
        raise NotFound
    if not viewer.sees_all:
        raise ApiError(403, "not-a-supervisor", "Only supervisors and administrators look after the talks of others.")
    if how != "leave":
        await sync_to_async(note_talk)(actor, call_id, going_on.people)
    answer = await live.current().ask(Supervise(tenant=actor.tenant_id, call=call_id, by=actor.id, how=how))
    match answer:
        case Originated(call=own):
            return own
        case Done():
            return None
    raise _refused(answer)


@router.post("/calls/{call_id}/hangup", response={204: None}, operation_id="hangUp", summary="End a call that goes on")
async def hangup(request: HttpRequest, call_id: str) -> Status[None]:
    """For the two who talk; supervisors and administrators end any call of the company."""
    actor = account_of(request)
    _theirs(request, call_id)
    answer = await live.current().ask(Hangup(tenant=actor.tenant_id, call=call_id))
    if not isinstance(answer, Done):
        raise _refused(answer)
    return Status(204, None)


@router.post(
    "/calls/{call_id}/transfer",
    response={202: None},
    throttle=[PerPerson(DIALLING)],
    operation_id="transferCall",
    summary="Send the other side of a talk on",
)
async def transfer(request: HttpRequest, call_id: str, wish: schemas.Transfer) -> Status[None]:
    """To whatever the one who asks may dial, or to a target of the office. The own phone is hung up; when nobody takes the
    call it comes back. For the two who talk; supervisors and administrators send on what a colleague's phone has."""
    actor = account_of(request)
    _theirs(request, call_id)
    answer = await live.current().ask(TransferCall(actor.tenant_id, call_id, actor.id, wish.to))
    if not isinstance(answer, Done):
        raise _refused(answer)
    return Status(202, None)


@router.post(
    "/calls/{call_id}/merge",
    response={202: schemas.Started},
    throttle=[PerPerson(DIALLING)],
    operation_id="mergeCalls",
    summary="Bring one's two talks together: all three hear each other",
)
async def merge(request: HttpRequest, response: HttpResponse, call_id: str, wish: schemas.Merge) -> Status[dict[str, str]]:
    """Both are talks of the one who asks; either may be on hold. The phone keeps the dialog of this call, and the other is
    hung up there. Where this call is one's own in such a conference already, the other joins it. 202 with the id of one's
    own call from then on; when only one of all is left, it is over."""
    actor = account_of(request)
    _theirs(request, call_id)
    _theirs(request, wish.with_)
    answer = await live.current().ask(MergeCalls(actor.tenant_id, call_id, wish.with_, actor.id))
    if not isinstance(answer, Originated):
        raise _refused(answer)
    response["Location"] = f"{request.path.removesuffix(f'/{call_id}/merge')}/{answer.call}"
    return Status(202, {"id": answer.call})


@router.post(
    "/calls/{call_id}/hold", response={204: None}, operation_id="holdCall", summary="Put the other side of a talk on hold"
)
async def hold(request: HttpRequest, call_id: str) -> Status[None]:
    """They hear music until the call is resumed. For the two who talk, supervisors and administrators."""
    return await _hold(request, call_id, on=True)


@router.post(
    "/calls/{call_id}/resume", response={204: None}, operation_id="resumeCall", summary="Take a call back from hold"
)
async def resume(request: HttpRequest, call_id: str) -> Status[None]:
    """Where the phone itself has the call on hold, it has to be taken back there (409)."""
    return await _hold(request, call_id, on=False)


async def _hold(request: HttpRequest, call_id: str, *, on: bool) -> Status[None]:
    actor = account_of(request)
    _theirs(request, call_id)
    answer = await live.current().ask(HoldCall(actor.tenant_id, call_id, actor.id, on))
    if not isinstance(answer, Done):
        raise _refused(answer)
    return Status(204, None)


def _theirs(request: HttpRequest, call_id: str) -> None:
    """Whether the call goes on and this person may change it: one of the two who talk, or who looks after all calls."""
    actor = account_of(request)
    viewer = live.viewer_of(actor)
    going_on = live.current().call(viewer, call_id)
    if going_on is None or going_on.state == "ended":
        raise NotFound
    if not viewer.sees_all and actor.id not in (going_on.caller.person, going_on.callee.person):
        raise ApiError(403, "not-your-call", "Only those who talk in a call can do that.")


def _caller(actor: Account, wanted: str | None) -> Account:
    """Whose phones ring first: the actor's own, or for supervisors those of a colleague (user name or extension)."""
    if wanted is None or wanted in (actor.username, actor.extension):
        return actor
    if not sees_all_calls(actor):
        raise ApiError(403, "not-your-phone", "Only supervisors and administrators start calls from others' phones.")
    for colleague in people.directory(actor):
        if wanted in (colleague.username, colleague.extension):
            return colleague
    raise ApiError(404, "not-found", "Nobody here has that user name or extension.")


def _expected(actor: Account, person: Account, call_id: str, to: str) -> LiveCall:
    """The call as it begins, until the calls process tells more."""
    return LiveCall(
        id=call_id,
        tenant=actor.tenant_id,
        direction="internal",
        state="started",
        caller=Party(number=person.extension or person.username, name=person.name, person=person.id),
        callee=Party(number=to),
        started_at=time.time(),
        people=(person.id,),
    )


def _refused(answer: Answer) -> Exception:
    if not isinstance(answer, Refused):
        return BusError("failed", SERVICE)
    status, detail = _REFUSALS.get(answer.error, (409, "The call cannot be made."))
    return ApiError(status, answer.error, detail, retry_seconds=2 if status == 503 else None)


# --- how calls are shown


def _item(item: CallItem) -> dict[str, Any]:
    answered = item.answered_by
    return {
        "id": item.id,
        "state": "ended",
        "direction": item.direction,
        "from": item.caller.number,
        "from_name": item.caller.name,
        "from_person": item.caller.username,
        "to": item.callee.number,
        "to_name": item.callee.name,
        "to_person": item.callee.username,
        "answered_by": (answered.username or answered.number) if answered else None,
        "answered_by_name": answered.name if answered else None,
        "queue": item.queue,
        "started_at": item.started_at,
        "answered_at": item.answered_at,
        "ended_at": item.ended_at,
        "wait_seconds": item.wait_seconds,
        "talk_seconds": item.talk_seconds,
        "outcome": item.outcome,
        "end_reason": item.end_reason,
    }


def _detail(detail: CallDetail) -> dict[str, Any]:
    return {
        **_item(detail.item),
        "dialled": detail.dialled,
        "ended_by": detail.item.ended_by,
        "legs": [
            {
                "to": leg.to.number,
                "person": leg.to.username,
                "name": leg.to.name,
                "phone": leg.to.login,
                "offered_at": leg.offered_at,
                "ringing_at": leg.ringing_at,
                "answered_at": leg.answered_at,
                "ended_at": leg.ended_at,
                "status": leg.status,
                "reason": leg.reason,
            }
            for leg in detail.legs
        ],
        "offers": [
            {
                "to": offer.to.number,
                "person": offer.to.username,
                "name": offer.to.name,
                "queue": offer.queue,
                "offered_at": offer.offered_at,
                "ended_at": offer.ended_at,
                "answered": offer.answered,
                "reason": offer.reason,
                "phones": offer.phones,
            }
            for offer in detail.offers
        ],
        "waits": [
            {
                "queue": wait.queue,
                "position": wait.position,
                "entered_at": wait.entered_at,
                "left_at": wait.left_at,
                "why": wait.why,
            }
            for wait in detail.waits
        ],
        "stops": [{"at": stop.at, "to": stop.to, "why": stop.why} for stop in detail.stops],
        "messages": [{"seconds": seconds} for seconds in detail.messages_seconds],
        "recordings": [{"seconds": seconds} for seconds in detail.recorded_seconds],
        "supervisions": [
            {
                "by": one.by.number,
                "by_name": one.by.name,
                "by_person": one.by.username,
                "how": one.how,
                "started_at": one.started_at,
                "ended_at": one.ended_at,
            }
            for one in detail.supervisions
        ],
        "supervises": detail.supervises or None,
        "conferences": [
            {
                "name": one.name,
                "joined_at": one.joined_at,
                "left_at": one.left_at,
                "moderator": one.moderator,
                "why": one.why,
                "met": [
                    {
                        "number": met.who.number,
                        "name": met.who.name,
                        "person": met.who.username,
                        "since": met.since,
                        "until": met.until,
                    }
                    for met in one.met
                ],
            }
            for one in detail.conferences
        ],
        "transfers": [
            {
                "at": one.at,
                "by": one.by.number,
                "by_name": one.by.name,
                "by_person": one.by.username,
                "to": one.to,
                "how": one.how,
            }
            for one in detail.transfers
        ],
        "holds": [{"by": hold.by, "started_at": hold.started_at, "ended_at": hold.ended_at} for hold in detail.holds],
        "quality": [
            {
                "side": one.side,
                "packets": one.packets,
                "lost": one.lost,
                "jitter_ms": one.jitter_ms,
                "mos": one.mos,
                "lost_before": one.lost_before,
                "round_trip_ms": one.round_trip_ms,
            }
            for one in detail.quality
        ],
        "figures": [
            {
                "side": one.side,
                "packets": one.packets,
                "lost": one.lost,
                "jitter_ms": one.jitter_ms,
                "round_trip_ms": one.round_trip_ms,
                "concealed": one.concealed,
            }
            for one in detail.figures
        ],
    }


def _known(actor: Account, calls: Iterable[LiveCall]) -> dict[str, Account]:
    """Whoever takes part in these calls, of the actor's company."""
    parties = [party for one in calls for party in (one.caller, one.callee, *(each.by for each in one.supervisors))]
    return people.people_by_id(actor, [party.person for party in parties if party.person])


def _going_on(actor: Account, call: LiveCall, known: dict[str, Account]) -> dict[str, Any]:
    """A call that has no record yet."""
    zone = ZoneInfo(actor.tenant.timezone)
    caller, callee = _party(call.caller, known), _party(call.callee, known)
    answered = callee if call.answered_at is not None else None
    return {
        "id": call.id,
        "state": call.state,
        "direction": call.direction,
        "from": caller["number"],
        "from_name": caller["name"],
        "from_person": caller["username"],
        "to": callee["number"],
        "to_name": callee["name"],
        "to_person": callee["username"],
        "answered_by": (answered["username"] or answered["number"]) if answered else None,
        "answered_by_name": answered["name"] if answered else None,
        "queue": None,
        "started_at": datetime.fromtimestamp(call.started_at, zone),
        "answered_at": None if call.answered_at is None else datetime.fromtimestamp(call.answered_at, zone),
        **dict.fromkeys(("ended_at", "wait_seconds", "talk_seconds", "outcome", "end_reason", "ended_by")),
        "dialled": call.callee.number,
        "supervisions": [
            {
                "by": one.by.number,
                "by_name": (by := _party(one.by, known))["name"],
                "by_person": by["username"],
                "how": one.how,
                "started_at": None,
                "ended_at": None,
            }
            for one in call.supervisors
        ],
        "supervises": call.supervises or None,
        "at": _standing(call, zone),
        **{key: [] for key in _UNKNOWN_YET},
    }


def _standing(call: LiveCall, zone: ZoneInfo) -> dict[str, Any] | None:
    """Where the caller is, as long as only the system has answered."""
    at = call.at
    return None if at is None else {"kind": at.kind, "name": at.name, "since": datetime.fromtimestamp(at.since, zone)}


_UNKNOWN_YET = (
    "legs",
    "offers",
    "waits",
    "stops",
    "messages",
    "recordings",
    "holds",
    "transfers",
    "quality",
    "figures",
    "conferences",
)
"""What is told of a call when it is over."""


def _party(party: Party, known: dict[str, Account]) -> dict[str, str | None]:
    account = known.get(party.person or "")
    return {
        "number": party.number,
        "name": account.name if account else party.name,
        "username": account.username if account else None,
    }
