"""`svara serve` as an operator meets it: it opens, says where, survives a killed process, refuses plainly, and ends."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.peer, pytest.mark.timeout(180)]

ROLES = ("media", "voice", "calls", "jobs", "web")


class Office:
    """A running `svara serve`."""

    def __init__(self, data: Path, *options: str, **environment: str) -> None:
        self.data = data
        command = [
            sys.executable,
            "-m",
            "svara",
            "serve",
            "--data",
            str(data),
            "--http",
            "127.0.0.1:0",
            "--sip",
            "127.0.0.1:0",
        ]
        self.errors = data.parent / "errors"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"} | environment
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        ready = re.fullmatch(r"svara: ready http=127\.0\.0\.1:(\d+) sip=127\.0\.0\.1:(\d+)\n", line)
        assert ready is not None, line + self.errors.read_text()
        self.http, self.sip = int(ready[1]), int(ready[2])

    def role(self, name: str) -> int:
        """The process id of a role, found as an operator would: by its command line."""
        found = [pid for pid in descendants(self.process.pid) if f"svara serve {name} " in command_line(pid)]
        assert len(found) == 1, (name, found)
        return found[0]

    def stop(self) -> float:
        """Seconds that the end took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        return ""


def descendants(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        try:
            tasks = Path(f"/proc/{waiting.pop()}/task").glob("*/children")
            children = [int(child) for task in tasks for child in task.read_text().split()]
        except FileNotFoundError:
            continue
        found += children
        waiting += children
    return found


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    running = Office(tmp_path_factory.mktemp("office") / "data")
    yield running
    running.process.kill()
    running.process.wait()


def options(port: int) -> bytes:
    """What the SIP server answers to OPTIONS over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(5)
        phone.connect(("127.0.0.1", port))
        own = phone.getsockname()[1]
        branch = f"z9hG4bK{time.monotonic_ns()}"
        phone.send(
            f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};rport;branch={branch}\r\n"
            f"From: <sip:monitor@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
        )
        return phone.recv(4096)


def test_it_opens_with_every_role_in_a_process_of_its_own(office: Office) -> None:
    assert len({office.role(role) for role in ROLES}) == len(ROLES)
    connection = http.client.HTTPConnection("127.0.0.1", office.http, timeout=10)
    connection.request("GET", "/api/v1/healthz")
    assert connection.getresponse().status == 200
    assert options(office.sip).startswith(b"SIP/2.0 200")
    with socket.create_connection(("127.0.0.1", office.sip), timeout=5):
        pass
    assert office.data.stat().st_mode & 0o777 == 0o700


def test_a_second_one_on_the_same_data_is_refused_in_one_plain_line(office: Office) -> None:
    command = [
        sys.executable,
        "-m",
        "svara",
        "serve",
        "--data",
        str(office.data),
        "--http",
        "127.0.0.1:0",
        "--sip",
        "127.0.0.1:0",
    ]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        f"svara: another svara (process {office.process.pid}) is already serving the data folder {office.data}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--http", "somewhere"], 2, "svara: 'somewhere' is no address: expected HOST:PORT, like 127.0.0.1:8080\n"),
        (
            ["--sip", "127.0.0.1:99999"],
            2,
            "svara: '127.0.0.1:99999' is no address: expected HOST:PORT, like 127.0.0.1:8080\n",
        ),
        (
            ["--http", "192.0.2.1:0", "--sip", "127.0.0.1:0"],
            1,
            "svara: --http: 192.0.2.1 is not an address of this machine\n",
        ),
        (["telepathy"], 2, "svara: there is no role 'telepathy'; the roles are media, voice, calls, jobs, web\n"),
    ],
)
def test_wrong_use_is_said_in_one_plain_line(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    command = [sys.executable, "-m", "svara", "serve", "--data", str(tmp_path / "data"), *arguments]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, refused.stderr) == (code, message)


def test_a_port_in_use_and_a_folder_that_is_a_file_are_said_plainly(office: Office, tmp_path: Path) -> None:
    serve = [sys.executable, "-m", "svara", "serve", "--sip", "127.0.0.1:0"]
    taken = [*serve, "--data", str(tmp_path / "data"), "--http", f"127.0.0.1:{office.http}"]
    refused = subprocess.run(taken, capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, refused.stderr) == (
        1,
        f"svara: --http: TCP port {office.http} of 127.0.0.1 is in use; choose another, or 0 for any free one\n",
    )
    (tmp_path / "file").write_text("")
    refused = subprocess.run(
        [*serve, "--data", str(tmp_path / "file")], capture_output=True, text=True, timeout=60, check=False
    )
    assert (refused.returncode, refused.stderr) == (1, f"svara: {tmp_path / 'file'} is not a folder\n")


def test_killed_processes_come_back_on_their_ports_and_the_operator_is_told(office: Office) -> None:
    for role in ("calls", "web", "jobs", "media"):
        before = office.role(role)
        os.kill(before, signal.SIGKILL)
        until(lambda role=role: f"svara: {role} is back\n" in office.errors.read_text())
        assert office.role(role) != before
        assert (
            f"svara: {role} ended unexpectedly (killed by SIGKILL); starting it again in 0.1 s\n"
            in office.errors.read_text()
        )
    assert options(office.sip).startswith(b"SIP/2.0 200")


def test_it_ends_within_five_seconds_and_leaves_nothing_running(office: Office) -> None:
    everyone = descendants(office.process.pid)
    assert len(everyone) >= 6  # the roles and the relay
    assert office.stop() < 5
    assert office.process.returncode == 0
    until(lambda: not any("svara" in command_line(pid) or "rtpengine" in command_line(pid) for pid in everyone), 3)
    assert "Traceback" not in office.errors.read_text()
    assert "did not end in time" not in office.errors.read_text()


def test_a_redis_server_can_carry_the_bus(tmp_path: Path) -> None:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    assert program is not None, "redis-server is not installed: ./test --setup installs it"
    address = tmp_path / "redis"
    arguments = ["--port", "0", "--unixsocket", str(address), "--save", "", "--dir", str(tmp_path)]
    redis = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    try:
        until(address.exists)
        office = Office(tmp_path / "data", SVARA_REDIS_URL=f"unix://{address}")
        assert not (office.data / "sockets" / "bus").exists()
        connection = http.client.HTTPConnection("127.0.0.1", office.http, timeout=10)
        connection.request("GET", "/api/v1/healthz")
        answer = connection.getresponse()
        assert answer.status == 200, "the web process asks the calls process over the bus"
        assert office.stop() < 5
    finally:
        redis.kill()
        redis.wait()
