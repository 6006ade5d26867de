"""Runs SIPp on the load's core and reads its figures."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bench import process
from bench.server import CALLEES, CALLERS, Server, secret_of

SCENARIOS = Path(__file__).parent / "sipp"


@dataclass(frozen=True, slots=True)
class Result:
    """What one SIPp saw. Times in milliseconds, to SIPp's whole milliseconds."""

    made: int
    good: int
    failed: int
    retransmissions: int
    seconds: float
    milliseconds: list[float]
    errors: str


def free_port() -> int:
    """A UDP port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sipp:
    """One SIPp; as a context manager it is stopped at the end."""

    def __init__(self, folder: Path, scenario: str, server: Server, port: int, *arguments: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        command = [
            "sipp", f"{server.host}:{server.port}", "-sf", str(SCENARIOS / f"{scenario}.xml"),
            "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-timer_resol", "1", "-buff_size", "8388608",
            "-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_err", "-error_file", "errors.log",
            "-trace_rtt", "-rtt_freq", "200", "-max_recv_loops", "10000", "-max_sched_loops", "10000", *arguments,
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=(folder / "screen").open("w"), stderr=subprocess.STDOUT
        )
        os.sched_setaffinity(self._process.pid, {process.LOAD_CORE})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def wait(self, seconds: float) -> Result:
        """Wait for its end; a SIPp that does not end is stopped. Raises SystemExit when it could not start."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait(5)
        return self.result()

    def result(self) -> Result:
        """What it has written until now."""
        errors = _read(self.folder / "errors.log")
        rows = list(csv.reader(_read(self.folder / "stat.csv").splitlines(), delimiter=";"))
        if len(rows) < 2:
            raise SystemExit(f"bench: SIPp did not start: {_read(self.folder / 'screen')[-500:]}")
        last = dict(zip(rows[0], rows[-1], strict=False))
        times = [
            float(row[1])
            for file in self.folder.glob("*_rtt.csv")
            for row in csv.reader(_read(file).splitlines()[1:], delimiter=";")
            if len(row) > 1
        ]
        hours, minutes, seconds, *rest = last["ElapsedTime(C)"].split(":")
        elapsed = int(hours) * 3600 + int(minutes) * 60 + float(seconds) + (int(rest[0]) / 1e6 if rest else 0)
        return Result(
            made=int(last["TotalCallCreated"]),
            good=int(last["SuccessfulCall(C)"]),
            failed=int(last["FailedCall(C)"]),
            retransmissions=int(last["Retransmissions(C)"]),
            seconds=elapsed,
            milliseconds=times,
            errors=errors,
        )


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def credentials(login: str) -> str:
    return f"[authentication username={login} password={secret_of(login)}]"


def write_phones(path: Path, logins: list[str]) -> Path:
    """Logins for the register scenario, one a line."""
    path.write_text("SEQUENTIAL\n" + "".join(f"{login};{credentials(login)}\n" for login in logins))
    return path


def write_calls(path: Path, callees: list[str] = CALLEES) -> Path:
    """Who calls whom, one call a line, for the caller scenario."""
    pairs = zip(CALLERS, callees, strict=False)
    path.write_text("SEQUENTIAL\n" + "".join(f"{caller};{credentials(caller)};{callee}\n" for caller, callee in pairs))
    return path


def register_phones(folder: Path, server: Server, logins: list[str], port: int) -> None:
    """Register every login from one port, which the phones then answer on. Raises SystemExit when one is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    phones = write_phones(folder / "phones.csv", logins)
    with Sipp(
        folder / "sipp", "register", server, port, "-inf", str(phones), "-m", str(len(logins)), "-r", "50", "-l", "20"
    ) as sipp:
        result = sipp.wait(60)
    if result.good != len(logins):
        raise SystemExit(f"bench: {len(logins) - result.good} phones could not register\n{result.errors[:1500]}")
