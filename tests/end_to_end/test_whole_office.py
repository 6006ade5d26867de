"""A whole office as its operator knows it: what it writes down, what it survives, how it ends, and over IPv6."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.peers.server import Person, Svara

from svara.cli.phone_call import PhoneCall, Reaction
from svara.cli.softphone import Credentials, SoftPhone, UserAgent

pytestmark = [pytest.mark.peer, pytest.mark.timeout(180)]

ANNA = Person("annabella", "7741", ("annabella-desk",), "Annabella Quist", ("admin",))
BOB = Person("bobson", "7742", ("bobson-desk",), "Bobson Zander")
PHONES_STAND_AT = "127.0.0.77"
PERSONAL = (
    "nnabella",
    "obson",
    "Quist",
    "Zander",
    "7741",
    "7742",
    "secret-",
    "password-of",
    PHONES_STAND_AT,
    "+47210055",
    "mallory",
)


@asynccontextmanager
async def phones(svara: Svara, host: str = PHONES_STAND_AT) -> AsyncIterator[tuple[SoftPhone, SoftPhone]]:
    """Annabella's and Bobson's phones, registered; Bobson's picks up."""
    server, _, port = svara.sip.rpartition(":")
    agent = UserAgent((server.strip("[]"), int(port)), local_host=host)
    await agent.open()
    try:
        anna = agent.phone(Credentials("annabella-desk", "secret-annabella-desk", "Annabella Quist"))
        bob = agent.phone(Credentials("bobson-desk", "secret-bobson-desk", "Bobson Zander"))
        assert await anna.register()
        assert await bob.register()
        bob.always = Reaction("answer", 0.1)
        yield anna, bob
    finally:
        await agent.close()


async def talk(anna: SoftPhone) -> PhoneCall:
    call = await anna.call("7742")
    await asyncio.wait_for(call.answered.wait(), 10)
    return call


async def heard(call: PhoneCall) -> None:
    before = call.sound.received
    end = time.monotonic() + 10
    while call.sound.received < before + 10:
        assert time.monotonic() < end, "no sound"
        await asyncio.sleep(0.05)


async def over(call: PhoneCall) -> int:
    await asyncio.wait_for(call.ended.wait(), 20)
    return call.status


def asked(svara: Svara, path: str, **request: object) -> int:
    """The status that a page answers with."""
    with contextlib.suppress(urllib.error.URLError):
        question = urllib.request.Request(f"http://{svara.http}{path}", **request)
        try:
            with urllib.request.urlopen(question, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
    return 0


def send(svara: Svara, *datagrams: bytes) -> None:
    host, _, port = svara.sip.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((PHONES_STAND_AT, 0))
        for data in datagrams:
            stranger.sendto(data, (host, int(port)))


def garbled() -> list[bytes]:
    """Messages that name people and are wrong in one way or another."""
    whole = (
        b"INVITE sip:7742@mallory.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.77:5;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n"
        b'From: "Annabella Quist" <sip:annabella-desk@mallory.test>;tag=1\r\nTo: <sip:7742@mallory.test>\r\n'
        b"Call-ID: annabella\r\nCSeq: 1 INVITE\r\nContact: <sip:mallory@127.0.0.77>\r\nContent-Length: 0\r\n\r\n"
    )
    dice = random.Random("Annabella")
    return [
        whole[: dice.randrange(20, len(whole))] + dice.randbytes(3) + whole[dice.randrange(20, len(whole)) :]
        for _ in range(60)
    ]


def test_whatever_happens_the_log_says_nothing_about_anybody() -> None:
    with Svara((ANNA, BOB)) as svara:

        async def story() -> None:
            async with phones(svara) as (anna, bob):
                guesser = anna.agent.phone(Credentials("annabella-desk", "secret-of-mallory", "Mallory"))
                assert not await guesser.register()
                assert not await anna.agent.phone(Credentials("mallory", "secret-of-mallory", "Mallory")).register()
                assert await anna.register()
                assert await over(await anna.call("+4721005599")) == 404
                bob.reaction = Reaction("decline", 0.1)
                assert await over(await anna.call("7742")) == 603
                call = await talk(anna)
                await asyncio.to_thread(svara.kill, "calls")
                await asyncio.to_thread(svara.until, lambda: svara.going_on() == 1, 20)
                call.hang_up()
                await over(call)

        asyncio.run(story())
        svara.until(lambda: len(svara.get("/calls", "annabella")["items"]) == 3, 20)
        send(svara, *garbled())
        form = urllib.parse.urlencode({"name": "annabella@acme.test", "password": "secret-of-mallory"}).encode()
        for path, request in (
            ("/sign-in/", {"data": form}),
            ("/7741/Annabella%20Quist/.env", {}),
            ("/api/v1/calls/annabella", {"headers": {"Authorization": "Bearer mallory"}}),
            ("/", {"headers": {"Host": "annabella.mallory.test"}}),
            ("/invitation/mallory", {}),
        ):
            assert 300 < asked(svara, path, **request) < 500 or path == "/sign-in/"
        token = svara.run("token", "annabella").strip()
        with contextlib.closing(sqlite3.connect(svara.data / "svara.sqlite3")) as database:
            database.execute("ALTER TABLE history_call RENAME TO annabella")
        failed = asked(svara, "/api/v1/calls?search=Annabella", headers={"Authorization": f"Bearer {token}"})
        assert failed == 500
        svara.until(lambda: "failed" in svara.errors())
        written = svara.errors(100_000)
        assert "a phone gave wrong credentials" in written
        assert "calls ended unexpectedly" in written
        lines = [line for line in written.splitlines() if any(word in line for word in (*PERSONAL, PHONES_STAND_AT))]
        assert lines == []
        assert "Traceback" not in written


def test_web_and_history_are_killed_during_a_call_and_the_record_is_whole() -> None:
    with Svara((ANNA, BOB)) as svara:

        async def story() -> None:
            async with phones(svara) as (anna, _bob):
                call = await talk(anna)
                for role in ("jobs", "web"):
                    svara.kill(role)
                await heard(call)
                call.hang_up()
                assert await over(call) == 200

        asyncio.run(story())
        svara.until(lambda: len(svara.get("/calls", "annabella")["items"]) == 1, 20)
        (record,) = svara.get("/calls", "annabella")["items"]
        assert (record["outcome"], record["end_reason"], record["answered_by"]) == ("answered", "hung up", "bobson")


def test_the_supervisor_is_killed_and_what_was_going_on_is_one_whole_record() -> None:
    with Svara((ANNA, BOB)) as svara:

        async def story() -> None:
            async with phones(svara) as (anna, _bob):
                call = await talk(anna)
                svara.kill_all_at_once()
                svara.start()
                call.hang_up()
                assert await over(call) in (200, 481)

        asyncio.run(story())
        svara.until(lambda: len(svara.get("/calls", "annabella")["items"]) == 1, 20)
        (record,) = svara.get("/calls", "annabella")["items"]
        assert (record["outcome"], record["answered_by"]) == ("answered", "bobson")
        assert record["ended_at"] >= record["answered_at"]


def test_it_ends_in_five_seconds_with_a_talk_an_open_stream_and_a_phone_on_tcp() -> None:
    with Svara((ANNA, BOB)) as svara:
        token = svara.run("token", "annabella").strip()

        async def story() -> None:
            async with phones(svara) as (anna, _bob):
                stream = http.client.HTTPConnection(svara.http, timeout=10)
                stream.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"})
                assert stream.getresponse().status == 200
                host, _, port = svara.sip.rpartition(":")
                call = await talk(anna)
                with socket.create_connection((host, int(port))) as phone:
                    phone.sendall(b"\r\n\r\n")
                    began = time.monotonic()
                    await asyncio.to_thread(svara.stop)
                    assert time.monotonic() - began < 5
                assert await over(call) == 200, "the phones were told"
                stream.close()

        asyncio.run(story())
        assert "did not end in time" not in svara.errors()
        svara.start()
        svara.until(lambda: len(svara.get("/calls", "annabella")["items"]) == 1, 20)
        (record,) = svara.get("/calls", "annabella")["items"]
        assert (record["outcome"], record["end_reason"]) == ("answered", "the server was stopped")


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_two_phones_talk_over_ipv6() -> None:
    svara = Svara((ANNA, BOB))
    svara.sip = "[::1]:0"
    with svara:
        assert svara.sip.startswith("[::1]:")

        async def story() -> None:
            async with phones(svara, "::1") as (anna, bob):
                bob.always = Reaction("answer", 0.1, echo=True)
                call = await talk(anna)
                await heard(call)
                call.hang_up()
                assert await over(call) == 200

        asyncio.run(story())
        svara.until(lambda: len(svara.get("/calls", "annabella")["items"]) == 1, 20)
        (record,) = svara.get("/calls", "annabella")["items"]
        assert (record["outcome"], record["answered_by"]) == ("answered", "bobson")


def answers_sip(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(0.3)
        phone.connect(("127.0.0.1", port))
        with contextlib.suppress(OSError):
            phone.send(
                b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK1\r\n"
                b"From: <sip:a@b>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
                b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
            )
            return phone.recv(4096).startswith(b"SIP/2.0 200")
    return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def signs_of_life(role: str, data: Path, http_port: int, sip_port: int) -> Callable[[], object]:
    """How an operator sees that this role does its work."""

    def reachable() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", http_port), timeout=1):
            return asked_at(http_port, "/sign-in/") == 200
        return False

    return {
        "web": reachable,
        "calls": lambda: answers_sip(sip_port),
        "media": (data / "media-ng").exists,
        "jobs": lambda: "the bus is away" in (data.parent / "errors").read_text(),
    }[role]


def asked_at(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


@pytest.mark.parametrize("role", ["web", "calls", "media", "jobs"])
def test_each_part_works_alone_in_an_empty_folder(role: str, tmp_path: Path) -> None:
    http_port, sip_port, data = free_port(), free_port(), tmp_path / "alone"
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "svara", "serve", role, "--data", str(data)),
                *("--http", f"127.0.0.1:{http_port}", "--sip", f"127.0.0.1:{sip_port}"),
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=errors,
        )
    try:
        alive, end = signs_of_life(role, data, http_port, sip_port), time.monotonic() + 30
        while not alive():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        time.sleep(1.0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
    said = (tmp_path / "errors").read_text()
    assert "level=error" not in said, said
    if role == "web":
        assert (data / "secret-key").stat().st_size == 32, "no session is signed with a key that everybody knows"
