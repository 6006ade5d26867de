"""Who is there and can be reached."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Query, Router

from svara.api import schemas
from svara.api.auth import account_of
from svara.calls.commands import PersonPresence
from svara.people import access, actions
from svara.people.models import Account
from svara.web import live

router = Router(tags=["people"])


@router.get("/me", response=schemas.Me, operation_id="getMe", summary="The caller's own profile")
def me(request: HttpRequest) -> dict[str, Any]:
    return _me(account_of(request))


@router.get("/people", response=schemas.People, operation_id="listPeople", summary="The directory, with presence")
def people(
    request: HttpRequest,
    search: Annotated[
        str, Query(max_length=100, description="Words of name, user name or e-mail; the beginning of an extension")
    ] = "",
) -> dict[str, Any]:
    actor = account_of(request)
    presence = live.current().presence_of(live.viewer_of(actor))
    found = access.directory(actor, search.replace("\0", ""))
    return {"items": [_person(one, presence.get(one.id), ZoneInfo(actor.tenant.timezone)) for one in found]}


@router.put("/me/presence", response=schemas.Me, operation_id="choosePresence", summary="Choose what others see")
def choose_presence(request: HttpRequest, wish: schemas.PresenceChoice) -> dict[str, Any]:
    account = actions.do_choose_presence(account_of(request), wish.choice)
    if wish.presence_to is not None:
        account = actions.do_show_presence_to(account, wish.presence_to)
    return _me(account)


def _me(account: Account) -> dict[str, Any]:
    presence = live.current().presence(live.viewer_of(account), account.id)
    tenant = account.tenant
    return {
        **_person(account, presence, ZoneInfo(tenant.timezone)),
        "roles": sorted({*account.roles, "member"}),
        "language": account.language,
        "choice": account.choice,
        "presence_to": account.presence_to or tenant.presence_to,
        "tenant": {
            "slug": tenant.slug,
            "name": tenant.name,
            "country": tenant.country,
            "timezone": tenant.timezone,
            "languages": tenant.languages,
            "demo": tenant.demo,
        },
        "phones": [{"login": phone.login, "label": phone.label} for phone in access.my_phones(account)],
    }


def _person(account: Account, presence: PersonPresence | None, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": account.id,
        "username": account.username,
        "name": account.name,
        "email": account.email,
        "extension": account.extension,
        "presence": presence.availability if presence else "offline",
        "presence_since": datetime.fromtimestamp(presence.since, zone) if presence and presence.since else None,
        "phones_online": presence.phones_online if presence else 0,
    }
