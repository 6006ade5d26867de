"""The key of a role that must not wait for anybody: with it a process seals the files that are its own.

The key is wrapped by the master key in the key store and is given to the process when it starts, so nothing on a call's way
asks a key store or a key management service. Each file has a random key of its own, wrapped by the role's, in a small file
in a folder beside the key store: never where the content is, so a copy of the content opens nothing, and when that small
file is gone, the content is gone with every copy of it.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara.data import put
from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import KEY_BYTES, KEY_ID_BYTES, unwrap, wrap

_NAME = re.compile(r"[a-z0-9-]{1,60}")
_SUFFIX = ".key"


class RoleKey:
    """32 bytes, in memory alone. Never shown."""

    __slots__ = ("_kek",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a role's key has 32 bytes")
        self._kek = AESGCM(key)

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        return wrap(self._kek, key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """Raises Unreadable."""
        return unwrap(self._kek, wrapped, bound_to)

    def __repr__(self) -> str:
        return "RoleKey()"


class FileKeys:
    """The keys of a role's files, by name; each in a file of `folder`."""

    def __init__(self, folder: Path, role: RoleKey) -> None:
        self.folder = folder
        self._role = role

    def place(self, name: str) -> Path:
        """Where the wrapped key lies."""
        if not _NAME.fullmatch(name):
            raise ValueError("not the name of a key")
        return self.folder / f"{name}{_SUFFIX}"

    def make(self, name: str, *, synced: bool = True) -> AESGCM:
        """A new random key, in place of one that had the name. Raises OSError."""
        key = os.urandom(KEY_BYTES)
        put(self.place(name), self._role.wrap(key, _bound(name)), synced=synced)
        return AESGCM(key)

    def open(self, name: str) -> AESGCM:
        """Raises Unreadable: it was destroyed, or is of another role's key; OSError."""
        try:
            wrapped = self.place(name).read_bytes()
        except FileNotFoundError:
            raise Unreadable(Why.DESTROYED) from None
        return AESGCM(self._role.unwrap(wrapped, _bound(name)))

    def destroy(self, name: str) -> None:
        """Harmless where there is none. Raises OSError."""
        place = self.place(name)
        with suppress(FileNotFoundError):
            with place.open("r+b") as file:
                file.write(bytes(place.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            place.unlink()

    def names(self) -> list[str]:
        """Of all keys that there are."""
        return sorted(place.name.removesuffix(_SUFFIX) for place in self.folder.glob(f"*{_SUFFIX}"))


def _bound(name: str) -> bytes:
    return f"role file:{name}".encode()


class SealedFile:
    """How a role's file that is written again from time to time begins, and its key: a new one at each start.

        mark (8) | key id (8)

    `settled` destroys the keys of what was written over.
    """

    MARK = b"svara\x00\x00\x04"
    HEAD_BYTES = len(MARK) + KEY_ID_BYTES

    def __init__(self, keys: FileKeys, kind: str) -> None:
        self._keys = keys
        self._kind = kind

    def new(self, *, synced: bool = True) -> tuple[bytes, AESGCM]:
        """The head of a new file, and its key. Raises OSError."""
        key_id = os.urandom(KEY_ID_BYTES)
        return self.MARK + key_id, self._keys.make(self._name(key_id), synced=synced)

    def open(self, begin: bytes) -> AESGCM:
        """The key of a file that begins so. Raises Unreadable, OSError."""
        if not self.is_sealed(begin) or len(begin) < self.HEAD_BYTES:
            raise Unreadable(Why.CHANGED)
        return self._keys.open(self._name(begin[len(self.MARK) : self.HEAD_BYTES]))

    def settled(self, head: bytes) -> None:
        """The file with this head is in its place: the keys of those before it are destroyed. Raises OSError."""
        needed = self._name(head[len(self.MARK) :])
        for name in self._keys.names():
            if name.startswith(f"{self._kind}-") and name != needed:
                self._keys.destroy(name)

    @classmethod
    def is_sealed(cls, begin: bytes) -> bool:
        """Whether a file that begins so is sealed at all; before it was, none began so."""
        return begin.startswith(cls.MARK)

    def _name(self, key_id: bytes) -> str:
        return f"{self._kind}-{key_id.hex()}"
