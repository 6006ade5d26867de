"""Transfers a second: callers who send the other side on, blind and attended, as our own phones ask for it by REFER.

One transfer is a whole story: a call is answered (two for an attended one), REFER, 202, the NOTIFYs with their answers, the
phone that asked hangs up, and the two who were put together talk for a moment and hang up. Blind ones pass through the voice
process and the relay, since who waits hears something; these share the load's core, the calls process has the other.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal
from urllib.parse import quote

from bench import process
from bench.phones import Call, Message, Phones, description, encode, reply
from bench.report import Figure, percentile
from bench.server import CALLEES, Server

Kind = Literal["blind", "attended"]
KINDS: tuple[Kind, ...] = ("blind", "attended")
RATES = (20, 40, 60, 80, 100, 120, 150, 180, 220, 260, 300)
SLOWEST_MS = 500
TALK_SECONDS = 2.0
"""So long after it was answered a callee hangs up, with whomever it talks by then."""
BUFFER_BYTES = 4 << 20


@dataclass(slots=True)
class Transfer:
    """One transfer. Times in seconds of `perf_counter`."""

    kind: Kind
    calls: list[Call]
    """The call that is sent on; for an attended one also the second, in which it is asked for."""
    to: str
    asked: float = 0.0
    told: float = 0.0
    status: int = 0

    @property
    def good(self) -> bool:
        return self.status == 200 and all(call.ended for call in self.calls)


class Desks(Phones):
    """The callers transfer; the callees take whatever comes, and hang up after a while."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.transfers: list[Transfer] = []
        self._of_call: dict[str, Transfer] = {}
        self._callees = itertools.cycle(CALLEES)
        self.talks: dict[str, Message] = {}
        """The INVITEs of talks at the callees' side, by their Call-ID, until they are over."""

    async def open(self, callee_port: int = 0) -> None:
        """With room for the bursts of both sockets."""
        await super().open(callee_port)
        for transport in (self._caller, self._callee):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)

    def begin(self, kind: Kind) -> Transfer:
        """Call, and send on what was called."""
        count = 1 if kind == "blind" else 2
        caller = len(self.transfers)
        calls = [self.call(next(self._callees), caller=caller) for _ in range(count)]
        transfer = Transfer(kind, calls, next(self._callees) if kind == "blind" else calls[0].callee)
        self.transfers.append(transfer)
        self._of_call |= {call.id: transfer for call in calls}
        return transfer

    def _at_caller(self, message: Message) -> None:
        call = self.calls.get(message.first("call-id", "i"))
        answered = call is not None and call.answered is not None
        super()._at_caller(message)
        transfer = self._of_call.get(call.id) if call is not None else None
        if call is None or transfer is None:
            return
        if message.start.startswith("NOTIFY"):
            self._told(transfer, message)
        elif message.first("cseq").endswith("REFER"):
            if message.status >= 300:
                transfer.status = message.status
        elif not answered and all(one.answered is not None for one in transfer.calls):
            self._refer(transfer)

    def _refer(self, transfer: Transfer) -> None:
        first, last = transfer.calls[0], transfer.calls[-1]
        address = f"sip:{transfer.to}@{self._server.host}"
        if transfer.kind == "attended":
            dialog = f"{first.id};to-tag={first.to.partition('tag=')[2]};from-tag=c"
            address += f"?Replaces={quote(dialog, safe='')}"
        contact = f"Contact: <sip:{last.caller}@127.0.0.1:{self._caller_port}>"
        transfer.asked = perf_counter()
        self._caller.sendto(self._within("REFER", last, 3, f"Refer-To: <{address}>", contact), self._address)

    def _told(self, transfer: Transfer, message: Message) -> None:
        status = int(message.body.split()[1])
        if status < 200 or transfer.status:
            return
        transfer.status, transfer.told = status, perf_counter()
        for call in transfer.calls:
            if not call.ended:
                self._caller.sendto(self._within("BYE", call, 4), self._address)

    def _at_callee(self, message: Message) -> None:
        call_id = message.first("call-id", "i")
        if message.status and message.first("cseq").endswith("BYE"):
            return
        again = "tag=" in message.first("to", "t")
        if message.start.startswith("INVITE") and again:
            contact = f"Contact: <sip:127.0.0.1:{self._callee_port}>"
            body = description(self._audio[1])
            self._callee.sendto(reply(message, "200 OK", contact, "Content-Type: application/sdp", body=body), self._address)
            return
        super()._at_callee(message)
        if message.start.startswith("INVITE") and call_id not in self.talks:
            self.talks[call_id] = message
            asyncio.get_running_loop().call_later(TALK_SECONDS, self._leave, call_id)
        elif message.start.startswith("BYE"):
            self.talks.pop(call_id, None)

    def _leave(self, call_id: str) -> None:
        invite = self.talks.pop(call_id, None)
        if invite is None:
            return
        contact = invite.first("contact", "m").partition("<")[2].partition(">")[0]
        lines = self._head("BYE", contact, self._callee_port, call_id, 1)
        lines += [f"From: {invite.first('to', 't')};tag=s", f"To: {invite.first('from', 'f')}"]
        self._callee.sendto(encode(lines), self._address)


def measure(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:  # noqa: ARG001 - as every measure
    """Blind ones first, then attended ones: raise the rate until one fails or is late."""
    os.sched_setaffinity(0, {process.LOAD_CORE})
    return [figure for kind in KINDS for figure in _rates(server, kind, options.seconds)]


def _rates(server: Server, kind: Kind, seconds: int) -> list[Figure]:
    best, cpu_ms, note = 0.0, float("nan"), ""
    quiet: list[float] = []
    for rate in RATES:
        before = process.cpu_seconds(server.pid) if server.pid is not None else 0.0
        transfers = asyncio.run(_round(server, kind, rate, seconds))
        spent = process.cpu_seconds(server.pid) - before if server.pid is not None else float("nan")
        times = [1000 * (one.told - one.asked) for one in transfers if one.good]
        failed, p99 = len(transfers) - len(times), percentile(times, 0.99)
        note = f"at {rate}/s: {failed} of {len(transfers)} failed, told in {percentile(times, 0.5):.1f} ms, p99 {p99:.0f}"
        print(f"bench: {kind}: {note}; CPU ms a transfer: {1000 * spent / max(1, len(times)):.2f}", flush=True)
        quiet = quiet or times
        if failed or p99 > SLOWEST_MS:
            break
        best, cpu_ms = rate, 1000 * spent / len(times)
    return [
        Figure(f"{kind} transfers a second, none failed", best, "transfers/s", note=note),
        Figure(f"{kind}: from REFER to 200 in a NOTIFY at {RATES[0]}/s, p50", percentile(quiet, 0.5), "ms"),
        Figure(f"{kind}: from REFER to 200 in a NOTIFY at {RATES[0]}/s, p99", percentile(quiet, 0.99), "ms"),
        Figure(f"CPU time of a story with one {kind} transfer", cpu_ms, "ms"),
    ]


async def _round(server: Server, kind: Kind, rate: int, seconds: int) -> list[Transfer]:
    desks = Desks(server)
    await desks.open()
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(rate * seconds):
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
        desks.begin(kind)
    end = loop.time() + TALK_SECONDS + 8
    while loop.time() < end and not (all(one.good for one in desks.transfers) and not desks.talks):  # noqa: ASYNC110 - a measure
        await asyncio.sleep(0.1)
    desks.close()
    return desks.transfers
