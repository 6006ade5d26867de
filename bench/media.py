"""Held calls with sound in both directions through the relay, which has one core: loss, delay and CPU time."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from bench import process, rtp
from bench.phones import Phones
from bench.report import Figure, percentile
from bench.server import Server, Svara

TALK_SECONDS = 15
CALLS_A_SECOND = 50


def measure(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:  # noqa: ARG001
    os.sched_setaffinity(0, {process.LOAD_CORE})
    return asyncio.run(_measure(server, options.held))


async def _measure(server: Server, count: int) -> list[Figure]:
    caller, callee = rtp.open_socket(), rtp.open_socket()
    phones = Phones(server, caller.getsockname()[1], callee.getsockname()[1])
    await phones.open()
    for _ in range(count):
        phones.call()
        await asyncio.sleep(1 / CALLS_A_SECOND)
    await asyncio.sleep(1)
    held = [call for call in phones.calls.values() if call.answered is not None and not call.ended]
    relay = process.find_child(server.serving_pid, "rtpengine") if isinstance(server, Svara) else server.pid
    before = process.cpu_seconds(relay) if relay is not None else 0.0
    heard = rtp.exchange(caller, [call.caller_sends_to for call in held], callee, list(phones.callee_sends_to), TALK_SECONDS)
    spent = process.cpu_seconds(relay) - before if relay is not None else 0.0
    for call in held:
        phones.hang_up(call)
        await asyncio.sleep(0.005)
    await asyncio.sleep(2)
    dropped = sum(not call.ended for call in held)
    phones.close()
    delays = sorted(heard.delays_ms.tolist())
    figures = [
        Figure(
            "held calls with sound",
            len(held),
            "calls",
            min(count, 1000),
            "at least",
            f"{dropped} did not end" if dropped else "",
        ),
        Figure("packets lost", heard.lost, "packets", 0, note=f"of {heard.sent:,} sent"),
        Figure("delay through the relay, p50", percentile(delays, 0.5), "ms"),
        Figure("delay through the relay, p99", percentile(delays, 0.99), "ms", 5),
    ]
    if relay is not None:
        figures.append(Figure("CPU of the relay", 100 * spent / (TALK_SECONDS + 1), "% of a core"))
    return figures
