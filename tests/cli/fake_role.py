"""A process for the supervisor's tests: `python -m tests.cli.fake_role MODE [FILE]`, started as a role would be."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import uvloop

from svara.cli import roles, sockets
from svara.data import DataFolder

Sockets = dict[str, socket.socket]


async def good(_data: DataFolder, own: Sockets, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Is ready at once, and writes each datagram that comes to its socket into FILE."""
    ready()
    loop = asyncio.get_running_loop()
    if "sip-udp" in own:

        def readable() -> None:
            with Path(sys.argv[2]).open("ab") as file:
                file.write(own["sip-udp"].recv(100) + b"\n")

        loop.add_reader(own["sip-udp"], readable)
    await stop.wait()


async def broken(_data: DataFolder, _own: Sockets, _stop: asyncio.Event, _ready: Callable[[], None]) -> None:
    raise SystemExit("this cannot work here")


async def stubborn(_data: DataFolder, _own: Sockets, _stop: asyncio.Event, ready: Callable[[], None]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready()
    await asyncio.sleep(60)


if __name__ == "__main__":
    roles.die_with_parent()
    main = {"good": good, "broken": broken, "stubborn": stubborn}[sys.argv[1]]
    sys.exit(uvloop.run(roles.run_main(main, DataFolder(Path()), sockets.inherited())))
