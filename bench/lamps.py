"""One change, a thousand lamps: how long until every watcher of an extension knows that a call was answered, or is over.

A hundred phones watch one extension ten times each, over twenty sockets, so that no burst is lost here. Times are from the
moment at which the callee answers (or the caller hangs up) to the arrival of the NOTIFY that says so.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import socket
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from pathlib import Path
from time import perf_counter

from bench import process
from bench.phones import Message, Phones, credentials, reply
from bench.report import Figure, percentile
from bench.server import CALLERS, Server

WATCHERS = 1_000
SOCKETS = 20
ROUNDS = 20
WATCHED = "2000"
BUFFER_BYTES = 4 << 20
WAIT_SECONDS = 5.0
_STATE = re.compile(rb"<state>(\w+)</state>")


class Watchers(asyncio.DatagramProtocol):
    """The phones of one socket."""

    def __init__(self, server: Server, numbers: list[int], told: list[tuple[float, bytes]]) -> None:
        self._server = server
        self._numbers = numbers
        self._told = told
        self.granted: set[str] = set()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self._port = transport.get_extra_info("sockname")[1]
        for number in self._numbers:
            self._subscribe(number, 1, "")

    def _subscribe(self, number: int, cseq: int, proof: str) -> None:
        login, host = CALLERS[number % len(CALLERS)], self._server.host
        lines = [
            f"SUBSCRIBE sip:{WATCHED}@{host} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};rport;branch=z9hG4bKw{number}c{cseq}",
            "Max-Forwards: 70",
            f"From: <sip:{login}@{host}>;tag=w{number}",
            f"To: <sip:{WATCHED}@{host}>",
            f"Call-ID: w{number}",
            f"CSeq: {cseq} SUBSCRIBE",
            f"Contact: <sip:{login}@127.0.0.1:{self._port}>",
            "Event: dialog",
            "Expires: 3600",
            *([proof] if proof else []),
            "Content-Length: 0",
        ]
        self._transport.sendto("\r\n".join([*lines, "", ""]).encode(), (self._server.host, self._server.port))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now = perf_counter()
        message = Message(data)
        if message.start.startswith("NOTIFY"):
            self._transport.sendto(reply(message, "200 OK"), addr)
            state = _STATE.search(data)
            self._told.append((now, state[1] if state else b"terminated"))
        elif message.status == 401 and message.first("cseq").startswith("1 "):
            number = int(message.first("call-id")[1:])
            uri = f"sip:{WATCHED}@{self._server.host}"
            self._subscribe(number, 2, credentials(message, "SUBSCRIBE", uri, CALLERS[number % len(CALLERS)]))
        elif message.status == 200:
            self.granted.add(message.first("call-id"))


def measure(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:  # noqa: ARG001 - as every measure
    """Subscribe, then call and hang up, again and again."""
    before = process.cpu_seconds(server.pid) if server.pid is not None else 0.0
    answered, over, missing = asyncio.run(_rounds(server))
    spent = process.cpu_seconds(server.pid) - before if server.pid is not None else float("nan")
    note = f"{ROUNDS} calls; median {percentile(answered, 0.5):.0f} ms, slowest {max(answered, default=0):.0f} ms"
    ended = f"median {percentile(over, 0.5):.0f} ms, slowest {max(over, default=0):.0f} ms"
    return [
        Figure(f"{WATCHERS} lamps told of an answered call, p99", percentile(answered, 0.99), "ms", 250, "at most", note),
        Figure(f"{WATCHERS} lamps told of a call that is over, p99", percentile(over, 0.99), "ms", 250, "at most", ended),
        Figure("lamps that were not told", missing, "", 0, "at most"),
        Figure("CPU time of a NOTIFY with its answer", 1000 * spent / max(1, len(answered) + len(over)), "ms"),
    ]


async def _rounds(server: Server) -> tuple[list[float], list[float], int]:
    phones = Phones(server)
    await phones.open()
    told: list[tuple[float, bytes]] = []
    watchers = [await _open(server, list(range(first, WATCHERS, SOCKETS)), told) for first in range(SOCKETS)]
    await _until(lambda: sum(len(one.granted) for one in watchers) >= WATCHERS, "not every phone could subscribe")
    await asyncio.sleep(1)
    answered: list[float] = []
    over: list[float] = []
    for _ in range(ROUNDS):
        told.clear()
        call = phones.call(WATCHED)
        await _until(partial(attrgetter("answered"), call), "a call was not answered")
        await _told(told, b"confirmed")
        began = phones.callee_answered_at
        answered += [1000 * (at - began) for at, state in told if state == b"confirmed"]
        told.clear()
        began = perf_counter()
        phones.hang_up(call)
        await _told(told, b"terminated")
        over += [1000 * (at - began) for at, state in told if state == b"terminated"]
        await asyncio.sleep(0.2)
    phones.close()
    return answered, over, 2 * ROUNDS * WATCHERS - len(answered) - len(over)


async def _open(server: Server, numbers: list[int], told: list[tuple[float, bytes]]) -> Watchers:
    place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    place.bind(("127.0.0.1", 0))
    place.setblocking(False)
    _, watchers = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Watchers(server, numbers, told), sock=place
    )
    await asyncio.sleep(0.05)
    return watchers


async def _told(told: list[tuple[float, bytes]], state: bytes) -> None:
    """Until everybody knows, or for a while."""
    end = perf_counter() + WAIT_SECONDS
    while sum(one == state for _, one in told) < WATCHERS and perf_counter() < end:  # noqa: ASYNC110 - a measure
        await asyncio.sleep(0.02)


async def _until(condition: Callable[[], object], what: str) -> None:
    end = perf_counter() + 30
    while not condition():
        if perf_counter() > end:
            raise SystemExit(f"bench: {what}")
        await asyncio.sleep(0.02)
