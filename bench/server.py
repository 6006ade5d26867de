"""The server under load: Svara, started here with an office of benchmark phones, or another one that runs already."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from bench import process

CALLERS = [str(number) for number in range(1000, 1100)]
CALLEES = [str(number) for number in range(2000, 2100)]
LOGINS = CALLERS + CALLEES
AGENTS = CALLEES[:50]
"""The agents of both queues."""
LONGEST_IDLE, RING_ALL = "600", "601"
"""Extensions of the queues."""


def secret_of(login: str) -> str:
    return f"bench-{login}"


class Server(Protocol):
    """Where the load goes. `pid` is the process whose CPU time and memory count; None when nobody told."""

    host: str
    port: int
    pid: int | None

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def others(self) -> dict[str, int]:
        """Processes that belong to the server and are not the one that is measured, by name."""
        ...


class Another:
    """A server that somebody else started."""

    def __init__(self, host: str, port: int, pid: int | None) -> None:
        self.host, self.port, self.pid = host, port, pid

    def __enter__(self) -> Self:
        if self.pid is not None:
            process.pin(self.pid, process.SERVER_CORE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def others(self) -> dict[str, int]:
        return {}


class Svara:
    """`svara serve` on free ports, with everything that it does for real calls; the calls process has one core for itself.

    With `relay` the relay has that core instead, because it is what is measured.
    """

    host = "127.0.0.1"

    def __init__(self, data: Path, *, relay: bool) -> None:
        self.data = data
        self._relay = relay
        self.port = 0
        self.pid: int | None = None
        self._serving: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.data.mkdir(parents=True)
        office = self.data / "office.yaml"
        office.write_text(self._office())
        serve = [
            sys.executable,
            "-m",
            "svara",
            "serve",
            "--data",
            str(self.data),
            "--http",
            "127.0.0.1:0",
            "--sip",
            "127.0.0.1:0",
        ]
        self._serving = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        os.sched_setaffinity(self._serving.pid, {process.LOAD_CORE})
        assert self._serving.stdout is not None
        for line in self._serving.stdout:
            if ready := re.match(r"svara: ready .*sip=127\.0\.0\.1:(\d+)", line):
                self.port = int(ready[1])
                break
        else:
            raise SystemExit("bench: svara did not get ready")
        subprocess.run(
            [sys.executable, "-m", "svara", "apply", "--data", str(self.data), str(office)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.pid = process.find_child(self._serving.pid, "svara serve calls")
        for pid in self.others().values():
            process.pin(pid, process.LOAD_CORE)
        process.pin(process.find_child(self._serving.pid, "rtpengine") if self._relay else self.pid, process.SERVER_CORE)
        time.sleep(1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._serving is not None:
            self._serving.terminate()
            self._serving.wait(10)

    @property
    def serving_pid(self) -> int:
        assert self._serving is not None
        return self._serving.pid

    def others(self) -> dict[str, int]:
        found = {"serve": self.serving_pid}
        for role in ("jobs", "web", "media", "voice"):
            found[role] = process.find_child(self.serving_pid, f"svara serve {role}")
        return found

    def _office(self) -> str:
        media = "relay" if self._relay else "direct"
        lines = [
            "version: 1",
            f"tenant: {{slug: bench, name: Bench, country: 'NO', languages: [en], timezone: Europe/Oslo, media: {media}}}",
            "people:",
        ]
        lines += [
            f"  - {{username: p{login}, name: Phone {login}, email: p{login}@bench.test, extension: '{login}',"
            f" phones: [{{login: '{login}', secret: {secret_of(login)}}}]}}"
            for login in LOGINS
        ]
        agents = ", ".join(f"p{login}" for login in AGENTS)
        lines += ["queues:"]
        lines += [
            f"  - {{name: {strategy}, extension: '{extension}', strategy: {strategy}, ring: 15, members: [{agents}]}}"
            for extension, strategy in ((LONGEST_IDLE, "longest-idle"), (RING_ALL, "ring-all"))
        ]
        return "\n".join(lines) + "\n"
