"""Held calls with sound in both directions through the relay, which has one core: loss, delay and CPU time.

The engine alone is measured in the same sitting, because machines drift: so one sees what is ours and what is the machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from bench import process, rtp
from bench.bare import BareRelay
from bench.phones import Phones
from bench.report import Figure, percentile
from bench.server import Server, Svara

TALK_SECONDS = 15
SHORT_TALK_SECONDS = 5
CALLS_A_SECOND = 50
MUST_DELAY_MS = 5
_STEP = 0.05
"""Of the calls held: by so many fewer it is tried again where the delay is too long."""


@dataclass(frozen=True, slots=True)
class _Talk:
    """What became of the sound of some calls."""

    calls: int
    heard: rtp.Heard
    p50_ms: float
    p99_ms: float
    cpu_percent: float | None

    @property
    def good(self) -> bool:
        return self.heard.lost == 0 and self.p99_ms < MUST_DELAY_MS


class _Line:
    """A relay with calls in it, through which any number of them can talk."""

    def __init__(self, relay: int | None) -> None:
        self.caller, self.callee = rtp.open_socket(), rtp.open_socket()
        self.caller_sends_to: list[int] = []
        self.callee_sends_to: list[int] = []
        self.relay = relay

    @property
    def audio(self) -> tuple[int, int]:
        return self.caller.getsockname()[1], self.callee.getsockname()[1]

    def talk(self, calls: int, seconds: float) -> _Talk:
        before = process.cpu_seconds(self.relay) if self.relay is not None else 0.0
        heard = rtp.exchange(self.caller, self.caller_sends_to[:calls], self.callee, self.callee_sends_to[:calls], seconds)
        spent = process.cpu_seconds(self.relay) - before if self.relay is not None else None
        delays = sorted(heard.delays_ms.tolist())
        cpu_percent = None if spent is None else 100 * spent / (seconds + 1)
        return _Talk(calls, heard, percentile(delays, 0.5), percentile(delays, 0.99), cpu_percent)


def measure(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:  # noqa: ARG001
    os.sched_setaffinity(0, {process.LOAD_CORE})
    return asyncio.run(_measure(server, options.held))


async def _measure(server: Server, count: int) -> list[Figure]:
    line = _Line(process.find_child(server.serving_pid, "rtpengine") if isinstance(server, Svara) else server.pid)
    phones = Phones(server, *line.audio)
    await phones.open()
    for _ in range(count):
        phones.call()
        await asyncio.sleep(1 / CALLS_A_SECOND)
    await asyncio.sleep(1)
    held = [call for call in phones.calls.values() if call.answered is not None and not call.ended]
    line.caller_sends_to = [call.caller_sends_to for call in held]
    line.callee_sends_to = list(phones.callee_sends_to)
    with contextlib.ExitStack() as stack:
        alone = _alone(stack, count) if isinstance(server, Svara) else None
        figures = await _figures(line, len(held), alone)
    for call in held:
        phones.hang_up(call)
        await asyncio.sleep(0.005)
    await asyncio.sleep(2)
    dropped = sum(not call.ended for call in held)
    phones.close()
    note = f"{dropped} did not end" if dropped else ""
    return [Figure("held calls with sound", len(held), "calls", min(count, 1000), "at least", note), *figures]


def _alone(stack: contextlib.ExitStack, count: int) -> _Line:
    bare = stack.enter_context(BareRelay())
    line = _Line(bare.pid)
    for number in range(count):
        caller_sends_to, callee_sends_to = bare.call(number, *line.audio)
        line.caller_sends_to.append(caller_sends_to)
        line.callee_sends_to.append(callee_sends_to)
    return line


async def _figures(line: _Line, count: int, alone: _Line | None) -> list[Figure]:
    ours = line.talk(count, TALK_SECONDS)
    figures = [
        Figure("packets lost", ours.heard.lost, "packets", 0, note=f"of {ours.heard.sent:,} sent"),
        Figure("delay through the relay, p50", ours.p50_ms, "ms"),
        Figure("delay through the relay, p99", ours.p99_ms, "ms", MUST_DELAY_MS),
        Figure("how late the load left, p99", percentile(ours.heard.lags_ms.tolist(), 0.99), "ms"),
    ]
    if ours.cpu_percent is not None:
        figures.append(Figure("CPU of the relay", ours.cpu_percent, "% of a core"))
    if alone is not None:
        bare = alone.talk(count, TALK_SECONDS)
        figures += [
            Figure("rtpengine alone: packets lost", bare.heard.lost, "packets", note=f"of {bare.heard.sent:,} sent"),
            Figure("rtpengine alone: delay, p99", bare.p99_ms, "ms"),
            Figure("rtpengine alone: CPU", bare.cpu_percent or 0.0, "% of a core"),
        ]
        bare_carries, ours_carries = bare.calls if bare.good else 0, ours.calls if ours.good else 0
        fewer = count
        while (fewer := fewer - max(1, int(_STEP * count))) > count // 2 and not (ours_carries and bare_carries):
            # One after the other, so that both meet the same machine.
            ours_carries = ours_carries or (fewer if line.talk(fewer, SHORT_TALK_SECONDS).good else 0)
            bare_carries = bare_carries or (fewer if alone.talk(fewer, SHORT_TALK_SECONDS).good else 0)
            await asyncio.sleep(0.2)  # the phones hear of calls that end because nobody talks in them any more
        note = f"nothing lost, p99 < {MUST_DELAY_MS} ms"
        figures.append(Figure("calls that the relay carries", ours_carries, "calls", note=note))
        figures.append(Figure("rtpengine alone: calls it carries", bare_carries, "calls", note=note))
    return figures
