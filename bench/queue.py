"""Calls a second into a queue with fifty agents who pick up at once, and how long a decision takes. One core for it all."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from bench import process, queue_decision
from bench.report import Figure, percentile
from bench.server import AGENTS, LONGEST_IDLE, RING_ALL, Server
from bench.sipp import Sipp, free_port, register_phones, write_calls

RATES = {
    LONGEST_IDLE: ("longest-idle", (300, 500, 700, 800, 900, 1000, 1100, 1200), 700),
    RING_ALL: ("ring-all", (40, 70, 100, 120, 140, 160, 180), 100),
}
SLOWEST_ANSWER_MS = 1000


def measure(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:
    """The decision alone, then calls by SIPp."""
    os.sched_setaffinity(0, {process.LOAD_CORE})
    figures = queue_decision.measure()
    port = free_port()
    register_phones(folder / "register", server, AGENTS, port)
    for extension, (strategy, rates, must) in RATES.items():
        figures += _rates(server, folder / strategy, port, extension, strategy, rates, must, options.seconds)
    return figures


def _rates(
    server: Server, folder: Path, port: int, extension: str, strategy: str, rates: tuple[int, ...], must: int, seconds: int
) -> list[Figure]:
    """Raise the rate until calls fail or are answered late."""
    best, note, cpu_ms = 0.0, "", float("nan")
    for rate in rates:
        at = folder / f"rate-{rate}"
        at.mkdir(parents=True)
        calls = write_calls(at / "calls.csv", callees=[extension] * 50)
        arguments = [
            "-inf",
            str(calls),
            "-r",
            str(rate),
            "-m",
            str(rate * seconds),
            "-d",
            "0",
            "-l",
            "20000",
            "-rtt_freq",
            "20",
        ]
        before = process.cpu_seconds(server.pid) if server.pid is not None else 0.0
        with (
            Sipp(at / "callee", "callee", server, port),
            Sipp(at / "caller", "caller", server, free_port(), *arguments) as callers,
        ):
            result = callers.wait(seconds + 30)
        spent = process.cpu_seconds(server.pid) - before if server.pid is not None else float("nan")
        p99 = percentile(result.milliseconds, 0.99)
        achieved = result.good / seconds
        note = f"at {rate}/s: {achieved:.0f}/s done, {result.failed} failed, answer p99 {p99:.0f} ms"
        print(f"bench: {strategy}: {note}; CPU ms a call: {1000 * spent / max(1, result.good):.3f}", flush=True)
        if result.failed or p99 > SLOWEST_ANSWER_MS or achieved < 0.97 * rate:
            break
        best, cpu_ms = rate, 1000 * spent / max(1, result.good)
        time.sleep(1)
    return [
        Figure(f"calls a second into a queue of 50 agents, {strategy}", best, "calls/s", must, "at least", note),
        Figure(f"CPU time of such a call, {strategy}", cpu_ms, "ms"),
    ]
