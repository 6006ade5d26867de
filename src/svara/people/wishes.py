"""Wishes that people have by phone about their own settings: done here, in the role `jobs`, as pages would do them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.people import access, actions, administration, greeting, own, snapshot
from svara.people.errors import PlainError
from svara.people.models import Account, Tenant
from svara.people.office import Forward, Target
from svara.people.wish import (
    SERVICE,
    AddSound,
    Answer,
    Done,
    Refused,
    SetCallWaiting,
    SetChoice,
    SetForward,
    SetGreeting,
    Wish,
)
from svara.privacy.vault import tapes
from svara.sealing.errors import Unreadable

_log = log.get("people.wishes")
_decode = msgspec.msgpack.Decoder(Wish).decode
_encode = msgspec.msgpack.Encoder().encode


async def run(_data: DataFolder, bus: Bus) -> None:
    """Take wishes from now on."""
    await bus.serve(SERVICE, handle)


async def handle(payload: bytes) -> bytes:
    """The bus's side: decode, do, encode."""
    try:
        wish = _decode(payload)
    except msgspec.DecodeError:
        return _encode(Refused("invalid"))
    return _encode(await sync_to_async(_answer)(wish))


def _answer(wish: Wish) -> Answer:
    try:
        return do_wish(wish)
    except (DatabaseError, OSError):
        _log.error("a wish by phone could not be done", exc_info=True)
        return Refused("unavailable")
    finally:
        connection.close()


def do_wish(wish: Wish) -> Answer:
    """Do what a person wants by phone. That it is this person, call control has checked. A recording that was made for it
    is gone afterwards."""
    place = None
    if isinstance(wish, AddSound) or (isinstance(wish, SetGreeting) and wish.recording):
        place = _recording(wish.recording)
        if place is None:
            return Refused("invalid")
    try:
        account = Account.all_tenants.select_related("tenant").get(tenant_id=wish.tenant, id=wish.person)
        match wish:
            case SetForward(to=to):
                _set_forward(account, to)
            case SetChoice(choice=choice):
                actions.do_choose_presence(account, choice)
            case SetCallWaiting(how=how):
                _set(account, "call_waiting", how)
            case SetGreeting():
                _set_greeting(account, place, wish)
            case AddSound():
                _add_sound(account, place)
    except (ObjectDoesNotExist, access.NotFound):
        return Refused("not-found")
    except access.Forbidden:
        return Refused("forbidden")
    except (PlainError, Unreadable, OSError):
        return Refused("invalid")
    finally:
        if place is not None:
            place.unlink(missing_ok=True)
    return Done()


@transaction.atomic
def _set_forward(person: Account, to: Target) -> None:
    # The lock that every change of the office takes: what the person wants must still be there when it is written.
    tenant = Tenant.objects.select_for_update().get(id=person.tenant_id)
    if to and not own.exists(tenant, to):
        raise actions.Invalid("There is no such target.")
    account = access.me(person)
    kept = [each for each in own.forwards_of(account) if each.when != "always"]
    account.forwards = own.plain((Forward("always", to), *kept) if to else tuple(kept))
    account.save(update_fields=["forwards"])
    snapshot.changed()


@transaction.atomic
def _set(person: Account, column: str, value: Any) -> None:
    """A choice of their own that leads nowhere else."""
    account = access.me(person)
    setattr(account, column, value)
    account.save(update_fields=[column])
    snapshot.changed()


def _set_greeting(account: Account, place: Path | None, wish: SetGreeting) -> None:
    queue = greeting.queue_by_id(account, wish.queue) if wish.queue else None
    if place is not None:
        until = datetime.fromtimestamp(wish.until, UTC) if wish.until is not None else None
        greeting.do_set_greeting(account, tapes.content(settings.DATA, place), until, kind=wish.kind, queue=queue)
        return
    with suppress(access.NotFound):  # callers hear the standard one already
        greeting.do_remove_greeting(account, kind=wish.kind, queue=queue)


def _add_sound(account: Account, place: Path | None) -> None:
    """As if the administrator had uploaded it on a page, and in the same log: it is the company's sound from now on."""
    if place is None:
        return
    place.write_bytes(tapes.content(settings.DATA, place))
    name = timezone.localtime(timezone=ZoneInfo(account.tenant.timezone)).strftime("recorded-%Y-%m-%d-%H.%M.%S")
    item = {"name": name, "language": account.tenant.languages[0], "file": str(place)}
    administration.do_save(account, "sounds", None, item)


def _recording(name: str) -> Path | None:
    """Where a recording is; None for a name that leads elsewhere."""
    folder = Path(settings.DATA.recordings).resolve()
    place = (folder / name).resolve()
    return place if place.is_relative_to(folder) and place != folder else None
