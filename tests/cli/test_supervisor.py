"""The office's processes come up together, come back when they die, and end together."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from svara.cli import supervisor
from svara.cli.serving import Process
from svara.cli.sockets import Address, bind_sip
from svara.cli.supervisor import Program, StartError, Supervisor


def program(role: str, mode: str, *arguments: str, sockets: dict[str, socket.socket] | None = None) -> Program:
    command = (sys.executable, "-m", "tests.cli.fake_role", mode, *arguments)
    return Program(role, command, sockets or {}, {"PYTHONPATH": os.pathsep.join(sys.path)})


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def roles_running() -> list[int]:
    """The processes of this test's own office."""
    return [child for child in children_of(os.getpid()) if b"fake_role" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_the_office_is_open_when_the_last_process_is_ready_and_closes_when_told() -> None:
    async def story() -> None:
        said: list[str] = []
        stop, opened = asyncio.Event(), asyncio.Event()
        office = Supervisor([program("calls", "good"), program("web", "good")], said.append)
        running = asyncio.create_task(office.run(stop, opened.set))
        await asyncio.wait_for(opened.wait(), 10)
        assert len(roles_running()) == 2
        stop.set()
        began = time.monotonic()
        await running
        assert time.monotonic() - began < 2
        assert said == []

    asyncio.run(story())


def test_a_killed_process_comes_back_on_its_port_and_reads_what_came_meanwhile(tmp_path: Path) -> None:
    async def story() -> None:
        said: list[str] = []
        heard = tmp_path / "heard"
        udp, tcp = bind_sip(Address("127.0.0.1", 0))
        stop, opened = asyncio.Event(), asyncio.Event()
        office = Supervisor([program("calls", "good", str(heard), sockets={"sip-udp": udp, "sip-tcp": tcp})], said.append)
        running = asyncio.create_task(office.run(stop, opened.set))
        await asyncio.wait_for(opened.wait(), 10)
        phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        phone.sendto(b"first", udp.getsockname())
        await until(lambda: heard.exists() and heard.read_bytes() == b"first\n")

        [pid] = roles_running()
        os.kill(pid, signal.SIGKILL)
        await until(lambda: said)
        phone.sendto(b"while it was away", udp.getsockname())
        with socket.create_connection(tcp.getsockname(), timeout=1):
            pass  # not refused either
        await until(lambda: heard.read_bytes() == b"first\nwhile it was away\n")
        assert said == ["calls ended unexpectedly (killed by SIGKILL); starting it again in 0.1 s", "calls is back"]
        stop.set()
        await running

    asyncio.run(story())


def test_a_process_that_never_starts_closes_the_office_with_its_name() -> None:
    async def story() -> None:
        said: list[str] = []
        office = Supervisor([program("web", "good"), program("media", "broken")], said.append)
        with pytest.raises(StartError, match=r"media cannot start \(exit code 1\)"):
            await office.run(asyncio.Event(), pytest.fail)
        assert [line for line in said if "media ended unexpectedly" in line]
        assert roles_running() == []

    asyncio.run(story())


def test_what_is_not_essential_starts_last_and_may_fail() -> None:
    async def story() -> None:
        said: list[str] = []
        stop, opened = asyncio.Event(), asyncio.Event()
        demo = replace(program("demo", "broken"), essential=False)
        running = asyncio.create_task(Supervisor([demo, program("calls", "good")], said.append).run(stop, opened.set))
        await asyncio.wait_for(opened.wait(), 10)
        assert said == []
        await until(lambda: len(said) >= 3)
        assert all(line.startswith("demo ended unexpectedly (exit code 1)") for line in said)
        assert not running.done(), "the office stays open"
        stop.set()
        await running
        assert roles_running() == []

    asyncio.run(story())


def test_a_process_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "TERM_SECONDS", 0.3)

    async def story() -> None:
        said: list[str] = []
        stop, opened = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(Supervisor([program("calls", "stubborn")], said.append).run(stop, opened.set))
        await asyncio.wait_for(opened.wait(), 10)
        stop.set()
        await asyncio.wait_for(running, 2)
        assert said == ["calls did not end in time and was killed"]

    asyncio.run(story())


def test_processes_end_when_the_supervisor_is_killed() -> None:
    code = (
        "import asyncio, sys; from svara.cli.supervisor import Supervisor; from tests.cli.test_supervisor import program;"
        "asyncio.run(Supervisor([program('calls', 'good'), program('web', 'good')])"
        ".run(asyncio.Event(), lambda: print('open', flush=True)))"
    )

    async def story() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": os.pathsep.join(sys.path)}
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"open\n"
        children = children_of(process.pid)
        assert len(children) == 2
        process.kill()
        await process.wait()
        await until(lambda: not [child for child in children if alive(child)])

    asyncio.run(story())


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_the_restart_delay_grows_and_is_bounded() -> None:
    delays = supervisor.RESTART_DELAYS_SECONDS
    assert delays[0] <= 0.2, "calls must be back within three seconds"
    assert list(delays) == sorted(delays)
    assert delays[-1] <= 10


def test_how_the_processes_fare_is_told_while_it_changes() -> None:
    async def story() -> None:
        told: list[list[Process]] = []
        stop, opened = asyncio.Event(), asyncio.Event()
        office = Supervisor(
            [program("calls", "good"), program("web", "good")], lambda _: None, lambda now: told.append(list(now))
        )
        running = asyncio.create_task(office.run(stop, opened.set))
        await asyncio.wait_for(opened.wait(), 10)
        assert [(each.role, each.state, each.restarts) for each in told[-1]] == [("calls", "ready", 0), ("web", "ready", 0)]
        assert {each.pid for each in told[-1]} == set(roles_running())

        os.kill(told[-1][0].pid, signal.SIGKILL)
        await until(lambda: told[-1][0].restarts == 1 and told[-1][0].state == "ready")
        assert told[-1][0].last_end == "killed by SIGKILL"
        assert list(dict.fromkeys(each[0].state for each in told if each[0].restarts == 1)) == [
            "waiting",
            "starting",
            "ready",
        ]
        stop.set()
        await running

    asyncio.run(story())
