"""SIP over WebSocket through the web process: who gets through, what is carried, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from svara.web.bridge import MAX_MESSAGE_BYTES, SipBridge
from svara.web.server import Server, configuration

REGISTER = "REGISTER sip:svara SIP/2.0\r\nCall-ID: from-the-browser\r\n\r\n"


class Calls:
    """The calls process's end: answers every frame with its own words, and remembers who came."""

    def __init__(self) -> None:
        self.seen: list[str | bytes] = []
        self.addresses: list[str] = []
        self.connections: list[ServerConnection] = []
        self.closed = asyncio.Event()

    async def serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.addresses.append(connection.request.headers["X-Forwarded-For"])
        self.connections.append(connection)
        with contextlib.suppress(ConnectionClosed):
            async for frame in connection:
                self.seen.append(frame)
                await connection.send(frame[::-1])
        self.closed.set()


@asynccontextmanager
async def web(path: Path) -> AsyncIterator[str]:
    """The web process's websocket on a free port: its host and port."""
    listener = socket.create_server(("127.0.0.1", 0))
    started = asyncio.Event()
    server = Server(configuration(SipBridge(path)), started.set)
    serving = asyncio.create_task(server.serve([listener]))
    await started.wait()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[tuple[Calls, str]]:
    calls = Calls()
    async with unix_serve(calls.serve, str(folder / "sip-ws"), subprotocols=["sip"]), web(folder / "sip-ws") as host:
        yield calls, host


def phone(host: str, **options: object) -> connect:
    return connect(f"ws://{host}/sip", **({"subprotocols": ["sip"], "origin": f"http://{host}"} | options))


def test_frames_go_both_ways_as_they_came(tmp_path: Path) -> None:
    async def story() -> None:
        async with office(tmp_path) as (calls, host), phone(host) as browser:
            assert browser.subprotocol == "sip"
            await browser.send(REGISTER)
            assert await browser.recv() == REGISTER[::-1]
            await browser.send(b"\r\n\r\n")
            assert await browser.recv() == b"\n\r\n\r"
            assert calls.seen == [REGISTER, b"\r\n\r\n"]
            assert calls.addresses == ["127.0.0.1"], "the calls process limits by the peer's own address"

    asyncio.run(story())


def test_a_claimed_address_is_not_believed(tmp_path: Path) -> None:
    async def story() -> None:
        spoof = {"additional_headers": {"X-Forwarded-For": "192.0.2.7"}}
        async with office(tmp_path) as (calls, host), phone(host, **spoof) as browser:
            await browser.send("x")
            await browser.recv()
            assert calls.addresses == ["127.0.0.1"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"subprotocols": None}, 400),
        ({"subprotocols": ["chat"]}, 400),
        ({"additional_headers": {"Host": "rebound.example"}, "origin": "http://rebound.example"}, 400),
    ],
)
def test_who_does_not_come_from_our_pages_is_refused(tmp_path: Path, options: dict[str, object], status: int) -> None:
    async def story() -> None:
        async with office(tmp_path) as (calls, host):
            with pytest.raises(InvalidStatus) as refusal:
                async with phone(host, **options):
                    pass
            assert refusal.value.response.status_code == status
            assert calls.addresses == [], "nothing reached the calls process"

    asyncio.run(story())


def test_a_program_without_a_page_may_connect(tmp_path: Path) -> None:
    async def story() -> None:
        async with office(tmp_path) as (_, host), phone(host, origin=None) as program:
            await program.send("ab")
            assert await program.recv() == "ba"

    asyncio.run(story())


def test_while_the_calls_process_is_away_the_phone_is_told_to_come_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with web(tmp_path / "nobody") as host:
            with pytest.raises(InvalidStatus) as refusal:
                async with phone(host):
                    pass
            assert refusal.value.response.status_code == 503

    asyncio.run(story())


def test_when_the_phone_hangs_up_the_other_end_is_closed_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with office(tmp_path) as (calls, host):
            async with phone(host) as browser:
                await browser.send("x")
                await browser.recv()
            async with asyncio.timeout(3):
                await calls.closed.wait()
            assert calls.connections[0].close_code in {1000, 1001}

    asyncio.run(story())


def test_when_the_calls_process_closes_so_does_the_phone_s_connection(tmp_path: Path) -> None:
    async def story() -> None:
        async with office(tmp_path) as (calls, host), phone(host) as browser:
            await browser.send("x")
            await browser.recv()
            await calls.connections[0].close(1001)
            with pytest.raises(ConnectionClosed):
                await _until_closed(browser)
            assert browser.close_code == 1001

    asyncio.run(story())


def test_a_frame_that_is_too_large_ends_the_connection(tmp_path: Path) -> None:
    async def story() -> None:
        async with office(tmp_path) as (calls, host), phone(host) as browser:
            with contextlib.suppress(ConnectionClosed):
                await browser.send("x" * (MAX_MESSAGE_BYTES + 1))
            with pytest.raises(ConnectionClosed):
                await _until_closed(browser)
            assert browser.close_code == 1009
            assert calls.seen == []

    asyncio.run(story())


def test_when_all_places_are_taken_the_next_phone_is_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr("svara.web.bridge.MAX_CONNECTIONS", 1)
        async with office(tmp_path) as (_, host), phone(host) as first:
            with pytest.raises(InvalidStatus) as refusal:
                async with phone(host):
                    pass
            assert refusal.value.response.status_code == 503
            await first.send("ab")
            assert await first.recv() == "ba"

    asyncio.run(story())


async def _until_closed(connection: ClientConnection) -> None:
    async with asyncio.timeout(3):
        while True:
            await connection.recv()
