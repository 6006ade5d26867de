"""Server-sent events: what happens, as it happens, for whom it concerns (WHATWG HTML, section 9.2).

A stream says something at least every fifteen seconds, so that proxies keep it; then it is also asked anew whether the
person may still listen. It ends when the server stops, and a browser comes back by itself.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from svara.api.auth import account_of, still_there
from svara.api.problems import ApiError
from svara.calls.boxes import BoxChanged
from svara.calls.commands import ConferenceChanged, LiveAgent, LiveCall, PersonPresence, QueueChanged, Recorded
from svara.calls.events import Party
from svara.people import access
from svara.people.models import Account
from svara.web import live

MAX_STREAMS = 32
"""Open streams of one person."""
COME_BACK_MILLISECONDS = 2000
FIRST_ID = "open"
"""Sent once at the beginning: a browser that comes back says it, and is told to read again what it missed meanwhile."""
CHECK_SECONDS = 15.0
"""How often it is asked whether the person may still listen."""
NAMES_SECONDS = 5.0
"""Names of people who are new are looked up no more often than this."""

router = Router(tags=["events"])
_open: Counter[str] = Counter()


@router.get(
    "/events",
    operation_id="getEvents",
    summary="What happens, as it happens",
    openapi_extra={
        "responses": {200: {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}}
    },
)
async def events(request: HttpRequest) -> StreamingHttpResponse:
    """A stream of server-sent events, each with a JSON object as its data.

    `call.started`, `call.ringing`, `call.answered`, `call.held`, `call.resumed`, `call.supervised` (a supervisor came,
    changed or left), `call.taped` (its recording began, pauses or goes on) and `call.ended` carry the call as it stands,
    `call.recorded` the id of a call whose record is complete, `presence.changed` a person, `message.changed` a box of
    voice messages with how many are new and heard, `queue.changed` a queue at a glance, `queue.agent` how an agent is
    shown now, `conference.changed` how many are in a conference. `reset` says that something may have been missed: read the
    lists again.
    """
    account = account_of(request)
    if _open[account.id] >= MAX_STREAMS:
        raise ApiError(
            429, "too-many-streams", f"There are {MAX_STREAMS} streams open already.", retry_seconds=CHECK_SECONDS
        )
    response = StreamingHttpResponse(_stream(request, account), content_type="text/event-stream")
    response["Cache-Control"] = "no-store, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(request: HttpRequest, account: Account) -> AsyncIterator[bytes]:
    _open[account.id] += 1
    try:
        shown = _Shown(account)
        await shown.load()
        with live.current().subscribe(live.viewer_of(account)) as stream:
            yield f"retry: {COME_BACK_MILLISECONDS}\nid: {FIRST_ID}\n\n".encode()
            if "Last-Event-ID" in request.headers:
                yield _event("reset", {})
            checked_at = time.monotonic()
            async for news in stream:
                if time.monotonic() - checked_at >= CHECK_SECONDS or news is live.PING:
                    checked_at = time.monotonic()
                    now = await still_there(request)
                    if now is None or live.viewer_of(now) != stream.viewer:
                        return
                yield b": nothing new\n\n" if news is live.PING else _event(news.name, await shown.payload(news.payload))
    finally:
        _open[account.id] -= 1
        if not _open[account.id]:
            del _open[account.id]


def _event(name: str, data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\ndata: {text}\n\n".encode("utf-8", "replace")


class _Shown:
    """News as JSON for one actor: people by user name, times in the company's timezone."""

    def __init__(self, actor: Account) -> None:
        self._actor = actor
        self._zone = ZoneInfo(actor.tenant.timezone)
        self._people: dict[str, Account] = {}
        self._loaded_at = float("-inf")

    async def load(self) -> None:
        self._loaded_at = time.monotonic()
        self._people = {one.id: one for one in await sync_to_async(access.directory)(self._actor)}

    async def payload(self, payload: live.Payload | None) -> dict[str, Any]:
        if isinstance(payload, PersonPresence):
            person = await self._person(payload.person)
            return {
                "id": payload.person,
                "username": person.username if person else None,
                "presence": payload.availability,
                "presence_since": self._time(payload.since or None),
                "phones_online": payload.phones_online,
            }
        if isinstance(payload, LiveCall):
            at = payload.at
            return {
                "id": payload.id,
                "state": payload.state,
                "direction": payload.direction,
                **await self._party("from", payload.caller),
                **await self._party("to", payload.callee),
                "started_at": self._time(payload.started_at),
                "answered_at": self._time(payload.answered_at),
                "supervised_by": [{"how": one.how, **await self._party("by", one.by)} for one in payload.supervisors],
                "supervises": payload.supervises or None,
                "recording": payload.recording or None,
                "at": at and {"kind": at.kind, "name": at.name, "since": self._time(at.since)},
            }
        if isinstance(payload, QueueChanged):
            return {
                "name": payload.name,
                "waiting_count": payload.waiting,
                "longest_since": self._time(payload.since or None),
                "agents": payload.agents,
            }
        if isinstance(payload, LiveAgent):
            person = await self._person(payload.person)
            own = payload.person == self._actor.id or self._actor.has_role("supervisor", "admin")
            return {
                "username": person.username if person else None,
                "state": payload.state,
                "reason": payload.reason if own else "",
            }
        if isinstance(payload, ConferenceChanged):
            return {"name": payload.name, "count": payload.members}
        if isinstance(payload, BoxChanged):
            return {"box": payload.box, "new": payload.new, "heard": payload.heard}
        return {"id": payload.id} if isinstance(payload, Recorded) else {}

    async def _party(self, side: str, party: Party) -> dict[str, str | None]:
        person = await self._person(party.person) if party.person else None
        return {
            side: party.number,
            f"{side}_name": person.name if person else party.name,
            f"{side}_person": person.username if person else None,
        }

    async def _person(self, id_: str) -> Account | None:
        if id_ not in self._people and time.monotonic() - self._loaded_at >= NAMES_SECONDS:
            await self.load()
        return self._people.get(id_)

    def _time(self, at: float | None) -> str | None:
        return None if at is None else datetime.fromtimestamp(at, self._zone).isoformat(timespec="milliseconds")
