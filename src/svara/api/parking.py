"""Who is parked in the company, and where. Taking is a call like any other: `POST /calls` to the place."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from ninja import Router

from svara.api import schemas
from svara.api.auth import account_of
from svara.bus.port import BusError
from svara.calls.commands import SERVICE, AskParked, ParkedCalls
from svara.people import access as people
from svara.web import live

router = Router(tags=["calls"])


@router.get(
    "/parked", response=schemas.Parked, by_alias=True, operation_id="listParked", summary="Who is parked now, by the place"
)
async def parked(request: HttpRequest) -> dict[str, Any]:
    """Everybody of the company may take them, by calling the place."""
    actor = account_of(request)
    answer = await live.current().ask(AskParked(actor.tenant_id))
    if not isinstance(answer, ParkedCalls):
        raise BusError("failed", SERVICE)
    ids = [one.by.person for one in answer.parked if one.by.person]
    known = await sync_to_async(people.people_by_id)(actor, ids)
    zone = ZoneInfo(actor.tenant.timezone)
    return {
        "items": [
            {
                "extension": one.extension,
                "call": one.call,
                "from": one.caller.number,
                "from_name": one.caller.name,
                "by": known[one.by.person].username if one.by.person in known else None,
                "since": datetime.fromtimestamp(one.since, zone),
                "until": datetime.fromtimestamp(one.until, zone),
            }
            for one in answer.parked
        ]
    }
