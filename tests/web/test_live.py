"""The mirror of live state: what each person sees of it, and that it is right again after anything went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import uvloop

from svara.bus import connect
from svara.bus.hub import Hub
from svara.bus.port import Bus, Event
from svara.calls.commands import (
    SERVICE,
    AskLive,
    Health,
    LiveAgent,
    LiveCall,
    PersonPresence,
    QueueMember,
    Recorded,
    Request,
)
from svara.calls.commands import Live as WholeState
from svara.calls.events import Party
from svara.data import DataFolder
from svara.people.presence import Availability
from svara.web import live
from svara.web.live import MAX_WAITING_NEWS, Live, News, Stream, Viewer

ANNA, BOB, CECILIE = Viewer("acme", "anna"), Viewer("acme", "bob"), Viewer("acme", "cecilie", sees_all=True)
OTHER_ADMIN = Viewer("other", "olga", sees_all=True)


def a_call(call: str, *people: str, tenant: str = "acme", state: str = "ringing", started_at: float = 1.0) -> LiveCall:
    parties = [Party(number=person, person=person) for person in people]
    return LiveCall(call, tenant, "internal", state, parties[0], parties[-1], started_at, people=tuple(people))


class CallsProcess:
    """Stands in for the calls process on a real bus: holds a state and tells of changes."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.calls: dict[str, LiveCall] = {}
        self.people: dict[str, PersonPresence] = {}
        self.started_at = 1.0
        self.before_answer: Callable[[], None] = lambda: None

    async def serve(self) -> None:
        await self.bus.serve(SERVICE, self._answer)

    async def _answer(self, raw: bytes) -> bytes:
        if isinstance(msgspec.msgpack.decode(raw, type=Request), AskLive):
            state = WholeState(tuple(self.calls.values()), tuple(self.people.values()))
            self.before_answer()
            await asyncio.sleep(0.05)
            return msgspec.msgpack.encode(state)
        return msgspec.msgpack.encode(Health(1, len(self.calls), 0, "up", self.started_at))

    def tell(self, topic: str, payload: LiveCall | PersonPresence | Recorded) -> None:
        if isinstance(payload, LiveCall):
            self.calls[payload.id] = payload
            if payload.state == "ended":
                del self.calls[payload.id]
        elif isinstance(payload, PersonPresence):
            self.people[payload.person] = payload
        self.bus.publish(topic, msgspec.msgpack.encode(payload))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(8):
        while not condition():
            await asyncio.sleep(0.01)


async def news_of(stream: Stream, count: int) -> list[News]:
    found: list[News] = []
    async with asyncio.timeout(5):
        async for news in stream:
            found.append(news)
            if len(found) == count:
                break
    return found


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[tuple[Live, CallsProcess, Hub]]:
    data = DataFolder(folder).create()
    hub = Hub(data.bus_socket)
    await hub.start()
    web, theirs = connect(data), connect(data)
    mirror = Live(web)
    following = asyncio.create_task(mirror.run())
    calls = CallsProcess(theirs)
    try:
        yield mirror, calls, hub
    finally:
        mirror.close()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await web.close()
        await theirs.close()
        await hub.close()


def run(story: Awaitable[None]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(25):
            await story

    uvloop.run(whole())


def test_each_sees_what_they_may(tmp_path: Path) -> None:
    async def story() -> None:
        async with office(tmp_path) as (mirror, calls, _):
            calls.calls = {"c1": a_call("c1", "anna", "dag"), "c2": a_call("c2", "olga", tenant="other", started_at=2.0)}
            calls.people = {"anna": PersonPresence("acme", "anna", "in-call", 1)}
            await calls.serve()
            await until(lambda: mirror.up)
            seen = {viewer: [call.id for call in mirror.calls_for(viewer)] for viewer in (ANNA, BOB, CECILIE, OTHER_ADMIN)}
            assert seen == {ANNA: ["c1"], BOB: [], CECILIE: ["c1"], OTHER_ADMIN: ["c2"]}
            assert mirror.call(BOB, "c1") is None
            assert mirror.call(ANNA, "c1") is not None
            assert mirror.presence(ANNA, "anna").availability == "in-call"
            assert mirror.presence(BOB, "bob").availability == "offline"
            assert mirror.presence(OTHER_ADMIN, "anna").availability == "offline", "not even for somebody who knows the id"
            assert list(mirror.presence_of(OTHER_ADMIN)) == []

            with mirror.subscribe(ANNA) as anna, mirror.subscribe(BOB) as bob, mirror.subscribe(OTHER_ADMIN) as other:
                calls.tell("call.answered", a_call("c1", "anna", "dag", state="answered"))
                calls.tell("presence.changed", PersonPresence("acme", "dag", "in-call", 1))
                calls.tell("call.ended", a_call("c1", "anna", "dag", state="ended"))
                calls.tell("call.recorded", Recorded("c1", "acme", ("anna", "dag")))
                calls.tell("call.recorded", Recorded("c2", "other", ("olga",)))
                assert [news.name for news in await news_of(anna, 4)] == [
                    "call.answered",
                    "presence.changed",
                    "call.ended",
                    "call.recorded",
                ]
                assert [news.name for news in await news_of(bob, 1)] == ["presence.changed"]
                [told] = await news_of(other, 1)
                assert told.payload == Recorded("c2", "other", ("olga",))
            assert mirror.calls_for(ANNA) == []
            assert mirror.streams == 0

    run(story())


@pytest.mark.claim("PHO-6")
def test_who_hides_is_offline_for_all_others(tmp_path: Path) -> None:
    def dag(state: Availability, seen_by: tuple[str, ...] | None) -> PersonPresence:
        return PersonPresence("acme", "dag", state, 2, 5.0, ("dag-desk",), seen_by)

    async def story() -> None:
        async with office(tmp_path) as (mirror, calls, _):
            hidden = PersonPresence("acme", "dag", "offline")
            calls.people = {"dag": dag("available", None)}
            await calls.serve()
            await until(lambda: mirror.up)
            with mirror.subscribe(ANNA) as anna, mirror.subscribe(BOB) as bob, mirror.subscribe(CECILIE) as cecilie:
                calls.tell("presence.changed", dag("available", ("anna",)))
                calls.tell("presence.changed", dag("in-call", ("anna",)))
                calls.tell("presence.changed", dag("available", None))
                told = [[news.payload for news in await news_of(stream, 2)] for stream in (bob, cecilie)]
                assert told == [[hidden, dag("available", None)]] * 2, "nothing of what happened meanwhile; supervisors too"
                assert [news.payload.availability for news in await news_of(anna, 3)] == [  # type: ignore[union-attr]
                    "available",
                    "in-call",
                    "available",
                ]
            calls.tell("presence.changed", dag("in-call", ()))
            await until(lambda: mirror.presence(Viewer("acme", "dag"), "dag").availability == "in-call")
            assert (
                mirror.presence(ANNA, "dag") == mirror.presence_of(ANNA)["dag"] == PersonPresence("acme", "dag", "offline")
            )

    run(story())


def test_a_hidden_agent_s_work_is_for_those_of_the_queue(tmp_path: Path) -> None:
    mirror = Live()
    agent = LiveAgent("acme", "dag", "talking", seen_by=("anna",))
    assert [viewer.may_see(agent) for viewer in (ANNA, BOB, CECILIE, Viewer("acme", "dag"))] == [True, False, True, True]
    assert BOB.may_see(LiveAgent("acme", "dag", "talking"))
    mirror.take(Event("presence.changed", msgspec.msgpack.encode(PersonPresence("acme", "dag", "in-call", 1, seen_by=()))))
    member = QueueMember("dag", "talking", "lunch", 5.0, 3)
    assert mirror.shown_member(BOB, member, inside=False) == QueueMember("dag", "logged-out")
    assert mirror.shown_member(BOB, member, inside=True) == member


def test_a_call_that_ends_while_the_state_is_asked_for_does_not_come_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with office(tmp_path) as (mirror, calls, _):
            calls.calls = {"c1": a_call("c1", "anna", "bob")}
            calls.before_answer = lambda: (
                calls.calls and calls.tell("call.ended", a_call("c1", "anna", "bob", state="ended"))
            )
            await calls.serve()
            await until(lambda: mirror.up)
            assert mirror.calls_for(ANNA) == []

    run(story())


def test_a_calls_process_that_was_restarted_or_stays_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(live, "FORGET_SECONDS", 1.0)

    async def story() -> None:
        async with office(tmp_path) as (mirror, calls, _):
            calls.people = {"anna": PersonPresence("acme", "anna", "available", 1)}
            await calls.serve()
            await until(lambda: mirror.up)
            with mirror.subscribe(BOB) as stream:
                calls.people = {"anna": PersonPresence("acme", "anna", "away", 1)}
                calls.started_at = 2.0
                await until(lambda: mirror.presence(ANNA, "anna").availability == "away")
                assert (await news_of(stream, 1))[0].name == "reset"
                await calls.bus.close()
                await until(lambda: not mirror.up)
                assert mirror.presence(ANNA, "anna").availability == "away", "a restart blinks nobody off"
                await until(lambda: mirror.presence(ANNA, "anna").availability == "offline")
                assert (await news_of(stream, 1))[0].name == "reset"

    run(story())


def test_after_the_bus_was_away_everything_is_asked_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with office(tmp_path) as (mirror, calls, hub):
            await calls.serve()
            await until(lambda: mirror.up)
            await hub.close()
            calls.calls = {"c1": a_call("c1", "anna", "bob")}
            again = Hub(DataFolder(tmp_path).bus_socket)
            await again.start()
            await until(lambda: [call.id for call in mirror.calls_for(ANNA)] == ["c1"])
            await again.close()

    run(story())


def test_a_slow_browser_is_told_to_read_again_and_costs_bounded_memory() -> None:
    async def story() -> None:
        mirror = Live()
        with mirror.subscribe(ANNA) as stream:
            for n in range(10 * MAX_WAITING_NEWS):
                stream.put(News("call.started", a_call(f"c{n}", "anna")))
            kept: list[News] = []
            async for news in stream:
                kept.append(news)
                if news.payload is not None and news.payload.id == f"c{10 * MAX_WAITING_NEWS - 1}":
                    break
            assert kept[0].name == "reset"
            assert len(kept) <= MAX_WAITING_NEWS

    run(story())


def test_streams_end_when_the_process_stops_and_ping_while_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_SECONDS", 0.02)

    async def story() -> None:
        mirror = Live()
        with mirror.subscribe(ANNA) as stream:
            assert (await news_of(stream, 1))[0].name == "ping"
            reading = asyncio.create_task(news_of(stream, 10_000))
            await asyncio.sleep(0.01)
            mirror.close()
            assert all(news.name == "ping" for news in await reading)
        with mirror.subscribe(ANNA) as late:
            assert await news_of(late, 1) == []

    run(story())


def test_without_a_calls_process_everybody_is_offline() -> None:
    mirror = Live()
    assert not mirror.up
    assert mirror.calls_for(CECILIE) == []
    assert mirror.presence(ANNA, "anna").availability == "offline"
