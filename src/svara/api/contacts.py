"""One's own contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from svara.api.auth import account_of
from svara.contacts import access, actions
from svara.contacts.book import Kept
from svara.contacts.card import MAX_MAIL, MAX_NAME, MAX_NOTE, MAX_NUMBER, MAX_NUMBERS, Card, Kind, Number

router = Router(tags=["contacts"])

_GONE = {204: None}


class ContactNumber(Schema):
    """A number; a number of the public network comes back as E.164."""

    number: Annotated[str, Field(min_length=1, max_length=MAX_NUMBER)]
    kind: Kind = "other"


class ContactWish(Schema):
    """A contact as it is to be: with a name, an organisation, a number or an address. What is left out is empty."""

    name: Annotated[str, Field(max_length=MAX_NAME)] = ""
    organisation: Annotated[str, Field(max_length=MAX_NAME)] = ""
    numbers: Annotated[list[ContactNumber], Field(max_length=MAX_NUMBERS, default_factory=list)]
    mail: Annotated[str, Field(max_length=MAX_MAIL)] = ""
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""


class Contact(Schema):
    """Somebody whom the caller keeps for themselves."""

    id: str
    name: str
    organisation: str
    numbers: list[ContactNumber]
    mail: str
    note: str
    changed_at: datetime


class Contacts(Schema):
    """A page of contacts, by name; `next` is the cursor of the page after, null on the last."""

    items: list[Contact]
    next: str | None


class ContactFilters(Schema):
    search: Annotated[
        str, Field(max_length=access.MAX_SEARCH, description="Words that begin parts of the name, or digits of a number")
    ] = ""
    cursor: Annotated[str, Field(pattern=r"^[0-9]{0,6}$", description="`next` of the page before")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get("/contacts", response=Contacts, operation_id="listContacts", summary="One's own contacts, by name")
def contacts(request: HttpRequest, filters: Query[ContactFilters]) -> dict[str, Any]:
    """Nobody else sees them: what a token lists are the contacts of its person."""
    page = access.access_contacts(account_of(request), filters.search, int(filters.cursor or 0), filters.limit)
    return {"items": [_shown(each) for each in page.items], "next": None if page.next is None else str(page.next)}


@router.post("/contacts", response={201: Contact}, operation_id="addContact", summary="Add a contact")
def add(request: HttpRequest, wish: ContactWish) -> Status[dict[str, Any]]:
    """422 with the reasons for what cannot be kept, or where there are too many."""
    return Status(201, _shown(actions.do_add(account_of(request), _card(wish), "api")))


@router.get("/contacts/{contact_id}", response=Contact, operation_id="getContact", summary="One contact")
def contact(request: HttpRequest, contact_id: str) -> dict[str, Any]:
    """404 for everybody but who keeps it."""
    return _shown(access.access_contact(account_of(request), contact_id))


@router.put("/contacts/{contact_id}", response=Contact, operation_id="changeContact", summary="Change a contact")
def change(request: HttpRequest, contact_id: str, wish: ContactWish) -> dict[str, Any]:
    """The whole contact: what is left out is empty afterwards."""
    return _shown(actions.do_change(account_of(request), contact_id, _card(wish)))


@router.delete("/contacts/{contact_id}", response=_GONE, operation_id="deleteContact", summary="Delete a contact")
def delete(request: HttpRequest, contact_id: str) -> Status[None]:
    """It can be taken back for a day."""
    actions.do_delete(account_of(request), contact_id)
    return Status(204, None)


@router.post(
    "/contacts/{contact_id}/restore", response=Contact, operation_id="restoreContact", summary="Take a contact back"
)
def restore(request: HttpRequest, contact_id: str) -> dict[str, Any]:
    """Within a day after it was deleted."""
    actions.do_restore(account_of(request), contact_id)
    return _shown(access.access_contact(account_of(request), contact_id))


def _card(wish: ContactWish) -> Card:
    numbers = tuple(Number(each.number, each.kind) for each in wish.numbers)
    return Card(wish.name, wish.organisation, numbers, wish.mail, wish.note)


def _shown(kept: Kept) -> dict[str, Any]:
    card = kept.card
    return {
        "id": kept.id,
        "name": card.name,
        "organisation": card.organisation,
        "numbers": [{"number": each.number, "kind": each.kind} for each in card.numbers],
        "mail": card.mail,
        "note": card.note,
        "changed_at": kept.changed_at,
    }
