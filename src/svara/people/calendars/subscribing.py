"""Subscribing to one's own calendar: the function is switched on with the address, and with it everything goes again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from svara.people.calendars.fetch import Refused, checked
from svara.people.meetings import Span
from svara.people.models import Account, PersonCalendar
from svara.privacy import errors, vault
from svara.privacy.functions.port import Collection, do_switch, enabled
from svara.privacy.functions.registry import CALENDAR_PRESENCE
from svara.privacy.subject import person
from svara.privacy.tenancy import Person
from svara.sealing.errors import Unreadable

Invalid = errors.Invalid
WRONG_ADDRESS = "That is no address of a calendar that may be asked: it begins with https:// and is reached from everywhere."


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One's calendar. `host` is where it comes from; the address itself, which often holds a secret, is not shown again."""

    host: str
    read_at: datetime | None
    trouble: str
    busy: tuple[Span, ...]


def access_calendar(actor: Account) -> Subscribed | None:
    """The actor's own calendar; None without one, or while the function is off."""
    row = PersonCalendar.of(actor).filter(account=actor).first()
    if row is None or not enabled(actor.id, CALENDAR_PRESENCE):
        return None
    try:
        return Subscribed(urlsplit(url_of(row)).hostname or "", row.read_at, row.trouble, busy_of(row))
    except Unreadable:
        return Subscribed("", row.read_at, "unreadable", ())


@transaction.atomic
def do_subscribe(actor: Account, url: str) -> None:
    """Switch the function on, with this calendar, instead of an earlier one. Raises Invalid for what may not be asked."""
    try:
        address = checked(url)
    except Refused:
        raise Invalid(WRONG_ADDRESS) from None
    do_switch(actor, CALENDAR_PRESENCE, True, how="page of my calendar")
    sealed = vault.current().seal(actor.tenant_id, [person(actor.id)], address.encode(), context=_context(actor.id, "url"))
    fresh = {"url_sealed": sealed, "busy_sealed": b"", "etag": "", "trouble": "", "read_at": None, "next_at": timezone.now()}
    PersonCalendar.all_tenants.update_or_create(account=actor, defaults={"tenant_id": actor.tenant_id, **fresh})


@transaction.atomic
def do_unsubscribe(actor: Account) -> None:
    """Switch the function off; the address and the busy times go."""
    do_switch(actor, CALENDAR_PRESENCE, False, how="page of my calendar")
    PersonCalendar.of(actor).filter(account=actor).delete()


def function_switched(key: str, person_id: str, *, enabled: bool, **_more: object) -> None:
    """Whoever switches the function off, wherever, has no calendar here any more."""
    if key == CALENDAR_PRESENCE and not enabled:
        PersonCalendar.all_tenants.filter(account_id=person_id).delete()


def _count(actor: Person) -> int:
    return PersonCalendar.all_tenants.filter(account_id=actor.id).count()


def _erase(actor: Person) -> int:
    gone, _ = PersonCalendar.all_tenants.filter(account_id=actor.id).delete()
    return gone


COLLECTION = Collection(_count, _erase)
"""What is kept because the function is on."""


def url_of(row: PersonCalendar) -> str:
    """Raises Unreadable."""
    context = _context(row.account_id, "url")
    return vault.current().open(row.tenant_id, bytes(row.url_sealed), context=context).decode()


def busy_of(row: PersonCalendar) -> tuple[Span, ...]:
    """Raises Unreadable."""
    if not row.busy_sealed:
        return ()
    content = vault.current().open(row.tenant_id, bytes(row.busy_sealed), context=_context(row.account_id, "busy"))
    return tuple((float(begins), float(ends)) for begins, ends in json.loads(content))


def sealed_busy(row: PersonCalendar, busy: tuple[Span, ...]) -> bytes:
    """The busy times as the table holds them. Raises Unreadable."""
    content = json.dumps(busy).encode()
    return vault.current().seal(row.tenant_id, [person(row.account_id)], content, context=_context(row.account_id, "busy"))


def _context(account_id: str, what: str) -> bytes:
    return f"people.calendar:{account_id}:{what}".encode()
