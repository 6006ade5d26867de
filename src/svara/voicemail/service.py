"""What call control asks about boxes, for somebody who has opened one at a phone (`svara.calls.boxes`)."""

from __future__ import annotations

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection

from svara import log
from svara.calls.boxes import Answer, AskMessages, BoxMessage, Done, MarkMessage, Messages, Refused, Request
from svara.history.hiding import people_of
from svara.history.outside import indexes_of
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.objections import stopped
from svara.voicemail.actions import do_mark_by_phone
from svara.voicemail.callers import callers
from svara.voicemail.models import Message

MAX_MESSAGES = 500

_log = log.get("voicemail.service")
_decode = msgspec.msgpack.Decoder(Request).decode
_encode = msgspec.msgpack.Encoder().encode


async def handle(payload: bytes) -> bytes:
    """The bus's side: decode, answer, encode."""
    try:
        request = _decode(payload)
    except msgspec.DecodeError:
        return _encode(Refused("invalid"))
    return _encode(await sync_to_async(_answer)(request))


def _answer(request: Request) -> Answer:
    try:
        return answer(request)
    except DatabaseError:
        _log.error("the database does not tell about voice messages", exc_info=True)
        return Refused("unavailable")
    finally:
        connection.close()


def answer(request: Request) -> Answer:
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
