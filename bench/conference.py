"""A conference of fifty on one core: what it costs, how even its packets are, and what recording it costs on top.

All fifty talk all the time, which is more than any meeting asks for: each stream is decoded and weighed, the loudest four
are mixed, and everybody is sent what they hear.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from bench import process
from bench.report import Figure
from bench.voice import SECONDS, _Callers, _Voice

from svara.media.voice.port import Recorded, Recording, Seat

MEMBERS = 50
ROOM = "bench"


def measure(folder: Path) -> list[Figure]:
    """The load has one core, the voice process the other."""
    os.sched_setaffinity(0, {process.LOAD_CORE})
    return _conference(folder / "plain", taped=False) + _conference(folder / "taped", taped=True)


def _conference(folder: Path, *, taped: bool) -> list[Figure]:
    with _Voice(folder) as voice:
        callers = _Callers(MEMBERS)
        voice.open_all(callers)
        callers.talk(voice.address, 1)
        for leg in range(MEMBERS):
            voice.do(lambda leg=leg: voice.client.confer(f"{leg}.v", Seat(ROOM, taped=taped)))
        if taped:
            for leg in range(MEMBERS):
                recording = Recording(f"calls/{leg}.wav", trim=False, others=True)
                voice.do(lambda leg=leg, recording=recording: voice.client.record(f"{leg}.v", recording))
        callers.talk(voice.address, 2)
        callers.arrived.clear()
        before, began = process.cpu_seconds(voice.pid), time.monotonic()
        callers.talk(voice.address, SECONDS)
        spent = (process.cpu_seconds(voice.pid) - before) / (time.monotonic() - began)
        if not taped:
            return _figures(callers, spent)
        for leg in range(MEMBERS):
            voice.do(lambda leg=leg: voice.client.stop_recording(f"{leg}.v"))
        done = [voice.event() for _ in range(MEMBERS)]
        whole = sum(isinstance(each, Recorded) and each.seconds > SECONDS for each in done)
    return [
        Figure("each one's recording of it, whole", whole, "recordings", MEMBERS, "at least"),
        Figure("CPU while all are recorded", 100 * spent, "% of a core", 100, note=f"{MEMBERS} stereo recordings"),
    ]


def _figures(callers: _Callers, spent: float) -> list[Figure]:
    gaps, heard, lost = callers.gaps_ms()
    off = np.sort(np.abs(gaps - 20))
    ticks = _ticks_ms(callers)
    return [
        Figure("members who hear the others all the time", heard, "members", MEMBERS, "at least"),
        Figure("CPU of the voice process", 100 * spent, "% of a core", 50, note=f"{MEMBERS} members, all talk"),
        Figure("packets off their 20 ms, p99", float(off[int(0.99 * len(off))]), "ms", 5, note=f"of {len(off):,}"),
        Figure("packets off their 20 ms, p99.9", float(off[int(0.999 * len(off))]), "ms"),
        Figure("a tick: from its first packet to its last, p50", float(ticks[len(ticks) // 2]), "ms"),
        Figure("a tick: from its first packet to its last, p99", float(ticks[int(0.99 * len(ticks))]), "ms", 10),
        Figure("packets not sent", lost, "packets", 0),
    ]


def _ticks_ms(callers: _Callers) -> np.ndarray:
    """How long the packets of one tick took, of each: all of them have the same place in their streams."""
    noted = np.concatenate(callers.arrived)
    firsts = {ssrc: noted[noted[:, 0] == ssrc][0, 2] for ssrc in np.unique(noted[:, 0])}
    places = (noted[:, 2] - np.array([firsts[ssrc] for ssrc in noted[:, 0]])) % 65536
    order = np.argsort(places, kind="stable")
    times = np.split(noted[order, 1], np.unique(places[order], return_index=True)[1][1:])
    return np.sort([np.ptp(each) / 1e6 for each in times if len(each) == len(firsts)])
