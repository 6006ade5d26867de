"""What of the queues outlives the calls process: agents' own choices, and places kept for callers who hung up.

Everything else is known again otherwise: members from the office, phones from the registrar, callers and talks from the
journal. The file is written whole, by an atomic rename, so it survives a kill when `write` returns; a power cut can cost
what has not been synced yet.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import msgspec

from svara import log
from svara.calls.queue.model import AgentChoice
from svara.data import put

_logger = log.get("calls.queue")


class KeptPlace(msgspec.Struct, frozen=True):
    """A place in a line, kept for a number; `caller` is the id of the call that stood there."""

    caller: str
    queue: str
    number: str
    joined_at: float
    """Seconds since the epoch."""
    priority: int = 0
    tries: int = 0


class Lasting(msgspec.Struct):
    """Of one tenant."""

    choices: dict[str, AgentChoice] = {}
    """By the person's id."""
    kept: dict[str, KeptPlace] = {}
    """By the caller's id."""


class Store:
    """The file. One that cannot be read counts as empty: agents are logged in then, as at first. `run` has work done that
    waits for the disk, elsewhere."""

    def __init__(self, path: Path, run: Callable[[Callable[[], None]], object] = lambda work: work()) -> None:
        self._path = path
        self._run = run
        self._unsynced = self._syncing = False
        self._lock = Lock()
        self._tenants: dict[str, Lasting] = {}
        try:
            self._tenants = msgspec.msgpack.decode(path.read_bytes(), type=dict[str, Lasting])
        except FileNotFoundError:
            pass
        except (OSError, msgspec.DecodeError):
            _logger.exception("what agents chose cannot be read; they are logged in")

    def of(self, tenant: str) -> Lasting:
        """What lasts of this tenant, to be changed in place and then written."""
        return self._tenants.setdefault(tenant, Lasting())

    def forget(self, tenant: str) -> None:
        """The tenant is gone, and with it what its people chose and the numbers that were to be called."""
        if self._tenants.pop(tenant, None) is not None:
            self.write()

    def write(self) -> None:
        """Write everything down. A disk that refuses is logged, and changes nothing else."""
        try:
            put(self._path, msgspec.msgpack.encode(self._tenants), synced=False)
        except OSError:
            _logger.exception("what agents chose cannot be written")
            return
        with self._lock:
            self._unsynced = True
            if self._syncing:
                return
            self._syncing = True
        self._run(self._sync)

    def _sync(self) -> None:
        while True:
            with self._lock:
                self._syncing = self._unsynced
                if not self._unsynced:
                    return
                self._unsynced = False
            try:
                with self._path.open("rb") as file:
                    os.fsync(file.fileno())
            except OSError:
                _logger.exception("what agents chose cannot be synced to disk")
