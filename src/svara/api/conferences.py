"""Conferences as they are now, and conducting them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from ninja import Router, Status

from svara.api import schemas
from svara.api.auth import account_of
from svara.api.problems import ApiError
from svara.bus.port import BusError
from svara.calls.commands import SERVICE, AskConferences, Conferences, ControlConference, Done, Refused
from svara.people.access import NotFound
from svara.people.models import Account
from svara.web import live
from svara.web.conference_view import ConferenceView, Participant, views

router = Router(tags=["conferences"])


@router.get(
    "/conferences",
    response=schemas.Conferences,
    operation_id="listConferences",
    summary="All conferences as they are now",
)
async def conferences(request: HttpRequest) -> dict[str, Any]:
    """Which there are, and how many are in each; who, for those who are in it, supervisors and administrators."""
    actor = account_of(request)
    return {"items": [_conference(actor, view) for view in await _views(actor)]}


@router.get(
    "/conferences/{name}",
    response=schemas.Conference,
    operation_id="getConference",
    summary="One conference as it is now",
)
async def conference(request: HttpRequest, name: str) -> dict[str, Any]:
    """Who is in it, and how."""
    actor = account_of(request)
    return _conference(actor, await _view(actor, name))


@router.post(
    "/conferences/{name}/{what}",
    response={204: None},
    operation_id="conductConference",
    summary="Lock or open a conference, mute all or let all be heard, end it",
)
async def conduct(request: HttpRequest, name: str, what: Literal["lock", "unlock", "mute", "unmute", "end"]) -> Status[None]:
    """For supervisors, administrators, and whoever moderates it at the moment. `mute` is for everybody but the moderators;
    everybody can unmute themselves. 409 where nobody is in it."""
    actor = account_of(request)
    if not (await _view(actor, name)).conducts:
        raise _FORBIDDEN
    await _control(ControlConference(actor.tenant_id, name, what))
    return Status(204, None)


@router.post(
    "/conferences/{name}/members/{call_id}/{what}",
    response={204: None},
    operation_id="conductMember",
    summary="Mute somebody in a conference, let them be heard, or remove them",
)
async def conduct_member(
    request: HttpRequest, name: str, call_id: str, what: Literal["mute", "unmute", "remove"]
) -> Status[None]:
    """For supervisors, administrators, and whoever moderates it at the moment; everybody mutes and unmutes themselves."""
    actor = account_of(request)
    view = await _view(actor, name)
    if not view.inside:
        raise NotFound
    if not (view.conducts or (what != "remove" and view.mutes(call_id))):
        raise _FORBIDDEN
    await _control(ControlConference(actor.tenant_id, name, what, call_id))
    return Status(204, None)


_FORBIDDEN = ApiError(
    403, "not-a-moderator", "Only moderators of the conference, supervisors and administrators conduct it."
)


async def _control(request: ControlConference) -> None:
    answer = await live.current().ask(request)
    if isinstance(answer, Refused) and request.call:
        raise NotFound
    if isinstance(answer, Refused):
        raise ApiError(409, "not-now", "Nobody is in that conference.")
    if not isinstance(answer, Done):
        raise BusError("failed", SERVICE)


async def _view(actor: Account, name: str) -> ConferenceView:
    for view in await _views(actor, name):
        return view
    raise NotFound


async def _views(actor: Account, name: str | None = None) -> list[ConferenceView]:
    answer = await live.current().ask(AskConferences(actor.tenant_id, name))
    if not isinstance(answer, Conferences):
        raise BusError("failed", SERVICE)
    return await sync_to_async(views)(actor, answer.conferences)


def _conference(actor: Account, view: ConferenceView) -> dict[str, Any]:
    state, zone = view.state, ZoneInfo(actor.tenant.timezone)
    return {
        "name": state.name,
        "extension": state.extension,
        "count": view.count,
        "max_members": state.max_members,
        "locked": state.locked,
        "recorded": state.recorded,
        "members": [_member(one, zone) for one in view.participants] if view.inside else None,
        "may_conduct": view.conducts,
    }


def _member(one: Participant, zone: ZoneInfo) -> dict[str, Any]:
    member = one.member
    return {
        "id": member.call,
        "number": one.number,
        "name": one.name,
        "person": one.person,
        "since": datetime.fromtimestamp(member.since, zone),
        "moderator": member.moderator,
        "muted": member.muted,
        "waiting": member.waiting,
    }
