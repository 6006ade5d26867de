"""Which numbers outside belong to people who are not recorded: a file beside the office's snapshot, for call control.

Call control opens no vault and asks no database; it knows a number by one HMAC, the blind index under which its owner is
known to the company (`svara.privacy.vault`). So the file holds, of each company in which somebody said no, the key of that
index, which opens nothing, and the indexes; no number stands in it. It is sealed like all that the calls process keeps
(`svara.sealing.role`), with a new key each time it is written.

    head | nonce (12) | content and tag
"""

from __future__ import annotations

import hmac
import os
from contextlib import suppress
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara.data import put
from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import NONCE_BYTES
from svara.sealing.role import FileKeys, SealedFile

FILE = "unrecorded"
INDEX_BYTES = 16


class Company(msgspec.Struct, frozen=True):
    """Of one company: the key of its blind index, and the indexes of numbers whose owners are not recorded."""

    key: bytes
    indexes: frozenset[bytes]


class Unrecorded(msgspec.Struct, frozen=True):
    """Whose talks are not recorded, by the company's id. `known` is False where the file cannot be read: nobody outside is
    recorded then, because nobody can say who objected."""

    companies: dict[str, Company] = {}
    known: bool = True

    def has(self, tenant: str, number: str) -> bool:
        """Whether a number outside belongs to somebody who is not recorded by this company. One HMAC at most."""
        if not self.known:
            return bool(number)
        company = self.companies.get(tenant)
        if company is None or not number:
            return False
        value = f"number:{number.strip().casefold()}".encode("utf-8", "surrogatepass")
        return hmac.digest(company.key, value, "sha256")[:INDEX_BYTES] in company.indexes


NOBODY = Unrecorded()
UNKNOWN = Unrecorded(known=False)


def write(place: Path, keys: FileKeys, unrecorded: Unrecorded) -> None:
    """Put the file in place, whole or not at all; while nobody else does. Raises OSError."""
    sealed = SealedFile(keys, FILE)
    head, key = sealed.new()
    nonce = os.urandom(NONCE_BYTES)
    put(place, head + nonce + key.encrypt(nonce, msgspec.msgpack.encode(unrecorded.companies), head))
    sealed.settled(head)


def read(place: Path, keys: FileKeys) -> Unrecorded:
    """What the file says; nobody where there is none. Raises Unreadable, OSError."""
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        return NOBODY
    start = SealedFile.HEAD_BYTES
    key: AESGCM = SealedFile(keys, FILE).open(content)
    with suppress(InvalidTag, ValueError, msgspec.DecodeError):
        opened = key.decrypt(content[start : start + NONCE_BYTES], content[start + NONCE_BYTES :], content[:start])
        return Unrecorded(msgspec.msgpack.decode(opened, type=dict[str, Company]))
    raise Unreadable(Why.CHANGED)
