"""What call control asks about boxes, for somebody who has opened one at a phone (`svara.calls.boxes`)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection

from svara import log
from svara.calls.boxes import (
    BRING_SECONDS,
    Answer,
    AskMessages,
    BoxMessage,
    BringMessage,
    Done,
    MarkMessage,
    Messages,
    Refused,
    Request,
)
from svara.history.hiding import people_of
from svara.history.outside import indexes_of
from svara.history.thread import in_thread
from svara.people.access import NotFound
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.objections import stopped
from svara.privacy.vault import moving
from svara.privacy.vault.errors import VaultError
from svara.sealing.errors import Unreadable
from svara.voicemail.access import place_of
from svara.voicemail.actions import do_mark_by_phone
from svara.voicemail.callers import callers
from svara.voicemail.models import Message

MAX_MESSAGES = 500
MOST_FETCHED = 8
"""Messages that are fetched from a bucket at once; who asks for more is told that it cannot be reached."""

_log = log.get("voicemail.service")
_decode = msgspec.msgpack.Decoder(Request).decode
_encode = msgspec.msgpack.Encoder().encode
_fetching: dict[Path, asyncio.Future[bool]] = {}


async def handle(payload: bytes) -> bytes:
    """The bus's side: decode, answer, encode."""
    try:
        request = _decode(payload)
    except msgspec.DecodeError:
        return _encode(Refused("invalid"))
    if isinstance(request, BringMessage):
        return _encode(await bring(request))
    return _encode(await sync_to_async(_answer)(request))


async def bring(request: BringMessage) -> Answer:
    """Fetch a message from the bucket, if it lies there. It goes on when nobody waits any more, in threads of its own:
    no other answer is held up by it."""
    place = await sync_to_async(_place_of)(request)
    if not isinstance(place, Path):
        return place
    if place.is_file():
        await asyncio.to_thread(_keep, place)
        return Done()
    fetching = _fetching.get(place)
    if fetching is None:
        if len(_fetching) >= MOST_FETCHED:
            return Refused("unreachable")
        fetching = _fetching[place] = in_thread(partial(_fetched, place))
        fetching.add_done_callback(lambda _done: _fetching.pop(place, None))
    try:
        return Done() if await asyncio.wait_for(asyncio.shield(fetching), BRING_SECONDS) else Refused("unreachable")
    except TimeoutError:
        return Refused("unreachable")


def _place_of(request: BringMessage) -> Path | Refused:
    try:
        rows = Message.all_tenants.filter(tenant_id=request.tenant, box=request.box, deleted_at=None)
        message = rows.filter(pk=request.message).first()
        return place_of(message.file) if message is not None else Refused("not-found")
    except NotFound:
        return Refused("not-found")
    except DatabaseError:
        _log.error("the database does not tell about voice messages", exc_info=True)
        return Refused("unavailable")
    finally:
        connection.close()


def _fetched(place: Path) -> bool:
    try:
        moving.fetch(settings.DATA, place)
    except (OSError, VaultError, Unreadable):
        _log.warning("a message cannot be fetched from where it lies, and is not played", exc_info=True)
        return False
    return True


def _keep(place: Path) -> None:
    """What was fetched before stays a while longer."""
    with suppress(OSError, VaultError, Unreadable):
        moving.fetch(settings.DATA, place)


def _answer(request: AskMessages | MarkMessage) -> Answer:
    try:
        return answer(request)
    except DatabaseError:
        _log.error("the database does not tell about voice messages", exc_info=True)
        return Refused("unavailable")
    finally:
        connection.close()


def answer(request: AskMessages | MarkMessage) -> Answer:
    """The answer to one request. Whether the caller may open the box, call control has checked."""
    if isinstance(request, MarkMessage):
        done = do_mark_by_phone(request.tenant, request.box, request.message, request.how, request.person)
        return Done() if done else Refused("not-found")
    return _messages(request)


def _messages(request: AskMessages) -> Messages:
    left = max(0, min(request.limit, MAX_MESSAGES))
    found = Message.all_tenants.filter(tenant_id=request.tenant, box=request.box, deleted_at=None).order_by("left_at", "id")
    unseen = stopped(request.tenant, Purpose.MESSAGES)
    found = found.exclude(caller_person__in=people_of(unseen)).exclude(caller_index__in=indexes_of(unseen))
    new = list(found.filter(heard_at=None)[:left])
    heard = list(found.filter(heard_at__isnull=False)[: left - len(new)])
    who = callers(request.tenant, [*new, *heard])
    return Messages(
        tuple(
            BoxMessage(
                id=message.id,
                number=who[message.id].number,
                left_at=message.left_at.timestamp(),
                seconds=message.seconds,
                file=message.file,
                heard=message.heard_at is not None,
            )
            for message in (*new, *heard)
        )
    )
