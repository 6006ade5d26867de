"""What of the queues outlives the calls process: agents' own choices, and places kept for callers who hung up.

Everything else is known again otherwise: members from the office, phones from the registrar, callers and talks from the
journal. The file is sealed (`svara.sealing.role`: a new key at each start) and written whole, by an atomic rename, so it
survives a kill when `write` returns; a power cut can cost what has not been synced yet. Without the key all of it is in
memory alone, until `unlock`.

    head | nonce (12) | content and tag
"""

from __future__ import annotations

import os
from collections.abc import Callable, Set
from contextlib import suppress
from pathlib import Path
from threading import Lock

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara import log
from svara.calls.queue.model import AgentChoice
from svara.calls.whenfree.book import Wishes
from svara.data import put
from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import NONCE_BYTES
from svara.sealing.role import FileKeys, SealedFile

_KIND = "queues"
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
    free: Wishes = ()
    """Who wants to be called when a colleague is free (`svara.calls.whenfree`)."""


class Store:
    """The file. One that cannot be read counts as empty: agents are logged in then, as at first. `run` has work done that
    waits for the disk, elsewhere."""

    def __init__(
        self, path: Path, keys: FileKeys | None, run: Callable[[Callable[[], None]], object] = lambda work: work()
    ) -> None:
        self._path = path
        self._head = b""
        self._key: AESGCM | None = None
        self._run = run
        self._unsynced = self._syncing = False
        self._lock = Lock()
        self._tenants: dict[str, Lasting] = {}
        if keys is not None:
            self.unlock(keys)

    def unlock(self, keys: FileKeys) -> None:
        """The key is here: what an earlier process wrote is known, as far as nothing newer is; and it is written sealed."""
        sealed = SealedFile(keys, _KIND)
        for tenant, lasting in read(self._path, keys).items():
            known = self.of(tenant)
            known.choices |= lasting.choices | known.choices
            known.kept |= lasting.kept | known.kept
            pairs = {(one.asker, one.wanted) for one in known.free}
            known.free = (*(one for one in lasting.free if (one.asker, one.wanted) not in pairs), *known.free)
        try:
            self._head, self._key = sealed.new()
        except OSError:
            _logger.exception("what agents chose cannot be written")
            return
        if self._tenants or self._path.exists():  # in clear, or with the key of the process before
            self.write()
            self._sync()
        with suppress(OSError):
            if not self._path.exists() or self._path.read_bytes().startswith(self._head):
                sealed.settled(self._head)

    def tenants(self) -> Set[str]:
        """Of whom there is something."""
        return self._tenants.keys()

    def of(self, tenant: str) -> Lasting:
        """What lasts of this tenant, to be changed in place and then written."""
        return self._tenants.setdefault(tenant, Lasting())

    def forget(self, tenant: str) -> None:
        """The tenant is gone, and with it what its people chose and the numbers that were to be called."""
        if self._tenants.pop(tenant, None) is not None:
            self.write()

    def write(self) -> None:
        """Write everything down. A disk that refuses is logged, and changes nothing else."""
        if self._key is None:
            return
        nonce = os.urandom(NONCE_BYTES)
        content = self._key.encrypt(nonce, msgspec.msgpack.encode(self._tenants), self._head)
        try:
            put(self._path, self._head + nonce + content, synced=False)
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


def read(path: Path, keys: FileKeys) -> dict[str, Lasting]:
    """What the file holds, by tenant (in clear, where an earlier version left it); what cannot be read counts as nothing."""
    try:
        content = path.read_bytes()
        if SealedFile.is_sealed(content):
            content = _opened(SealedFile(keys, _KIND).open(content), content)
        return msgspec.msgpack.decode(content, type=dict[str, Lasting])
    except FileNotFoundError:
        pass
    except (OSError, msgspec.DecodeError, Unreadable):
        _logger.exception("what agents chose cannot be read; they are logged in")
    return {}


def _opened(key: AESGCM, content: bytes) -> bytes:
    """Raises Unreadable."""
    start = SealedFile.HEAD_BYTES
    try:
        return key.decrypt(content[start : start + NONCE_BYTES], content[start + NONCE_BYTES :], content[:start])
    except (InvalidTag, ValueError):
        raise Unreadable(Why.CHANGED) from None
