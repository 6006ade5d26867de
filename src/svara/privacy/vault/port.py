"""The vault: seals what is about persons so that destroying a person's key erases it, wherever copies of it lie.

    content <- a random key each 64 kB <- the owners' keys together <- their company's key <- the master key

`seal` and `open` are for fields and short files, `writer` and `reader` for files of any size. `owners` are those whom the
content is about: the key of any one of them destroyed, it is unreadable. `context` binds sealed content to its place
("history.call:17:caller_number"): moved elsewhere it does not open. What does not open raises `Unreadable`, and nothing of
it is given out.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara.data import DataFolder, locked
from svara.privacy.subject import Subject
from svara.privacy.vault import intake
from svara.privacy.vault.errors import VaultError
from svara.privacy.vault.keeping import Keeping
from svara.privacy.vault.keyring import KEEP_SECONDS, Clock, Keyring
from svara.privacy.vault.master import new_key, write_key
from svara.privacy.vault.store import KeyStore
from svara.privacy.vault.tenantkeys import Masters, TenantKeys
from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import CHUNK_BYTES, FORM, KEY_ID_BYTES, key_ids_of, open_field, seal_field
from svara.sealing.file import (
    INTAKE_FORM,
    FileKey,
    Reader,
    Writer,
    new_file_key,
    open_file,
    open_file_key,
    read_head,
    seal_file,
)
from svara.sealing.intake import open_intake_key
from svara.sealing.role import RoleKey

_SUBJECT = re.compile(r"(person|outside):[A-Za-z0-9_-]{1,128}")
_KIND = re.compile(r"[a-z][a-z0-9._-]{0,63}")
_INDEX_SUBJECT = "index"
"""Whose key finds numbers again: the company's own, no person's; it cannot be destroyed alone."""
INDEX_DIGITS = 32
INSTALLATION = "installation"
"""In place of a company: what passes through before it is known whose it is. No company's id is that."""


@dataclass(frozen=True, slots=True)
class KeyReceipt:
    """Proof that a key is gone. `hash`: SHA-256 of "id:tenant:subject:at", so whoever knows the subject can check it."""

    key_id: str
    hash: str
    at: float

    def matches(self, tenant: str, subject: Subject) -> bool:
        """Whether it is about this subject."""
        return hmac.compare_digest(self.hash, _receipt_hash(self.key_id, tenant, subject, self.at))


def _receipt_hash(key_id: str, tenant: str, subject: str, at: float) -> str:
    return hashlib.sha256(f"{key_id}:{tenant}:{subject}:{at!r}".encode()).hexdigest()


class Vault:
    """One installation's vault. Safe for threads; several processes may have one each. Made by `open_vault`."""

    def __init__(self, store: KeyStore, masters: Masters, keys: Keyring, keeping: Keeping, clock: Clock) -> None:
        self._store = store
        self._masters = masters
        self._intake: tuple[float, bytes] | None = None
        self._keys = keys
        self._clock = clock
        self.keeping = keeping

    def __repr__(self) -> str:
        return "Vault()"

    # Fields and short files

    def seal(self, tenant: str, owners: Sequence[Subject], content: bytes, *, context: bytes) -> bytes:
        """`content`, sealed for all `owners` (1 to 8). Raises Unreadable where the company's key is of no use."""
        return self.seal_many(tenant, [(owners, content, context)])[0]

    def open(self, tenant: str, sealed: bytes, *, context: bytes) -> bytes:
        """What was sealed. Raises Unreadable."""
        key_ids = key_ids_of(sealed)
        return _open(self._keys.warm(tenant, key_ids) or self._key(tenant, key_ids), sealed, context)

    def seal_many(self, tenant: str, things: Iterable[tuple[Sequence[Subject], bytes, bytes]]) -> list[bytes]:
        """The same for many (owners, content, context): keys are found and made for all of them at once."""
        listed = [(tuple(owners), content, context) for owners, content, context in things]
        keys = self._keys.seal(tenant, {_checked(owners) for owners in {owners for owners, _, _ in listed}})
        return [_seal(*keys[owners], content, context) for owners, content, context in listed]

    def open_many(self, tenant: str, things: Iterable[tuple[bytes, bytes]]) -> list[bytes | Unreadable]:
        """The same for many (sealed, context); in place of what cannot be read stands the reason."""
        listed = list(things)
        heads = [_key_ids(sealed) for sealed, _ in listed]
        keys = self._keys.open(tenant, {head for head in heads if isinstance(head, bytes)})
        opened: list[bytes | Unreadable] = []
        for head, (sealed, context) in zip(heads, listed, strict=True):
            key = keys[head] if isinstance(head, bytes) else head
            if isinstance(key, Unreadable):
                opened.append(key)
                continue
            try:
                opened.append(_open(key, sealed, context))
            except Unreadable as error:
                opened.append(error)
        return opened

    # Files

    def file_key(self, tenant: str, owners: Sequence[Subject], *, context: bytes) -> FileKey:
        """A key for one new file: all that a process needs to write and read it (`svara.sealing.file`)."""
        some = _checked(tuple(owners))
        key_ids, key = self._keys.seal(tenant, [some])[some]
        return new_file_key(key, key_ids, context)

    def open_file_key(self, tenant: str, head: bytes, *, context: bytes) -> FileKey:
        """The key of a file that begins with `head` (`svara.sealing.file.read_head`); also of one that was sealed with the
        intake's public key and is nobody's yet. Raises Unreadable."""
        if head[:1] == bytes((INTAKE_FORM,)):
            return open_intake_key(self._intake_key(), head)
        return open_file_key(self._key(tenant, key_ids_of(head)), head, context)

    def tenant_of(self, head: bytes) -> str | None:
        """Which company's file begins so; None where it is no company's yet, or its keys are unknown."""
        if head[:1] == bytes((INTAKE_FORM,)):
            return None
        return self._store.tenant_of(int.from_bytes(key_ids_of(head)[:KEY_ID_BYTES], "big"))

    def writer(self, tenant: str, owners: Sequence[Subject], file: BinaryIO, *, context: bytes) -> Writer:
        """Seals what is written into `file`."""
        return Writer(file, self.file_key(tenant, owners, context=context))

    def reader(self, tenant: str, file: BinaryIO, *, context: bytes) -> Reader:
        """Reads any range of a sealed file. Raises Unreadable."""
        return Reader(file, self.open_file_key(tenant, read_head(file), context=context))

    def role_key(self) -> RoleKey:
        """The key of the role calls, for itself and for those who read what it wrote. Raises VaultError, Unreadable."""
        return RoleKey(self.keeping.role_key())

    # Finding again

    def index(self, tenant: str, kind: str, value: str) -> str:
        """A keyed hash (HMAC-SHA-256, its first 128 bits, 32 hex digits) by which a value is found without being read.

        The same value of the same tenant and kind ("number", "mail") has always the same; callers write a value in one way
        (numbers in E.164). Raises Unreadable where the company's key is of no use.
        """
        if not _KIND.fullmatch(kind):
            raise ValueError("a kind is a short word")
        return hmac.digest(self.index_key(tenant), f"{kind}:{value}".encode("utf-8", "surrogatepass"), "sha256").hex()[
            :INDEX_DIGITS
        ]

    def index_key(self, tenant: str) -> bytes:
        """The key of a company's blind index, which opens nothing: for a process that has to know a number again and has
        no vault. Raises Unreadable."""
        return self._keys.index_key(tenant, _INDEX_SUBJECT)

    # The end of a key

    def destroy(self, tenant: str, subject: Subject) -> KeyReceipt | None:
        """Destroy somebody's key: all that is sealed for them is unreadable for ever. None where there is no such key.

        In other processes that takes a second. What is sealed for the same subject later has a new key.
        """
        _checked((subject,))
        with self._store.change():
            row = self._store.by_subjects(tenant, [subject]).get(subject)
            if row is None:
                return None
            at = self._clock.now()
            key_id = f"{row.id:016x}"
            receipt = KeyReceipt(key_id, _receipt_hash(key_id, tenant, subject, at), at)
            self._store.destroy_key(row.id, at, receipt.hash)
            self._store.revise()
        self._store.forget_log()
        self._keys.check()
        return receipt

    def destroy_all(self, tenant: str) -> int:
        """Destroy every key of a company that is no more, also its own; gives how many. What is sealed for anybody in it is
        unreadable for ever. Doing it again finds nothing."""
        return self.keeping.destroy_all(tenant)

    def destroyed(self, tenant: str, receipt: KeyReceipt) -> bool:
        """Whether the key of a receipt is gone, and the receipt is that of this key."""
        number = int(receipt.key_id, 16)
        row = self._store.by_ids(tenant, [number]).get(number)
        return row is not None and row.wrapped is None and hmac.compare_digest(row.receipt, receipt.hash)

    def rotate(self, tenant: str) -> int:
        """A new key for a company: persons' keys are wrapped anew, content is untouched. Returns how many those were."""
        return self.keeping.rotate(tenant)

    def forget(self) -> None:
        """Let go of the keys in memory."""
        self._keys.forget()
        self._intake = None

    def close(self) -> None:
        """Let go of keys and the key store."""
        self.forget()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _intake_key(self) -> bytes:
        """The intake's private key, in memory for as long as other keys."""
        now = self._clock.monotonic()
        if self._intake is None or now >= self._intake[0]:
            try:
                self._intake = now + KEEP_SECONDS, intake.private_key(self._store, self._masters)
            except VaultError:
                raise Unreadable(Why.LOCKED) from None
        return self._intake[1]

    def _key(self, tenant: str, key_ids: bytes) -> AESGCM:
        key = self._keys.open(tenant, [key_ids])[key_ids]
        if isinstance(key, Unreadable):
            raise key
        return key


def open_vault(data: DataFolder, clock: Clock, *, master_key: Path | str | None = None) -> Vault:
    """The vault of an installation; keys are made where there are none at all. Raises VaultError.

    `master_key`: its file, or the URI of a key management service; by default what the environment says
    (`SVARA_MASTER_KEY_URI`, `SVARA_MASTER_KEY_FILE`), or `<data>/keys/master`.
    """
    try:
        data.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(data.keys / ".lock"):
            store = KeyStore(data.keys / "keys.sqlite3")
            masters = Masters(master_key or _master_place(data), store)
            if not store.fact("master"):
                _begin(store, masters)
            intake.prepare(data, store, masters)
    except OSError as error:
        raise VaultError(f"the keys in {data.keys} cannot be used: {error.strerror}") from None
    tenant_keys = TenantKeys(data, store, masters)
    keys = Keyring(store, tenant_keys, clock)
    return Vault(store, masters, keys, Keeping(data, store, tenant_keys, keys, clock), clock)


def _begin(store: KeyStore, masters: Masters) -> None:
    """The first start: a master key is made if there is none yet."""
    if isinstance(masters.place, Path) and not masters.place.exists():
        write_key(masters.place, new_key())
    found = masters.current
    with store.change():
        store.set_fact("master", found.id)


def _master_place(data: DataFolder) -> Path | str:
    uri, file = os.environ.get("SVARA_MASTER_KEY_URI"), os.environ.get("SVARA_MASTER_KEY_FILE")
    return uri or (Path(file) if file else data.keys / "master")


def _checked(owners: tuple[Subject, ...]) -> tuple[Subject, ...]:
    if not all(map(_SUBJECT.fullmatch, owners)):
        raise ValueError("not a subject: person:<id> or outside:<index>")
    return owners


def _key_ids(sealed: bytes) -> bytes | Unreadable:
    try:
        return key_ids_of(sealed)
    except Unreadable as error:
        return error


def _seal(key_ids: bytes, key: AESGCM, content: bytes, context: bytes) -> bytes:
    if len(content) <= CHUNK_BYTES:
        return seal_field(key, key_ids, content, context)
    return seal_file(new_file_key(key, key_ids, context), content)


def _open(key: AESGCM, sealed: bytes, context: bytes) -> bytes:
    if sealed[0] == FORM:
        return open_field(key, sealed, context)
    return open_file(open_file_key(key, read_head(io.BytesIO(sealed)), context), sealed)


__all__ = [
    "INSTALLATION",
    "FileKey",
    "KeyReceipt",
    "Reader",
    "Unreadable",
    "Vault",
    "VaultError",
    "Why",
    "Writer",
    "open_vault",
]
