"""Keeps the office's processes running: starts them, starts again what ends, and ends them all together."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from svara.cli import rolekey, roles
from svara.cli import sockets as listening
from svara.cli.serving import Process, State

RESTART_DELAYS_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
"""How long a process that ended waits for its next start; the last one counts for every further time."""
STABLE_SECONDS = 30.0
"""A process that ran this long starts over with the shortest delay."""
FIRST_TRIES = 3
"""How often a process may end before it was ever ready; then the office cannot open."""
WANTED_SECONDS = 1.0
"""How often it is looked whether a program that waits for a file may start."""
TERM_SECONDS = 4.0
"""How long processes have between SIGTERM and SIGKILL."""

Say = Callable[[str], None]
Told = Callable[[Sequence[Process]], None]


def say_to_operator(line: str) -> None:
    """One plain line on standard error."""
    print(f"svara: {line}", file=sys.stderr, flush=True)


class StartError(Exception):
    """A process could not start; the message names it."""


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running."""

    role: str
    command: Sequence[str]
    sockets: Mapping[str, socket.socket] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)
    """Handed to each start of the process through a pipe (`svara.cli.rolekey`)."""
    essential: bool = True
    """The office is open when all essential processes are ready; others start then, and may fail."""
    waits_for: Path | None = None
    """It is started only once this file is there."""


class Supervisor:
    """Runs programs until `stop` is set."""

    def __init__(self, programs: Sequence[Program], say: Say = say_to_operator, changed: Told = lambda _: None) -> None:
        """`changed` is told how all processes are, whenever one begins, gets ready or ends."""
        self._children = [_Child(program, say, self._told) for program in programs]
        self._say = say
        self._changed = changed

    def _told(self) -> None:
        self._changed([child.process for child in self._children if child.wanted])

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Start what is essential, call `on_ready` when all of it is ready, then start the rest; return when all have ended
        after `stop`.

        Raises StartError, with everything ended, when a process cannot start.
        """
        keepers = [asyncio.create_task(child.keep_running()) for child in self._children if child.essential]
        opened = asyncio.create_task(self._open(on_ready))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopping, *keepers], return_when=asyncio.FIRST_COMPLETED)
            failed = [keeper for keeper in keepers if keeper.done()]
        finally:
            for task in (opened, stopping, *keepers):
                task.cancel()
            await asyncio.gather(opened, stopping, *keepers, return_exceptions=True)
            await self._end_all()
        for keeper in failed:
            keeper.result()

    async def _open(self, on_ready: Callable[[], None]) -> None:
        for child in self._children:
            if child.essential:
                await child.ready.wait()
        on_ready()
        await asyncio.gather(*(child.keep_running() for child in self._children if not child.essential))

    async def _end_all(self) -> None:
        for child in self._children:
            child.signal(signal.SIGTERM)
        ends = [asyncio.create_task(child.ended()) for child in self._children]
        _, late = await asyncio.wait(ends, timeout=TERM_SECONDS)
        if late:
            for child in self._children:
                if child.signal(signal.SIGKILL):
                    self._say(f"{child.role} did not end in time and was killed")
            await asyncio.wait(ends, timeout=0.5)


class _Child:
    """One program and the process that runs it now."""

    def __init__(self, program: Program, say: Say, changed: Callable[[], None]) -> None:
        self.process = Process(program.role, "waiting", 0, 0.0)
        self._changed = changed
        self.role = program.role
        self.essential = program.essential
        self.ready = asyncio.Event()
        self._program = program
        self._say = say
        self._process: asyncio.subprocess.Process | None = None

    @property
    def wanted(self) -> bool:
        """Whether it runs, or is to run now."""
        return self._program.waits_for is None or self._program.waits_for.exists()

    async def keep_running(self) -> None:
        """Start the process again whenever it ends. Raises StartError when it never gets ready."""
        loop = asyncio.get_running_loop()
        while not self.wanted:  # noqa: ASYNC110  the web process that writes the file tells nobody
            await asyncio.sleep(WANTED_SECONDS)
        ends = 0
        while True:
            began = loop.time()
            code = await self._run_once(announce_return=self.ready.is_set())
            self._now("waiting", pid=0, restarts=self.process.restarts + 1, last_end=describe_exit(code))
            ends = 1 if self.ready.is_set() and loop.time() - began > STABLE_SECONDS else ends + 1
            if self.essential and not self.ready.is_set() and ends >= FIRST_TRIES:
                raise StartError(f"{self.role} cannot start ({describe_exit(code)})")
            delay_seconds = RESTART_DELAYS_SECONDS[min(ends, len(RESTART_DELAYS_SECONDS)) - 1]
            self._say(f"{self.role} ended unexpectedly ({describe_exit(code)}); starting it again in {delay_seconds:g} s")
            await asyncio.sleep(delay_seconds)

    async def _run_once(self, *, announce_return: bool) -> int:
        loop = asyncio.get_running_loop()
        read_end, write_end = os.pipe()
        key_end = _pipe_with(self._program.key)

        def told() -> None:
            loop.remove_reader(read_end)
            if os.read(read_end, 1):
                self._now("ready")
                self.ready.set()
                if announce_return:
                    self._say(f"{self.role} is back")

        program = self._program
        try:
            self._process = await asyncio.create_subprocess_exec(
                *program.command,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[write_end, *key_end, *(bound.fileno() for bound in program.sockets.values())],
                env={
                    **os.environ,
                    **program.environment,
                    listening.ENVIRONMENT: listening.environment_for(program.sockets),
                    roles.READY_ENVIRONMENT: str(write_end),
                    roles.PARENT_ENVIRONMENT: str(os.getpid()),
                    **({rolekey.TAKE: str(key_end[0])} if key_end else {}),
                },
            )
            self._now("starting", pid=self._process.pid, started_at=time.time())
            os.close(write_end)
            write_end = -1
            loop.add_reader(read_end, told)
            return await self._process.wait()
        finally:
            loop.remove_reader(read_end)
            for end in (read_end, *key_end):
                os.close(end)
            if write_end >= 0:
                os.close(write_end)

    def _now(self, state: State, **more: Any) -> None:
        self.process = msgspec.structs.replace(self.process, state=state, **more)
        self._changed()

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to the process; False when it has ended."""
        if self._process is None or self._process.returncode is not None:
            return False
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
            return True
        return False

    async def ended(self) -> None:
        if self._process is not None:
            await self._process.wait()


def _pipe_with(content: bytes) -> list[int]:
    """The reading end of a pipe that holds `content` (4 kB at most, pipe(7)) and has ended; none for nothing."""
    if not content:
        return []
    read_end, write_end = os.pipe()
    os.write(write_end, content)
    os.close(write_end)
    return [read_end]


def describe_exit(code: int) -> str:
    """How a process ended, in plain words."""
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}"
