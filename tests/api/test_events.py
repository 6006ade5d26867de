"""Server-sent events: what happens reaches whom it concerns within a moment, and a stop waits for nobody."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import uvloop
from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application
from django.test import AsyncClient
from tests.api.conftest import Caller, going_on, news
from tests.history.stories import Company

from svara.api import events
from svara.calls.boxes import BoxChanged
from svara.calls.commands import LiveAgent, PersonPresence, QueueChanged
from svara.people import access
from svara.people.actions import do_revoke_token
from svara.people.models import Account
from svara.web import live
from svara.web.live import Live

pytestmark = pytest.mark.django_db(transaction=True)


def run(story: Awaitable[None]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(20):
            await story

    uvloop.run(whole())


class Stream:
    """An open stream, as a browser reads it."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks

    async def read(self) -> str:
        return (await anext(self._chunks)).decode()

    async def event(self) -> tuple[str, Any]:
        while True:
            fields = dict(line.split(": ", 1) for line in (await self.read()).splitlines() if line)
            if "event" in fields:
                return fields["event"], json.loads(fields["data"])


@asynccontextmanager
async def listening(caller: Caller, **headers: str) -> AsyncIterator[Stream]:
    response = await AsyncClient().get("/api/v1/events", headers={**caller.headers, **headers})
    assert response.status_code == 200
    assert response["Content-Type"] == "text/event-stream"
    assert response["X-Accel-Buffering"] == "no"
    chunks = aiter(response.streaming_content)
    stream = Stream(chunks)
    assert "retry: 2000" in await stream.read()
    try:
        yield stream
    finally:
        await chunks.aclose()


def test_a_new_message_is_news_to_those_who_may_hear_it_alone(acme: Company, mirror: Live) -> None:
    """Not to administrators and supervisors, who see every call."""
    bob, anna, cecilie = Caller(acme.bob), Caller(acme.anna), Caller(acme.cecilie)
    box = f"person:{acme.bob.id}"

    async def story() -> None:
        async with listening(bob) as bobs, listening(anna) as admins, listening(cecilie) as supervisors:
            mirror.take(news("message.changed", BoxChanged(acme.tenant.id, box, 2, 5, (acme.bob.id,))))
            mirror.take(news("call.ringing", going_on(acme, "c1", "bob", "dag")))
            assert await bobs.event() == ("message.changed", {"box": box, "new": 2, "heard": 5})
            for others in (admins, supervisors):
                assert (await others.event())[0] == "call.ringing"

    run(story())


def test_boards_follow_queues_and_a_pauses_reason_is_not_for_everybody(acme: Company, globex: Company, mirror: Live) -> None:
    bob, anna, other = Caller(acme.bob), Caller(acme.anna), Caller(globex.anna)

    async def story() -> None:
        async with listening(bob) as bobs, listening(anna) as admins, listening(other) as others:
            changed = QueueChanged(acme.tenant.id, "q1", "support", 2, 1_793_358_000.0, {"paused": 1})
            mirror.take(news("queue.changed", changed))
            mirror.take(news("queue.agent", LiveAgent(acme.tenant.id, acme.dag.id, "paused", "dentist", ("q1",))))
            name, data = await bobs.event()
            assert (name, data["name"], data["waiting_count"], data["agents"]) == (
                "queue.changed",
                "support",
                2,
                {"paused": 1},
            )
            assert data["longest_since"].startswith("2026-10-30T12:00:00")
            assert await bobs.event() == ("queue.agent", {"username": "dag", "state": "paused", "reason": ""})
            await admins.event()
            assert (await admins.event())[1]["reason"] == "dentist"
            mirror.take(news("presence.changed", PersonPresence(globex.tenant.id, globex.bob.id, "in-call")))
            assert (await others.event())[0] == "presence.changed", "nothing came of the other company's queues"

    run(story())


def test_anna_sees_her_call_and_bobs_presence_and_nobody_elses_calls(acme: Company, globex: Company, mirror: Live) -> None:
    anna, dag, other = Caller(acme.anna), Caller(acme.dag), Caller(globex.anna)

    async def story() -> None:
        async with listening(anna) as hers, listening(dag) as dags, listening(other) as others:
            mirror.take(news("call.ringing", going_on(acme, "c1", "bob", "anna")))
            mirror.take(news("presence.changed", PersonPresence(acme.tenant.id, acme.bob.id, "ringing", 1, 1_793_358_000.0)))
            name, data = await hers.event()
            assert (name, data["id"], data["state"], data["from_person"], data["to_name"]) == (
                "call.ringing",
                "c1",
                "ringing",
                "bob",
                "Anna Berg",
            )
            assert data["started_at"] == "2026-10-30T12:00:00.000+01:00"
            presence = {
                "id": acme.bob.id,
                "username": "bob",
                "presence": "ringing",
                "presence_since": "2026-10-30T12:00:00.000+01:00",
                "phones_online": 1,
            }
            assert await hers.event() == ("presence.changed", presence)
            assert await dags.event() == ("presence.changed", presence), "Dag takes no part in the call"
            mirror.take(news("call.ringing", going_on(globex, "g1", "anna", "bob")))
            assert (await others.event())[1]["id"] == "g1"

    run(story())


def test_a_browser_that_comes_back_is_told_to_read_again(acme: Company, mirror: Live) -> None:
    bob = Caller(acme.bob)

    async def story() -> None:
        async with listening(bob, **{"Last-Event-ID": events.FIRST_ID}) as stream:
            assert await stream.event() == ("reset", {})

    run(story())


def test_a_stream_without_news_stays_open_and_ends_with_its_token(
    acme: Company, mirror: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING_SECONDS", 0.05)
    bob = Caller(acme.bob)

    async def story() -> None:
        async with listening(bob) as stream:
            assert await stream.read() == ": nothing new\n\n"
            [token] = await sync_to_async(access.my_tokens)(acme.bob)
            await sync_to_async(do_revoke_token)(acme.bob, token.id)
            with pytest.raises(StopAsyncIteration):
                await stream.event()

    run(story())


def test_somebody_who_is_no_longer_supervisor_sees_no_more_of_others_calls(
    acme: Company, mirror: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "CHECK_SECONDS", 0.0)
    cecilie = Caller(acme.cecilie)

    async def story() -> None:
        async with listening(cecilie) as stream:
            mirror.take(news("call.ringing", going_on(acme, "c1", "anna", "bob")))
            assert (await stream.event())[1]["id"] == "c1"
            await Account.all_tenants.filter(pk=acme.cecilie.pk).aupdate(roles=["member"])
            mirror.take(news("call.ringing", going_on(acme, "c2", "anna", "bob")))
            with pytest.raises(StopAsyncIteration):
                await stream.event()

    run(story())


@asynccontextmanager
async def served() -> AsyncIterator[tuple[uvicorn.Server, int]]:
    """The API on a real socket, as `svara serve` runs it."""
    configuration = uvicorn.Config(
        get_asgi_application(), port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=10
    )
    server = uvicorn.Server(configuration)
    server.install_signal_handlers = lambda: None
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def opened(port: int, caller: Caller) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {caller.token}\r\n\r\n"
    writer.write(head.encode())
    await reader.readuntil(b"retry: 2000")
    return reader, writer


def test_a_stop_waits_for_no_open_stream(acme: Company, mirror: Live) -> None:
    bob = Caller(acme.bob)

    async def story() -> None:
        async with served() as (server, port):
            connections = [await opened(port, bob) for _ in range(3)]
            began = time.monotonic()
            mirror.close()
            server.should_exit = True
        assert time.monotonic() - began < 2.0
        for reader, writer in connections:
            assert b"event" not in await reader.read()
            writer.close()

    run(story())


def test_a_browser_that_goes_away_leaves_nothing_behind(acme: Company, mirror: Live) -> None:
    bob = Caller(acme.bob)

    async def story() -> None:
        async with served() as (_server, port):
            _reader, writer = await opened(port, bob)
            assert mirror.streams == 1
            writer.close()
            async with asyncio.timeout(5):
                while mirror.streams:
                    await asyncio.sleep(0.01)
            assert not events._open

    run(story())


def test_one_person_cannot_open_streams_without_end(acme: Company, mirror: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_STREAMS", 1)
    bob, dag = Caller(acme.bob), Caller(acme.dag)

    async def story() -> None:
        async with served() as (_server, port):
            _reader, first = await opened(port, bob)
            await opened(port, dag)
            refused = await AsyncClient().get("/api/v1/events", headers=bob.headers)
            assert (refused.status_code, refused["Retry-After"]) == (429, "15")
            first.close()
            async with asyncio.timeout(5):
                while mirror.streams > 1:
                    await asyncio.sleep(0.01)
            await opened(port, bob)
            mirror.close()

    run(story())
