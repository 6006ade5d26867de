"""One process of the office: `svara serve ROLE`.

A role is a coroutine function `main(data, sockets, stop, ready)`. It calls `ready()` once it does its work, ends soon after
`stop` is set, and raises `SystemExit("plain words")` when it cannot work here. What it raises otherwise is a crash.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import uvloop

from svara import log
from svara.cli import sockets as listening
from svara.cli.installation import InstallationError, open_installation
from svara.data import DataFolder

ROLES = {
    "media": "svara.media.main",
    "voice": "svara.media.voice.main",
    "calls": "svara.cli.calls",
    "jobs": "svara.cli.jobs",
    "web": "svara.web.main",
}
"""Every role of an office and the module whose `main` it is, in the order in which they are started."""
NEED_THE_DATABASE = {"jobs", "web"}
DEMO_ROLES = {"demo": "svara.cli.demo_phones"}
"""What `--demo` adds once the office is open; the office stays open without it."""

READY_ENVIRONMENT = "SVARA_READY"
"""The descriptor on which a child tells `svara serve` that it is ready."""
PARENT_ENVIRONMENT = "SVARA_SUPERVISOR"
"""The process id of `svara serve`; its children end when it does."""

_STOP_SECONDS = 3.5
_COLLECT_AFTER_OBJECTS = 3_000
_PR_SET_PDEATHSIG = 1


class Main(Protocol):
    def __call__(
        self, data: DataFolder, sockets: dict[str, socket.socket], stop: asyncio.Event, ready: Callable[[], None], /
    ) -> Awaitable[None]: ...


def sockets_for(role: str, http: str, sip: str) -> dict[str, socket.socket]:
    """The listening sockets that a role uses, bound now. Raises AddressError."""
    if role == "web":
        pages = {"http": listening.bind_tcp(listening.parse_address(http), "--http")}
        return pages | _asked_for({"ldap": "SVARA_LDAP", "ldaps": "SVARA_LDAPS"})
    if role == "calls":
        udp, tcp = listening.bind_sip(listening.parse_address(sip))
        return {"sip-udp": udp, "sip-tcp": tcp} | _asked_for({"sip-tls": "SVARA_SIP_TLS"})
    return {}


def _asked_for(names: dict[str, str]) -> dict[str, socket.socket]:
    """The listening sockets whose variables say where. Raises AddressError."""
    where = {name: (variable, os.environ.get(variable)) for name, variable in names.items()}
    return {
        name: listening.bind_tcp(listening.parse_address(text), variable) for name, (variable, text) in where.items() if text
    }


def run_role(role: str, data: Path, http: str, sip: str) -> int:
    """Run one role until it is told to stop; returns the exit code."""
    modules = ROLES | DEMO_ROLES
    if role not in modules:
        print(f"svara: there is no role '{role}'; the roles are {', '.join(ROLES)}", file=sys.stderr)
        return 2
    die_with_parent()
    folder = DataFolder(data.resolve())
    os.environ["SVARA_DATA"] = str(folder.root)
    os.environ.setdefault("SVARA_HTTP", http)
    os.environ.setdefault("SVARA_SIP", sip)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's own threads cost small matrices more than they save
    log.configure(role)
    try:
        folder.create()
        if role in NEED_THE_DATABASE and PARENT_ENVIRONMENT not in os.environ:
            open_installation(folder.root)  # `svara serve` has done so before it starts a role
        sockets = listening.inherited() or sockets_for(role, http, sip)
        main: Main = importlib.import_module(modules[role]).main
        return uvloop.run(run_main(main, folder, sockets))
    except (listening.AddressError, InstallationError) as error:
        print(f"svara: {role}: {error}", file=sys.stderr)
    except PermissionError:
        print(f"svara: {role}: the data folder {folder.root} is not writable", file=sys.stderr)
    except SystemExit as error:
        if isinstance(error.code, str):
            print(f"svara: {role}: {error.code}", file=sys.stderr)
            return 1
        return error.code or 0
    except Exception:
        log.get("cli.roles").error("the process crashed", exc_info=True)
    return 1


async def run_main(main: Main, data: DataFolder, sockets: dict[str, socket.socket]) -> int:
    """Run a role's main with signals, readiness and a time limit for its end; returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.ensure_future(main(data, sockets, stop, _tell_ready))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        await asyncio.wait([running], timeout=_STOP_SECONDS)
    stopping.cancel()
    if not running.done():
        log.get("cli.roles").warning("the process did not end in time and was cut off")
        running.cancel()
        await asyncio.wait([running], timeout=0.5)
        return 1
    running.result()
    return 0 if stop.is_set() else 1


def _tell_ready() -> None:
    # What was loaded until now stays for ever: the collector need not walk through it, and need not come as often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER_OBJECTS, 20, 20)
    descriptor = os.environ.pop(READY_ENVIRONMENT, None)
    if descriptor is not None:
        with suppress(OSError):
            os.write(int(descriptor), b"1")
            os.close(int(descriptor))


def die_with_parent() -> None:
    """Be told to stop when `svara serve` is gone, however it went (prctl(2), PR_SET_PDEATHSIG)."""
    parent = os.environ.get(PARENT_ENVIRONMENT)
    if parent is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        raise SystemExit(1)
