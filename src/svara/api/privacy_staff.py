"""Access of the provider's staff, for those who look after the company."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from svara.api.auth import account_of
from svara.api.problems import ApiError
from svara.people.access import people_by_id
from svara.people.models import Account
from svara.privacy.errors import Invalid
from svara.privacy.staff import access, deciding, rules

router = Router(tags=["privacy"])


class Seen(Schema):
    """Something that was looked at."""

    at: datetime
    act: Annotated[str, Field(description="view or hear")]
    what: str
    ref: str
    count: int
    persons: Annotated[int, Field(description="How many people of the company it was about")]


class Grant(Schema):
    """One access of one member of the provider's staff."""

    id: str
    state: Literal["waiting", "lapsed", "refused", "offered", "open", "over"]
    how: Literal["asked", "told", "opened", "emergency"]
    name: Annotated[str, Field(description="Of the member of staff; empty for a door that nobody has taken")]
    role: Literal["support", "engineer"]
    reason: str
    minutes: int
    content_wanted: bool
    content: Annotated[bool, Field(description="Whether recordings and shared voice messages may be heard")]
    asked_at: datetime
    decided_by: Annotated[str | None, Field(description="User name")]
    until: datetime | None
    ended_at: datetime | None
    seen: list[Seen]


class Grants(Schema):
    items: list[Grant]
    next: Annotated[str | None, Field(description="The cursor of the next page; null on the last")]


class Filters(Schema):
    cursor: Annotated[str | None, Field(max_length=32)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class Door(Schema):
    """Let one member of staff look."""

    reason: Annotated[str, Field(min_length=rules.SHORTEST_REASON, max_length=rules.LONGEST_REASON)]
    minutes: Annotated[int, Field(ge=rules.SHORTEST_MINUTES, le=rules.LONGEST_MINUTES)] = rules.DEFAULT_MINUTES
    role: Literal["support", "engineer"] = "support"
    content: bool = False


class Answer(Schema):
    agree: bool
    content: Annotated[bool, Field(description="Recordings and shared voice messages too, where that was asked for")] = False


class Rule(Schema):
    """What the company wants."""

    wish: Literal["ask", "tell"]
    emergency: bool


class Made(Schema):
    id: str


@router.get("/support/grants", response=Grants, operation_id="listSupportGrants", summary="Accesses of the provider's staff")
def grants(request: HttpRequest, filters: Query[Filters]) -> dict[str, Any]:
    """For administrators and privacy officers, newest first, with what was looked at."""
    actor = account_of(request)
    page = access.access_grants(actor, timezone.now(), filters.cursor, filters.limit)
    return {"items": _shown(actor, page.items), "next": page.next}


@router.post("/support/grants", response={201: Made}, operation_id="openSupportDoor", summary="Let one member of staff look")
def open_door(request: HttpRequest, door: Door) -> Status[dict[str, str]]:
    """The first who comes takes it."""
    actor = account_of(request)
    made = deciding.do_open(actor, door.reason, role=door.role, minutes=door.minutes, content=door.content)
    return Status(201, {"id": made.id})


@router.put(
    "/support/grants/{grant_id}",
    response={204: None},
    operation_id="answerSupport",
    summary="Agree to a question, or refuse",
)
def answer(request: HttpRequest, grant_id: str, answer: Answer) -> Status[None]:
    """409 for what is decided already. Nobody answers their own question: 403."""
    try:
        deciding.do_decide(account_of(request), grant_id, agree=answer.agree, content=answer.content)
    except Invalid as error:
        raise ApiError(409, "not-now", " ".join(error.messages)) from error
    return Status(204, None)


@router.delete(
    "/support/grants/{grant_id}", response={204: None}, operation_id="endSupport", summary="End an access, or close a door"
)
def end(request: HttpRequest, grant_id: str) -> Status[None]:
    """Nothing more is seen from the next request on."""
    deciding.do_end(account_of(request), grant_id)
    return Status(204, None)


@router.get("/support/rule", response=Rule, operation_id="getSupportRule", summary="Whether the company is asked or told")
def rule(request: HttpRequest) -> dict[str, Any]:
    return _rule(deciding.access_rule(account_of(request)))


@router.put("/support/rule", response=Rule, operation_id="setSupportRule", summary="Be asked first, or only told")
def set_rule(request: HttpRequest, rule: Rule) -> dict[str, Any]:
    """`emergency`: they may enter for an hour when nobody has answered for half an hour."""
    return _rule(deciding.do_choose_rule(account_of(request), rule.wish, emergency=rule.emergency))


def _rule(found: Any) -> dict[str, Any]:
    return {"wish": found.wish, "emergency": found.emergency}


def _shown(actor: Account, items: tuple[access.Access, ...]) -> list[dict[str, Any]]:
    zone = ZoneInfo(actor.tenant.timezone)
    known = people_by_id(actor, {one.grant.decided_by for one in items})

    def local(at: datetime | None) -> datetime | None:
        return at and at.astimezone(zone)

    return [
        {
            "id": one.grant.id,
            "state": one.state,
            "how": one.grant.how,
            "name": one.grant.staff_name,
            "role": one.grant.role,
            "reason": one.grant.reason,
            "minutes": one.grant.minutes,
            "content_wanted": one.grant.content_wanted,
            "content": one.grant.content,
            "asked_at": local(one.grant.asked_at),
            "decided_by": known[one.grant.decided_by].username if one.grant.decided_by in known else None,
            "until": local(one.grant.until),
            "ended_at": local(one.grant.ended_at),
            "seen": [
                {
                    "at": local(each.at),
                    "act": each.act,
                    "what": each.what,
                    "ref": each.ref,
                    "count": each.count,
                    "persons": each.persons,
                }
                for each in one.seen
            ],
        }
        for one in items
    ]
