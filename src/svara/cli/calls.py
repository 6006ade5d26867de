"""The role `svara serve calls`: call control, with the key to what it keeps on the disk."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from svara.calls import main as calls
from svara.cli.rolekey import finder
from svara.data import DataFolder


async def main(data: DataFolder, sockets: dict[str, socket.socket], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serve calls until `stop`. Raises SystemExit with a plain line when it cannot work here."""
    await calls.main(data, sockets, stop, ready, role_key=finder(data))
