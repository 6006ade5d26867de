"""Phones that Svara sets up: which there are, adding one, letting it in, shutting it out, taking it away.

Administrators do so for everybody, others for themselves where the company allows it. A token is in the answer that made it
and in no other.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from asgiref.sync import async_to_sync
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from svara.api import schemas
from svara.api.auth import account_of
from svara.bus.port import BusError
from svara.calls.commands import ForgetPhone
from svara.people.models import Account, Handset
from svara.people.provisioning import actions, reading
from svara.people.provisioning.makers import MAKERS
from svara.web import live
from svara.web.pages.provision import base_of

router = Router(tags=["phones"])


@router.get(
    "/handsets",
    response=schemas.Handsets,
    operation_id="listHandsets",
    summary="The phones that Svara sets up",
)
def handsets(
    request: HttpRequest, mine: Annotated[bool, Query(description="One's own alone, also for administrators")] = False
) -> dict[str, Any]:
    """All of the company for administrators, their own for everybody else. Whose phones were looked at sees by whom."""
    actor = account_of(request)
    everybody = actor.has_role("admin") and not mine
    found = reading.access_handsets(actor) if everybody else reading.access_own_handsets(actor)
    return {"items": [_handset(actor, one) for one in found]}


@router.post(
    "/handsets",
    response={201: schemas.IssuedHandset},
    operation_id="addHandset",
    summary="Add a phone of somebody",
)
def add(request: HttpRequest, wish: schemas.NewHandset) -> Status[dict[str, Any]]:
    """Gives the token by which it comes, once: it opens the phone's settings one time, until `until`."""
    actor = account_of(request)
    issued = actions.do_add(
        actor, wish.person or actor.username, wish.maker, wish.mac or "", wish.login or "", clear=wish.clear
    )
    return Status(201, _issued(request, actor, issued))


@router.get(
    "/handsets/{handset_id}",
    response=schemas.Handset,
    operation_id="getHandset",
    summary="One phone",
)
def handset(request: HttpRequest, handset_id: str) -> dict[str, Any]:
    actor = account_of(request)
    return _handset(actor, reading.access_handset(actor, handset_id))


@router.post(
    "/handsets/{handset_id}/token",
    response=schemas.IssuedHandset,
    operation_id="issueHandsetToken",
    summary="A new token for a phone",
)
def issue(request: HttpRequest, handset_id: str) -> dict[str, Any]:
    """What opened its settings before does so no longer; its SIP account works until it comes."""
    actor = account_of(request)
    return _issued(request, actor, actions.do_issue(actor, handset_id))


@router.post(
    "/handsets/{handset_id}/open",
    response=schemas.Handset,
    operation_id="openForHandset",
    summary="Let a desk phone in by its MAC address, for half an hour",
)
def let_in(request: HttpRequest, handset_id: str) -> dict[str, Any]:
    """For administrators, and for a phone that has not come yet."""
    actor = account_of(request)
    return _handset(actor, actions.do_open(actor, handset_id))


@router.post(
    "/handsets/{handset_id}/revoke",
    response={204: None},
    operation_id="revokeHandset",
    summary="Shut a phone out",
)
def revoke(request: HttpRequest, handset_id: str) -> Status[None]:
    """Neither its settings nor its SIP account work any more; a new token lets it come again."""
    _forget(actions.do_revoke(account_of(request), handset_id))
    return Status(204, None)


@router.delete(
    "/handsets/{handset_id}",
    response={204: None},
    operation_id="removeHandset",
    summary="Take a phone away",
)
def remove(request: HttpRequest, handset_id: str) -> Status[None]:
    """With the SIP account that was made for it; one that was there before stays, with a secret that nobody has."""
    _forget(actions.do_remove(account_of(request), handset_id))
    return Status(204, None)


def _forget(login: str) -> None:
    """It is not registered any more."""
    with suppress(BusError):  # once it registers anew it is refused in any case
        async_to_sync(live.current().ask)(ForgetPhone(login))


def _issued(request: HttpRequest, actor: Account, issued: actions.Issued) -> dict[str, Any]:
    one = issued.handset
    return {
        "handset": _handset(actor, one),
        "token": issued.token,
        "address": MAKERS[one.maker].address(base_of(request), issued.token, one.mac),
        "until": _local(actor, issued.until),
    }


def _handset(actor: Account, one: Handset) -> dict[str, Any]:
    return {
        "id": one.id,
        "person": one.phone.account.username,
        "maker": one.maker,
        "mac": one.mac or None,
        "login": one.phone.login,
        "state": reading.state_of(one, timezone.now()),
        "clear": one.clear,
        "came_at": _local(actor, one.bound_at),
        "fetched_at": _local(actor, one.fetched_at),
        "model": one.told_model,
        "firmware": one.told_firmware,
    }


def _local(actor: Account, at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(ZoneInfo(actor.tenant.timezone))
