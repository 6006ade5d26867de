"""Wishes that people have by phone about their own settings: done here, in the role `jobs`, as pages would do them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.media.sounds import library
from svara.media.sounds.form import SoundError
from svara.people import access, administration, own, snapshot
from svara.people.errors import PlainError
from svara.people.models import Account, Tenant
from svara.people.office import Forward
from svara.people.wish import SERVICE, AddSound, Answer, Done, Refused, SetChoice, SetForward, SetGreeting, Wish

_log = log.get("people.wishes")
_decode = msgspec.msgpack.Decoder(Wish).decode
_encode = msgspec.msgpack.Encoder().encode


def write(_records: Sequence[Any]) -> None:
    """Nothing here is made of calls' records."""


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
    """Do what a person wants by phone. That it is this person, call control has checked."""
    if isinstance(wish, AddSound):
        return _add_sound(wish)
    made = _greeting(wish) if isinstance(wish, SetGreeting) else ""
    if made is None:
        return Refused("invalid")
    with transaction.atomic():
        # The lock that every change of the office takes: what the person wants must still be there when it is written.
        tenant = Tenant.objects.select_for_update().filter(id=wish.tenant).first()
        if tenant is not None and isinstance(wish, SetForward) and not (wish.to == "" or own.exists(tenant, wish.to)):
            return Refused("invalid")
        account = Account.all_tenants.select_for_update().filter(tenant_id=wish.tenant, id=wish.person).first()
        if account is None:
            return Refused("not-found")
        match wish:
            case SetForward(to=to):
                kept = [each for each in own.forwards_of(account) if each.when != "always"]
                account.forwards = own.plain((Forward("always", to), *kept) if to else tuple(kept))
                account.save(update_fields=["forwards"])
            case SetChoice(choice=choice):
                account.choice = choice
                account.save(update_fields=["choice"])
            case SetGreeting():
                account.greeting_file, account.greeting_until = made, None
                account.save(update_fields=["greeting_file", "greeting_until"])
        snapshot.changed()
    return Done()


def _add_sound(wish: AddSound) -> Answer:
    """As if the administrator had uploaded it on a page, and in the same log."""
    place = _recording(wish.recording)
    if place is None:
        return Refused("invalid")
    try:
        account = Account.all_tenants.select_related("tenant").get(tenant_id=wish.tenant, id=wish.person)
        name = timezone.localtime(timezone=ZoneInfo(account.tenant.timezone)).strftime("recorded-%Y-%m-%d-%H.%M.%S")
        item = {"name": name, "language": account.tenant.languages[0], "file": str(place)}
        administration.do_save(account, "sounds", None, item)
    except Account.DoesNotExist:
        return Refused("not-found")
    except access.Forbidden:
        return Refused("forbidden")
    except PlainError:
        return Refused("invalid")
    finally:
        place.unlink(missing_ok=True)
    return Done()


def _recording(name: str) -> Path | None:
    """Where a recording is; None for a name that leads elsewhere."""
    folder = Path(settings.DATA.recordings).resolve()
    place = (folder / name).resolve()
    return place if place.is_relative_to(folder) and place != folder else None


def _greeting(wish: SetGreeting) -> str | None:
    """The greeting's file in the library; None where the recording is no sound. The recording itself goes."""
    if not wish.recording:
        return ""
    place = _recording(wish.recording)
    if place is None:
        return None
    try:
        return library.store(settings.DATA, wish.tenant, "the greeting", place)
    except SoundError:
        return None
    finally:
        place.unlink(missing_ok=True)
