"""Who looked at the caller's data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from svara.api.auth import account_of
from svara.people.access import people_by_id
from svara.privacy.audit.access import access_views
from svara.privacy.audit.port import OPERATOR, STAFF, SYSTEM
from svara.privacy.staff.access import visitors

router = Router(tags=["privacy"])


class View(Schema):
    """Somebody saw or changed what is about the caller."""

    number: Annotated[int, Field(description="Of the entry in the company's log")]
    at: datetime
    by: Annotated[str, Field(description="User name; or operator, system, support (of the provider), removed")]
    by_name: str | None
    act: Annotated[str, Field(description="view, hear, change, export, grant …")]
    what: Annotated[str, Field(description="Kind of thing: calls, recording, person …")]
    ref: str
    why: Annotated[str, Field(description="A key; for support of the provider the reason in words")]


class Views(Schema):
    items: list[View]
    next: Annotated[str | None, Field(description="The cursor of the next page; null on the last")]


class Filters(Schema):
    since: Annotated[AwareDatetime | None, Field(description="At or after")] = None
    until: Annotated[AwareDatetime | None, Field(description="Before")] = None
    cursor: Annotated[str | None, Field(max_length=18, pattern="^[0-9]+$")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


@router.get("/me/views", response=Views, operation_id="listViews", summary="Who saw or changed what is about the caller")
def views(request: HttpRequest, filters: Query[Filters]) -> dict[str, Any]:
    actor = account_of(request)
    page = access_views(actor, **filters.model_dump())
    known = people_by_id(actor, {view.actor for view in page.items})
    support = visitors(actor, {view.actor for view in page.items})
    names = {key: account.name for key, account in known.items()} | {key: one.name for key, one in support.items()}
    zone = ZoneInfo(actor.tenant.timezone)
    items = [
        {
            "number": view.number,
            "at": view.at.astimezone(zone),
            "by": known[view.actor].username if view.actor in known else _word(view.actor),
            "by_name": names.get(view.actor),
            "act": view.act,
            "what": view.what,
            "ref": view.ref,
            "why": support[view.why].reason if view.why in support else view.why,
        }
        for view in page.items
    ]
    return {"items": items, "next": page.next}


def _word(actor: str) -> str:
    if actor.startswith(STAFF):
        return "support"
    return actor if actor in (OPERATOR, SYSTEM) else "removed"
