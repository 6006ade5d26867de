"""Registrations with digest a second: challenge, credentials, 200."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bench import process
from bench.report import Figure, percentile
from bench.server import LOGINS, Server
from bench.sipp import Sipp, free_port, write_phones


def measure(server: Server, folder: Path, options: argparse.Namespace) -> list[Figure]:
    """Raise the rate until registrations fail or are sent again."""
    phones = write_phones(folder / "phones.csv", LOGINS)
    best, cpu_ms, note = 0, float("nan"), ""
    for rate in (1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000):
        before = process.cpu_seconds(server.pid) if server.pid is not None else 0.0
        arguments = ["-inf", str(phones), "-r", str(rate), "-m", str(rate * options.seconds), "-l", "5000"]
        with Sipp(folder / f"rate-{rate}", "register", server, free_port(), *arguments) as sipp:
            result = sipp.wait(options.seconds + 30)
        spent_ms = 1000 * (process.cpu_seconds(server.pid) - before) / max(1, result.good) if server.pid is not None else 0.0
        achieved = result.good / max(result.seconds, 1e-9)
        note = (
            f"at {rate}/s: {achieved:.0f}/s done, {result.failed} failed, {result.retransmissions} sent again, "
            f"p99 {percentile(result.milliseconds, 0.99):.0f} ms"
        )
        print(f"bench: {note}; CPU {spent_ms:.3f} ms", flush=True)
        if result.failed or result.retransmissions > 0.001 * 2 * result.made or achieved < 0.9 * rate:
            break
        best, cpu_ms = rate, spent_ms
        time.sleep(1)
    figures = [Figure("registrations with digest a second", best, "a second", 5000, "at least", note)]
    if server.pid is not None:
        figures.append(Figure("CPU time of a registration", cpu_ms, "ms"))
    return figures
