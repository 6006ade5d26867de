"""`svara serve`: the whole office in the foreground.

It takes the data folder for itself, binds the listening sockets, carries the bus, brings the database up to date, and keeps
the roles running until SIGTERM or SIGINT. Whatever is wrong with the surroundings is said in one plain line.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import msgspec
import uvloop

from svara import __version__, bus, log
from svara.bus.hub import Hub
from svara.cli import demo as demo_office
from svara.cli import rolekey, serving
from svara.cli import sockets as listening
from svara.cli.roles import DEMO_ROLES, ROLES, run_role, sockets_for
from svara.cli.serving import Process, Serving
from svara.cli.supervisor import Program, StartError, Supervisor, say_to_operator
from svara.data import DataFolder
from svara.people import setupcode
from svara.sealing.field import KEY_BYTES

__all__ = ["run", "run_role"]

_FIRST = (
    "There is no company here yet. Whoever opens this link makes it, and administers it from then on:\n"
    "hand it to nobody else."
)
_LONGEST_SOCKET_PATH_BYTES = 100  # unix(7): sun_path holds 108 bytes


class ServeError(Exception):
    """The office cannot open here; the message is one plain line, `code` the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def run(data: Path, http: str = "127.0.0.1:8080", sip: str = "127.0.0.1:5060", *, demo: bool = False) -> int:
    """Serve until told to stop; returns the exit code (0 stopped, 1 cannot work here, 2 wrong use)."""
    log.configure("serve")
    try:
        listening.parse_address(http)
        listening.parse_address(sip)
    except listening.AddressError as error:
        say_to_operator(str(error))
        return 2
    folder = DataFolder(data.resolve())
    try:
        with _own(folder):
            _check_programs()
            return uvloop.run(_serve(folder, http, sip, demo=demo))
    except (ServeError, listening.AddressError, StartError) as error:
        say_to_operator(str(error))
        return getattr(error, "code", 1)


@contextmanager
def _own(folder: DataFolder) -> Iterator[None]:
    """Make the data folder and hold its lock. Raises ServeError."""
    if len(os.fsencode(folder.sip_websocket)) > _LONGEST_SOCKET_PATH_BYTES:
        raise ServeError(f"the path of the data folder {folder.root} is too long for Unix sockets; choose a shorter one")
    try:
        folder.create()
        lock = (folder.root / "lock").open("a+")
    except FileExistsError:
        raise ServeError(f"{folder.root} is not a folder") from None
    except OSError as error:
        raise ServeError(f"the data folder {folder.root} is not writable: {os.strerror(error.errno or 0)}") from None
    with lock:
        _lock(lock, folder)
        yield


def _lock(lock: TextIO, folder: DataFolder) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip()
        who = f" (process {holder})" if holder.isdigit() else ""
        raise ServeError(f"another svara{who} is already serving the data folder {folder.root}") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _check_programs() -> None:
    if shutil.which("rtpengine") is None:
        raise ServeError("rtpengine is not installed; it relays the sound of calls (apt-get install rtpengine-daemon)")


async def _serve(folder: DataFolder, http: str, sip: str, *, demo: bool) -> int:
    sockets = {role: sockets_for(role, http, sip) for role in ROLES}
    web, calls = listening.address_of(sockets["web"]["http"]), listening.address_of(sockets["calls"]["sip-udp"])
    tls = f" tls={listening.address_of(sockets['calls']['sip-tls'])}" if "sip-tls" in sockets["calls"] else ""
    os.environ["SVARA_DATA"] = str(folder.root)
    os.environ["SVARA_HTTP"], os.environ["SVARA_SIP"] = str(web), str(calls)
    for name, variable in (("ldap", "SVARA_LDAP"), ("ldaps", "SVARA_LDAPS")):
        if name in sockets["web"]:
            os.environ[variable] = str(listening.address_of(sockets["web"][name]))
    os.environ.setdefault("SVARA_HOSTS", ",".join(listening.names_of(web)))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def say_ready() -> None:
        print(f"svara: ready http={web} sip={calls}{tls}", flush=True)
        code = setupcode.read(folder)
        if code:
            print(f"\n{_FIRST}\n\n  {serving.setup_link(code, str(web))}\n", flush=True)
        if demo:
            print("\n" + demo_office.welcome(folder, str(web), str(calls)) + "\n", flush=True)

    hub = None if bus.redis_url() else Hub(folder.bus_socket)
    try:
        if hub is not None:
            await hub.start()
        key = await _prepare(folder, stop, demo=demo)
        if key is not None:
            began = Serving(os.getpid(), __version__, time.time(), str(web), str(calls), tls.partition("=")[2])

            def changed(processes: Sequence[Process]) -> None:
                with suppress(OSError):  # a full disk keeps no office from serving
                    serving.note(folder, msgspec.structs.replace(began, processes=tuple(processes)))

            programs = _programs(folder, sockets, key, demo=demo)
            await Supervisor(programs, say_to_operator, changed).run(stop, say_ready)
    finally:
        serving.forget(folder)
        if hub is not None:
            await hub.close()
        for bound in (each for own in sockets.values() for each in own.values()):
            bound.close()
    return 0


def _programs(folder: DataFolder, sockets: dict[str, dict[str, socket.socket]], key: bytes, *, demo: bool) -> list[Program]:
    def program(role: str) -> Program:
        command = (sys.executable, "-m", "svara", "serve", role, "--data", str(folder.root))
        handed = key if role in rolekey.ROLES else b""
        return Program(role, command, sockets.get(role, {}), key=handed, essential=role in ROLES)

    programs = [program(role) for role in ROLES]
    chosen = folder.demo_phones
    if demo or chosen.exists():
        programs += map(program, DEMO_ROLES)
    elif setupcode.read(folder):  # the demo may still be chosen on a page
        programs += [replace(program(role), waits_for=chosen) for role in DEMO_ROLES]
    return programs


async def _prepare(folder: DataFolder, stop: asyncio.Event, *, demo: bool) -> bytes | None:
    """Database, secret key, snapshot and demo office; gives the key of the role calls, None when told to stop meanwhile.
    Raises ServeError."""
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as key:
        try:
            prepared = await _run_prepare(folder, stop, write_end, demo=demo)
        finally:
            os.close(write_end)
        return key.read(KEY_BYTES) if prepared else None


async def _run_prepare(folder: DataFolder, stop: asyncio.Event, key_end: int, *, demo: bool) -> bool:
    command = [sys.executable, "-m", "svara", "prepare", "--data", str(folder.root), *(["--demo"] if demo else [])]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        pass_fds=[key_end],
        env={**os.environ, rolekey.GIVE: str(key_end)},
    )
    ended, stopping = asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())
    await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not ended.done():
        process.terminate()
        await ended
        return False
    if ended.result() != 0:
        raise ServeError("the data folder could not be prepared; nothing was started")
    return True
