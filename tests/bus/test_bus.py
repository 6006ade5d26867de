"""What every process can count on, whichever engine carries the bus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from tests.bus.conftest import Engine, Story

from svara.bus.port import Bus, BusError, Event, Gap

Play = Callable[[Story], None]


async def next_of(reader: AsyncIterator[Event | Gap]) -> Event | Gap:
    async with asyncio.timeout(20):  # only a lost event takes so long, not a busy machine
        return await anext(reader)


async def answers(bus: Bus, service: str) -> bytes:
    """Ask until somebody serves: a process that comes up is not there at once."""
    async with asyncio.timeout(5):
        while True:
            try:
                return await bus.request(service, b"?", timeout_seconds=1)
            except BusError:
                await asyncio.sleep(0.02)


def test_every_subscriber_hears_an_event(play: Play) -> None:
    async def story(engine: Engine) -> None:
        calls, page, history = engine.connect(), engine.connect(), engine.connect()
        async with page.subscribe("call") as on_page, history.subscribe("call.ended", "presence") as in_history:
            calls.publish("call.started", b"Anna rings Bob")
            calls.publish("call.ended", b"Anna hung up")
            calls.publish("callback.made", b"another word that begins the same")
            calls.publish("presence", b"exactly the prefix")
            assert await next_of(on_page) == Event("call.started", b"Anna rings Bob")
            assert await next_of(on_page) == Event("call.ended", b"Anna hung up")
            assert await next_of(in_history) == Event("call.ended", b"Anna hung up")
            assert await next_of(in_history) == Event("presence", b"exactly the prefix")
            calls.publish("call.started", b"Cecilie rings Anna")
            assert await next_of(on_page) == Event("call.started", b"Cecilie rings Anna")

    play(story)


def test_an_event_comes_once_even_when_two_prefixes_of_a_reader_match(play: Play) -> None:
    async def story(engine: Engine) -> None:
        calls, page = engine.connect(), engine.connect()
        async with page.subscribe("call", "call.ended") as reader, page.subscribe("call.ended") as other:
            calls.publish("call.ended", b"first")
            calls.publish("call.ended", b"second")
            for each in (reader, other):
                assert [await next_of(each), await next_of(each)] == [
                    Event("call.ended", b"first"),
                    Event("call.ended", b"second"),
                ]

    play(story)


def test_who_left_hears_nothing_and_the_others_still_do(play: Play) -> None:
    async def story(engine: Engine) -> None:
        calls, page = engine.connect(), engine.connect()
        async with page.subscribe("call") as stays:
            async with page.subscribe("call") as leaves:
                calls.publish("call.started", b"1")
                assert await next_of(leaves) == Event("call.started", b"1")
            calls.publish("call.started", b"2")
            assert [await next_of(stays), await next_of(stays)] == [Event("call.started", b"1"), Event("call.started", b"2")]
            with pytest.raises(StopAsyncIteration):
                await anext(leaves)

    play(story)


def test_a_question_is_answered_by_the_process_that_serves_it(play: Play) -> None:
    async def story(engine: Engine) -> None:
        calls, web = engine.connect(), engine.connect()

        async def handler(payload: bytes) -> bytes:
            return payload.upper()

        await calls.serve("calls", handler)
        assert await web.request("calls", b"who talks?") == b"WHO TALKS?"
        many = await asyncio.gather(*(web.request("calls", str(n).encode()) for n in range(100)))
        assert many == [str(n).encode() for n in range(100)]

    play(story)


def test_nobody_serves_it_is_said_at_once(play: Play) -> None:
    async def story(engine: Engine) -> None:
        web = engine.connect()
        began = time.monotonic()
        with pytest.raises(BusError) as error:
            await web.request("calls", b"?", timeout_seconds=10)
        assert (error.value.kind, error.value.service) == ("unavailable", "calls")
        assert time.monotonic() - began < 2

    play(story)


def test_a_server_that_went_away_leaves_nobody_hanging(play: Play) -> None:
    async def story(engine: Engine) -> None:
        calls, web = engine.connect(), engine.connect()

        async def handler(_payload: bytes) -> bytes:
            return b"here"

        await calls.serve("calls", handler)
        assert await web.request("calls", b"?") == b"here"
        await calls.close()
        with pytest.raises(BusError, match="unavailable"):
            await web.request("calls", b"?", timeout_seconds=5)

    play(story)


def test_a_slow_answer_times_out_and_a_crash_is_told(play: Play) -> None:
    async def story(engine: Engine) -> None:
        calls, web = engine.connect(), engine.connect()

        async def slow(_payload: bytes) -> bytes:
            await asyncio.sleep(60)
            return b"too late"

        async def broken(_payload: bytes) -> bytes:
            raise ValueError("+47 22 22 22 22 is nobody's business")

        await calls.serve("slow", slow)
        await calls.serve("broken", broken)
        with pytest.raises(BusError, match="timeout"):
            await web.request("slow", b"?", timeout_seconds=0.05)
        with pytest.raises(BusError, match="failed"):
            await web.request("broken", b"?")

    play(story)


def test_the_newest_server_of_a_name_answers(play: Play) -> None:
    async def story(engine: Engine) -> None:
        old, new, web = engine.connect(), engine.connect(), engine.connect()

        async def from_old(_payload: bytes) -> bytes:
            return b"old"

        async def from_new(_payload: bytes) -> bytes:
            return b"new"

        await old.serve("calls", from_old)
        await new.serve("calls", from_new)
        assert await web.request("calls", b"?") == b"new"
        await new.close()
        assert await answers(web, "calls") == b"old"

    play(story)


def test_after_an_outage_readers_find_a_gap_and_everything_works_as_before(play: Play) -> None:
    async def story(engine: Engine) -> None:
        calls, web = engine.connect(), engine.connect()

        async def handler(_payload: bytes) -> bytes:
            return b"here"

        await calls.serve("calls", handler)
        async with web.subscribe("call") as reader:
            calls.publish("call.started", b"before")
            assert await next_of(reader) == Event("call.started", b"before")
            await engine.stop()
            await asyncio.sleep(0.1)
            calls.publish("call.started", b"lost")
            with pytest.raises(BusError):
                await web.request("calls", b"?", timeout_seconds=1)
            await engine.start()
            assert await next_of(reader) == Gap()
            assert await answers(web, "calls") == b"here"
            calls.publish("call.started", b"after")
            while (event := await next_of(reader)) == Gap():
                pass
            assert event == Event("call.started", b"after")

    play(story)


def test_what_was_published_right_before_closing_arrives(play: Play) -> None:
    async def story(engine: Engine) -> None:
        page = engine.connect()
        async with page.subscribe("office") as reader:
            command = engine.connect()
            command.publish("office.changed")
            await command.close()
            assert await next_of(reader) == Event("office.changed")

    play(story)


def test_a_process_may_start_before_the_bus(play: Play) -> None:
    async def story(engine: Engine) -> None:
        await engine.stop()
        calls, web = engine.connect(), engine.connect()

        async def handler(_payload: bytes) -> bytes:
            return b"here"

        await calls.serve("calls", handler)
        async with web.subscribe("call") as reader:
            await engine.start()
            assert await next_of(reader) == Gap()
            assert await answers(web, "calls") == b"here"

    play(story)


def test_a_reader_in_this_process_that_does_not_read_keeps_the_newest_events_behind_one_gap(play: Play) -> None:
    async def story(engine: Engine) -> None:
        calls, web = engine.connect(), engine.connect()
        async with web.subscribe("call") as sleepy, web.subscribe("call") as awake:
            seen = 0
            for batch in range(30):
                for number in range(200):
                    calls.publish("call.started", f"{batch * 200 + number}".encode())
                while seen < (batch + 1) * 200:
                    assert await next_of(awake) == Event("call.started", str(seen).encode())
                    seen += 1
            assert await next_of(sleepy) == Gap()
            event = await next_of(sleepy)
            assert isinstance(event, Event)
            number = int(event.payload)
            assert number > 3000
            for following in range(number + 1, 6000):
                assert await next_of(sleepy) == Event("call.started", str(following).encode())

    play(story)
