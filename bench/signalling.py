"""Calls a second, CPU time and memory a call, and how fast a phone rings: signalling alone, one core for the server."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from pathlib import Path

from bench import process
from bench.phones import ring_times
from bench.report import Figure, percentile
from bench.server import CALLEES, Server
from bench.sipp import Sipp, free_port, register_phones, write_calls

MOST_RETRANSMISSIONS = 0.001
SLOWEST_ANSWER_MS = 500


def measure(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:
    os.sched_setaffinity(0, {process.LOAD_CORE})
    memory = _memory(server, folder, options)  # first: later the process has room left from calls that ended
    return [*_ringing(server), *_rates(server, folder, options), *memory]


def _ringing(server: Server) -> list[Figure]:
    figures = []
    for rate, seconds, must in ((20, 15, {0.5: 1.0, 0.99: 3.0}), (500, 8, {0.5: None, 0.99: 10.0})):
        times, failed = asyncio.run(ring_times(server, rate, seconds))
        for share, limit in must.items():
            name = f"INVITE to 180 at {rate} calls/s, p{share * 100:.0f}"
            figures.append(Figure(name, percentile(times, share), "ms", limit, note=f"{failed} failed" if failed else ""))
    return figures


def _rates(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:
    """Raise the rate until calls fail, are sent again or are answered late."""
    port = free_port()
    register_phones(folder / "register", server, CALLEES, port)
    best, best_cpu_ms, note = 0.0, float("nan"), ""
    others: dict[str, float] = {}
    for rate in [int(text) for text in options.rates.split(",")]:
        before = _cpu(server)
        at = folder / f"rate-{rate}"
        with Sipp(at / "callee", "callee", server, port), _callers(server, at, rate, rate * options.seconds) as callers:
            result = callers.wait(options.seconds + 40)
        spent = {name: 1000 * (after - before[name]) / max(1, result.good) for name, after in _cpu(server).items()}
        p99 = percentile(result.milliseconds, 0.99)
        achieved = result.good / options.seconds
        good = result.failed == 0 and result.retransmissions < MOST_RETRANSMISSIONS * 6 * result.made
        good = good and p99 < SLOWEST_ANSWER_MS and achieved > 0.97 * rate
        seen = f"{result.failed} failed, {result.retransmissions} sent again, answer p99 {p99:.0f} ms"
        note = f"at {rate}/s: {achieved:.0f}/s done, {seen}"
        cpu = ", ".join(f"{name} {ms:.3f}" for name, ms in spent.items())
        print(f"bench: {note}; CPU ms a call: {cpu}", flush=True)
        if not good:
            break
        best, best_cpu_ms, others = rate, spent.pop("server", float("nan")), spent
        time.sleep(1)
    figures = [Figure("calls a second, none failed", best, "calls/s", 1200, "at least", note)]
    if server.pid is not None:
        figures.append(Figure("CPU time of a call, set-up to end", best_cpu_ms, "ms", 0.6))
        figures += [Figure(f"CPU time of a call, {name}", ms, "ms") for name, ms in others.items()]
    return figures


def _callers(server: Server, folder: Path, rate: int, count: int, talk_ms: int = 0) -> Sipp:
    """SIPp that makes calls."""
    folder.mkdir(parents=True, exist_ok=True)
    calls = write_calls(folder / "calls.csv")
    arguments = ["-inf", str(calls), "-r", str(rate), "-m", str(count), "-d", str(talk_ms), "-l", "20000"]
    return Sipp(folder / "caller", "caller", server, free_port(), *arguments)


def _memory(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:
    """Memory that twice as many held calls take more: what one call costs, without what the first calls cost once."""
    if server.pid is None:
        return []
    port, count = free_port(), options.held
    register_phones(folder / "register-held", server, CALLEES, port)
    settle_seconds = count / 100 + 35  # SIP keeps ended transactions for 32 seconds
    talk_ms = int(1000 * (3 * settle_seconds + 15))
    with (
        Sipp(folder / "held", "callee", server, port),
        _callers(server, folder / "first", 100, count, talk_ms) as first,
    ):
        time.sleep(settle_seconds)
        before = process.memory_bytes(server.pid)
        with _callers(server, folder / "second", 100, count, talk_ms) as second:
            time.sleep(settle_seconds)
            more = process.memory_bytes(server.pid) - before
            good = first.wait(talk_ms / 1000 + 60).good + second.wait(talk_ms / 1000 + 60).good
    note = f"{good} of {2 * count} calls held"
    return [Figure("memory of a held call", more / 1000 / count, "kB", 60, note=note)]


def _cpu(server: Server) -> dict[str, float]:
    pids = server.others() | ({"server": server.pid} if server.pid is not None else {})
    return {name: process.cpu_seconds(pid) for name, pid in pids.items()}
