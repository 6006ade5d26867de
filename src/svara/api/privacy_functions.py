"""The caller's own functions: which use personal data, which are on, what was decided, and receipts to keep and to check."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Body, Router, Schema
from pydantic import Field

from svara.api.auth import account_of
from svara.api.problems import ApiError
from svara.people.models import Account
from svara.privacy.functions import access, port, receipts
from svara.privacy.functions.port import NotInstalled, UnknownFunction

router = Router(tags=["privacy"])


class Function(Schema):
    """A use of personal data that the caller decides on. What is not `available` here cannot be switched on."""

    key: str
    title: str
    purpose: str
    collects: str
    data_classes: Annotated[list[str], Field(description="Keys of the fideslang taxonomy of data categories")]
    legal_basis: Annotated[str, Field(description="Article 6(1) of the GDPR, by letter")]
    text_version: int
    available: bool
    enabled: bool
    state: Annotated[
        Literal["off", "on", "asked-again"],
        Field(description="asked-again: the text has changed since the caller agreed; it is off until they agree anew"),
    ]
    since: Annotated[datetime | None, Field(description="When the caller decided; null: never")]
    receipt: Annotated[str | None, Field(description="Id of the receipt of that decision")]
    collected: Annotated[int, Field(description="How many things are kept because it is or was on")]


class Functions(Schema):
    items: list[Function]


class Switch(Schema):
    enabled: bool


class Erased(Schema):
    """How many things are gone."""

    erased: int


class Decision(Schema):
    """An entry of the ledger."""

    id: Annotated[str, Field(description="Id of its receipt")]
    function: str
    decision: Literal["given", "refused", "withdrawn", "asked-again"]
    how: str
    text_version: int
    at: datetime


class Decisions(Schema):
    """What the caller decided, newest first."""

    items: list[Decision]


class Verdict(Schema):
    """What a receipt is worth. `in_force`: nothing newer was decided since about the same purpose."""

    outcome: Literal["genuine", "forged"]
    why: str
    decision: str
    purpose: str
    in_force: bool


_RECEIPT = {
    "responses": {
        200: {
            "description": "The receipt: JSON-LD in the shape of ISO/IEC TS 27560, signed",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    }
}


@router.get(
    "/me/functions", response=Functions, operation_id="listFunctions", summary="The functions that use personal data"
)
def functions(request: HttpRequest) -> dict[str, Any]:
    actor = account_of(request)
    return {"items": [_function(actor, state) for state in port.states(actor)]}


@router.put(
    "/me/functions/{key}",
    response=dict[str, Any],
    operation_id="switchFunction",
    summary="Switch a function on or off; gives the receipt",
    openapi_extra=_RECEIPT,
)
def switch(request: HttpRequest, key: str, wish: Switch) -> dict[str, Any]:
    try:
        return port.do_switch(account_of(request), key, wish.enabled, how="API").document
    except UnknownFunction:
        raise _UNKNOWN from None
    except NotInstalled:
        raise ApiError(409, "not-installed", "This installation does not have that function.") from None


@router.delete(
    "/me/functions/{key}/collected",
    response=Erased,
    operation_id="eraseCollected",
    summary="Erase what was collected because of a function",
)
def erase(request: HttpRequest, key: str) -> dict[str, int]:
    try:
        return {"erased": port.do_erase_collected(account_of(request), key)}
    except UnknownFunction:
        raise _UNKNOWN from None


@router.get("/me/consents", response=Decisions, operation_id="listConsents", summary="What the caller decided")
def consents(request: HttpRequest) -> dict[str, Any]:
    actor = account_of(request)
    zone = ZoneInfo(actor.tenant.timezone)
    return {
        "items": [
            {
                "id": entry.id,
                "function": entry.purpose,
                "decision": entry.decision,
                "how": entry.how,
                "text_version": entry.text_version,
                "at": entry.at.astimezone(zone),
            }
            for entry in access.access_decisions(actor)
        ]
    }


@router.get(
    "/me/consents/{receipt_id}",
    response=dict[str, Any],
    operation_id="getReceipt",
    summary="The receipt of a decision",
    openapi_extra=_RECEIPT,
)
def receipt(request: HttpRequest, receipt_id: str) -> dict[str, Any]:
    found = access.access_receipt(account_of(request), receipt_id)
    if found is None:
        raise ApiError(404, "not-found", "There is no such thing, or you may not see it.")
    return found.document


@router.post(
    "/receipts/verify",
    response=Verdict,
    operation_id="verifyReceipt",
    summary="Whether a receipt is genuine, and still in force",
)
def verify(request: HttpRequest, document: Annotated[dict[str, Any], Body()]) -> receipts.Verdict:
    return receipts.check(document, account_of(request).tenant_id)


_UNKNOWN = ApiError(404, "not-found", "There is no such function.")


def _function(actor: Account, state: port.State) -> dict[str, Any]:
    function, text = state.function, state.function.read()
    return {
        "key": function.key,
        "title": text.title,
        "purpose": text.purpose,
        "collects": text.collects,
        "data_classes": list(function.data_classes),
        "legal_basis": function.basis.value,
        "text_version": function.text_version,
        "available": function.available,
        "enabled": state.enabled,
        "state": state.state,
        "since": state.since.astimezone(ZoneInfo(actor.tenant.timezone)) if state.since else None,
        "receipt": state.receipt_id,
        "collected": port.collected(actor, function.key),
    }
