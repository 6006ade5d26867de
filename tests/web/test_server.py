"""The web process as a server: built files, limits, slow clients, and a stop that waits for nobody."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from django.test import Client
from tests.web.office import Company
from tests.web.stage import Stage

from svara.people import signin
from svara.web import server, static_files
from svara.web.limits import MAX_BODY_BYTES


def ask(stage: Stage, method: str, path: str, body: object = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(stage.host, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_a_built_file_is_kept_for_ever_and_comes_compressed(stage: Stage) -> None:
    path = static_files.address("main.ts")
    plain, source = ask(stage, "GET", path)
    assert plain.status == 200
    assert plain.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in plain.headers["Cache-Control"]
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    small, packed = ask(stage, "GET", path, accept_encoding="gzip, br")
    assert small.headers["Content-Encoding"] == "br"
    assert len(packed) < len(source) / 2
    again, nothing = ask(stage, "GET", path, if_none_match=plain.headers["ETag"])
    assert (again.status, nothing) == (304, b"")


@pytest.mark.parametrize("path", ["/static/nothing.js", "/static/../settings.py", "/static/%2e%2e/settings.py", "/static/"])
def test_nothing_but_built_files_is_served(stage: Stage, path: str) -> None:
    assert ask(stage, "GET", path)[0].status == 404


def test_a_page_weighs_little_on_its_first_load(stage: Stage) -> None:
    answer, page = ask(stage, "GET", "/sign-in/", accept_encoding="br")
    assert answer.status == 200
    weight = len(page)
    for path in set(re.findall(rb'(?:src|href)="(/static/[^"#]+)', page)):
        weight += len(ask(stage, "GET", path.decode(), accept_encoding="br")[1])
    fonts = list(static_files.DIST.rglob("*latin*.woff2"))
    weight += sum(path.stat().st_size for path in fonts)
    assert weight < 150_000, weight


def test_a_body_that_is_too_large_is_refused(stage: Stage) -> None:
    announced, _ = ask(stage, "POST", "/sign-in/", b"x" * (MAX_BODY_BYTES + 1))
    assert announced.status == 413
    streamed, _ = ask(stage, "POST", "/sign-in/", iter([b"x" * 65536] * 20))
    assert streamed.status == 413
    api, problem = ask(stage, "POST", "/api/v1/calls", b"x" * (MAX_BODY_BYTES + 1))
    assert (api.status, api.headers["Content-Type"]) == (413, "application/problem+json")
    assert b'"status":413' in problem


def test_headers_that_are_too_large_are_refused(stage: Stage) -> None:
    with socket.create_connection(tuple(stage.host.split(":")), timeout=5) as client:
        client.sendall(b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\nCookie: ")
        with contextlib.suppress(OSError):
            for _ in range(32):
                client.sendall(b"x" * server.MAX_HEADER_BYTES)
        answer = b""
        with contextlib.suppress(OSError):
            answer = client.recv(100)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_an_unknown_host_name_is_refused(stage: Stage) -> None:
    answer, page = ask(stage, "GET", "/sign-in/", Host="rebound.example")
    assert answer.status == 400
    assert b"Traceback" not in page


def test_answers_tell_nothing_of_the_server(stage: Stage) -> None:
    answer, _ = ask(stage, "GET", "/sign-in/")
    assert answer.headers["Server"] is None


def session_of(company: Company, username: str) -> str:
    """The cookie of somebody who is signed in."""
    browser = Client()
    browser.force_login(company[username], backend=signin.BACKEND)
    return f"sessionid={browser.cookies['sessionid'].value}"


def test_pages_travel_compressed_and_news_at_once(stage: Stage, acme: Company) -> None:
    cookie = session_of(acme, "anna")
    page, packed = ask(stage, "GET", "/", cookie=cookie, accept_encoding="gzip")
    assert page.status == 200
    assert page.headers["Content-Encoding"] == "gzip"
    assert b"Anna Berg" in gzip.decompress(packed)
    connection = http.client.HTTPConnection(stage.host, timeout=5)
    connection.request("GET", "/api/v1/events", headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    news = connection.getresponse()
    assert news.headers["Content-Encoding"] is None
    assert news.readline().startswith(b"retry:")
    began = time.monotonic()
    stage.presence(acme.tenant.id, acme["bob"].id, "available")
    while b"presence.changed" not in news.readline():
        pass
    assert time.monotonic() - began < 1
    connection.close()


def test_the_process_stops_at_once_with_news_still_flowing(
    transactional_db: None, acme: Company, tmp_path: Path, stage_database: str
) -> None:
    one = Stage(tmp_path / "stage", stage_database)
    connection = http.client.HTTPConnection(one.host, timeout=10)
    connection.request("GET", "/api/v1/events", headers={"Cookie": session_of(acme, "anna")})
    news = connection.getresponse()
    assert news.readline().startswith(b"retry:")
    assert one.close() < 3
    news.read()  # the end of the stream, not an error
    connection.close()


async def _hello(scope: object, receive: object, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def _never_ending(scope: object, receive: object, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await asyncio.sleep(3600)


@asynccontextmanager
async def serving(application: object) -> AsyncIterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    started = asyncio.Event()
    one = server.Server(server.configuration(application), started.set)
    task = asyncio.create_task(one.serve([listener]))
    await started.wait()
    yield listener.getsockname()[1]
    one.should_exit = True
    await task


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"]
)
def test_a_client_that_never_finishes_its_request_is_let_go(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.2)

    async def waiting(scope: object, receive, send) -> None:
        while (await receive()).get("more_body"):
            pass

    async def story() -> None:
        async with serving(waiting) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            async with asyncio.timeout(3):
                await reader.read()  # until the server closes
            writer.close()

    asyncio.run(story())


def test_a_client_whose_way_is_slow_may_send_its_greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.5)
    monkeypatch.setattr(server, "SLOWEST_BYTES_PER_SECOND", 100)

    async def upload(scope: object, receive, send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d bytes" % size})

    async def story() -> None:
        async with serving(upload) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n")
            for _piece in range(10):
                await asyncio.sleep(0.1)
                writer.write(bytes(100))
            async with asyncio.timeout(3):
                assert (await reader.read()).endswith(b"1000 bytes\r\n0\r\n\r\n")
            writer.close()

    asyncio.run(story())


def test_a_client_that_is_quick_is_served_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.3)

    async def story() -> None:
        async with serving(_hello) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(3):
                writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                async with asyncio.timeout(3):
                    assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
                await asyncio.sleep(0.2)
            writer.close()

    asyncio.run(story())


def test_a_stop_does_not_wait_for_an_answer_that_never_ends() -> None:
    async def story() -> float:
        async with serving(_never_ending) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"first")
            began = asyncio.get_running_loop().time()
        writer.close()
        return asyncio.get_running_loop().time() - began

    assert asyncio.run(story()) < 3
