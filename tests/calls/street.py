"""The same phones on real sockets, and the calls process as a process of its own."""

from __future__ import annotations

import itertools
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from tests.calls.phones import Phone

from svara.data import DataFolder
from svara.people.office import Office as Snapshot
from svara.people.office import write_office
from svara.sip.message import Request, Response


class _Wire:
    def __init__(self, phone: RealPhone) -> None:
        self.phone = phone
        self.id = f"street-{phone.serial}"


class _Way:
    """Stands where the virtual office has its transports."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.asked = False
        """A request is on its way, so something will come."""
        self.wires: dict[str, object] = {}

    def on_message(self, message: Request | Response, wire: _Wire) -> None:
        self.asked = self.asked or (isinstance(message, Request) and message.method != "ACK")
        wire.phone.socket.sendto(message.to_bytes(), self.server)


class RealPhone(Phone):
    """A phone on a UDP socket of this machine."""

    def __init__(self, street: Street, login: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        street.selector.register(self.socket, selectors.EVENT_READ, self)
        super().__init__(street, login)  # type: ignore[arg-type]
        self.address = self.own = self.socket.getsockname()

    def connect(self) -> Phone:
        self.wire = _Wire(self)  # type: ignore[assignment]
        return self

    def _settle_until_answered(self, before: int) -> None:
        """On a busy machine a message of another phone can look like the answer: only this phone's own counts."""
        super()._settle_until_answered(before)
        answered = lambda: any(isinstance(m, Response) and m.status > 100 for m in self.received[before:])  # noqa: E731
        cast(Street, self.office).wait_for(answered)


class Street:
    """Starts, kills and restarts `svara serve calls`; it keeps its port meanwhile, as under `svara serve`."""

    def __init__(self, folder: Path, snapshot: Snapshot) -> None:
        self.data = DataFolder(folder).create()
        write_office(snapshot, self.data.root)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.bind(("127.0.0.1", 0))
        self.serials = itertools.count(1)
        self.selector = selectors.DefaultSelector()
        self.transports = _Way(self.udp.getsockname())
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self, **more: str) -> None:
        """Returns when the process is ready; `more` goes into its environment."""
        reading, writing = os.pipe()
        environment = os.environ | {
            "SVARA_SOCKETS": f"sip-udp={self.udp.fileno()},sip-tcp={self.tcp.fileno()}",
            "SVARA_READY": str(writing),
        }
        environment.pop("SVARA_SUPERVISOR", None)
        environment |= more
        self.process = subprocess.Popen(
            [sys.executable, "-m", "svara", "serve", "calls", "--data", str(self.data.root)],
            env=environment,
            pass_fds=(self.udp.fileno(), self.tcp.fileno(), writing),
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        assert os.read(reading, 1) == b"1"
        os.close(reading)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(10)

    def settle(self, quiet_seconds: float = 0.002) -> None:
        """Let what was sent be answered, and what that leads to, until nobody says anything for a moment."""
        while ready := self.selector.select(5.0 if self.transports.asked else quiet_seconds):
            self.transports.asked = False
            for key, _ in ready:
                key.data.receive(key.data.socket.recv(65_536))
        self.transports.asked = False

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Let messages arrive until `what` is so."""
        until = time.monotonic() + 10
        while not what():
            assert time.monotonic() < until
            self.settle(0.05)

    def close(self) -> None:
        self.stop()
        for key in list(self.selector.get_map().values()):
            key.data.socket.close()
        self.selector.close()
        self.udp.close()
        self.tcp.close()
