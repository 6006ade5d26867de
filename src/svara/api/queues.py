"""Queues as they are now, and logging in and out of them.

Everybody of a company sees its queues; who the waiting callers are, and why a colleague pauses, only members of the queue,
supervisors and administrators.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from ninja import Router, Status

from svara.api import schemas
from svara.api.auth import account_of
from svara.api.problems import ApiError
from svara.bus.port import BusError
from svara.calls.commands import (
    SERVICE,
    AskQueues,
    Done,
    KeepPlace,
    QueueMember,
    Queues,
    QueueState,
    Refused,
    SetAgent,
    WaitingCaller,
)
from svara.people import access
from svara.people.access import NotFound
from svara.people.models import Account
from svara.web import live

router = Router(tags=["queues"])


@router.get(
    "/queues", response=schemas.Queues, by_alias=True, operation_id="listQueues", summary="All queues as they are now"
)
async def queues(request: HttpRequest) -> dict[str, Any]:
    """Who waits and who is there to answer, in every queue of the company."""
    actor = account_of(request)
    found = await live.current().queues(actor.tenant_id)
    shown = await _shown(actor)
    return {"items": [shown.queue(one) for one in found]}


@router.get(
    "/queues/{name}", response=schemas.Queue, by_alias=True, operation_id="getQueue", summary="One queue as it is now"
)
async def queue(request: HttpRequest, name: str) -> dict[str, Any]:
    """Who waits and who is there to answer."""
    actor = account_of(request)
    return (await _shown(actor)).queue(_one(await live.current().queues(actor.tenant_id), name))


@router.put(
    "/queues/{name}/members/me",
    response=schemas.QueueMember,
    operation_id="setOwnState",
    summary="Log in, pause, or log out",
)
async def set_state(request: HttpRequest, name: str, wish: schemas.AgentWish) -> dict[str, Any]:
    """`available` logs in to this queue and ends a pause; `paused` (with a reason, if you like) holds for all queues of the
    person; `logged-out` is for this queue. 404 for queues of which one is no member."""
    actor = account_of(request)
    answer = await live.current().ask(
        SetAgent(tenant=actor.tenant_id, person=actor.id, state=wish.state, reason=wish.reason, queue=name)
    )
    if isinstance(answer, Refused) and answer.error == "not-found":
        raise NotFound
    if not isinstance(answer, Done):
        raise BusError("failed", SERVICE)
    answer = await live.current().ask(AskQueues(tenant=actor.tenant_id, name=name))  # what is shared may be from before
    if not isinstance(answer, Queues):
        raise BusError("failed", SERVICE)
    state = _one(answer.queues, name)
    own = next((one for one in state.members if one.person == actor.id), None)
    if own is None:
        raise NotFound
    return (await _shown(actor)).member(own, reasons=True)


@router.post(
    "/queues/{name}/waiting/{call_id}/keep",
    response={204: None},
    operation_id="keepPlace",
    summary="Keep a waiting caller's place, and call back",
)
async def keep_place(request: HttpRequest, name: str, call_id: str, wish: schemas.KeepWish) -> Status[None]:
    """As if the caller had pressed the key: the place moves on in the line, and the number is called when it is its turn.
    For members of the queue, supervisors and administrators. 409 for a number that the queue may not call back."""
    actor = account_of(request)
    state = _one(await live.current().queues(actor.tenant_id), name)
    inside = actor.has_role("supervisor", "admin") or any(one.person == actor.id for one in state.members)
    if not inside or all(one.call != call_id for one in state.callers):
        raise NotFound
    answer = await live.current().ask(KeepPlace(tenant=actor.tenant_id, call=call_id, number=wish.number))
    if isinstance(answer, Refused) and answer.error == "not-found":
        raise NotFound
    if isinstance(answer, Refused):
        raise ApiError(409, "not-now", "That number cannot be called back.")
    if not isinstance(answer, Done):
        raise BusError("failed", SERVICE)
    return Status(204, None)


def _one(states: Iterable[QueueState], name: str) -> QueueState:
    for state in states:
        if state.name == name:
            return state
    raise NotFound


async def _shown(actor: Account) -> _Shown:
    return _Shown(actor, await sync_to_async(access.directory)(actor))


class _Shown:
    """Queues as JSON for one actor."""

    def __init__(self, actor: Account, people: list[Account]) -> None:
        self._actor = actor
        self._zone = ZoneInfo(actor.tenant.timezone)
        self._people = {one.id: one for one in people}
        self._now = time.time()

    def queue(self, state: QueueState) -> dict[str, Any]:
        actor = self._actor
        inside = actor.has_role("supervisor", "admin") or any(one.person == actor.id for one in state.members)
        looks = live.viewer_of(actor)
        longest = max((self._now - one.since for one in state.callers), default=None)
        return {
            "name": state.name,
            "extension": state.extension,
            "waiting": [self._caller(one, who=inside) for one in state.callers],
            "waiting_count": state.waiting,
            "longest_wait_seconds": None if longest is None else max(0.0, longest),
            "expected_wait_seconds": state.expected_wait_seconds,
            "members": [
                self.member(live.current().shown_member(looks, one, inside=inside), reasons=inside)
                for one in state.members
                if one.person in self._people
            ],
        }

    def member(self, member: QueueMember, *, reasons: bool) -> dict[str, Any]:
        person = self._people[member.person]
        return {
            "username": person.username,
            "name": person.name,
            "state": member.state,
            "reason": member.reason if reasons else "",
            "since": self._time(member.since),
            "calls": member.calls,
        }

    def _caller(self, one: WaitingCaller, *, who: bool) -> dict[str, Any]:
        person = self._people.get(one.caller.person or "")
        return {
            "id": one.call,
            "position": one.position,
            "since": self._time(one.since),
            "wait_seconds": max(0.0, self._now - one.since),
            "from": one.caller.number if who else None,
            "from_name": (person.name if person else one.caller.name) if who else None,
            "from_person": person.username if who and person else None,
            "ringing": one.offered,
            "called_back": bool(one.kept_for),
        }

    def _time(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)
