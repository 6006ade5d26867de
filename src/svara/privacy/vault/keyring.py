"""Keys in memory, for a short time: from whom content is about to the key that seals it.

What is kept is the key of a set of owners, derived from all their keys (HKDF, RFC 5869), so that none of them is enough and
destroying any one is. It is kept for a minute at most; and within a second after any process destroys a key or a company
takes its own away, nothing that was kept is used any more.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from svara.privacy.vault.master import new_key
from svara.privacy.vault.store import KeyRow, KeyStore, TenantKeyRow
from svara.privacy.vault.tenantkeys import TenantKeys
from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import KEY_BYTES, KEY_ID_BYTES, MOST_OWNERS, unwrap, wrap

KEEP_SECONDS = 60.0
CHECK_SECONDS = 1.0
"""So often the key store is asked whether something was destroyed."""
MOST_KEYS = 20_000
"""So many sets of owners have their key in memory at most."""


class Clock(Protocol):
    """The part of `svara.clock.Clock` that keys need."""

    def now(self) -> float: ...

    def monotonic(self) -> float: ...


class Keyring:
    """Keys of owners, made where there is none. Safe for threads."""

    def __init__(self, store: KeyStore, tenant_keys: TenantKeys, clock: Clock) -> None:
        self._store = store
        self._tenant_keys = tenant_keys
        self._clock = clock
        self._lock = threading.RLock()
        self._opening: OrderedDict[tuple[str, bytes], tuple[float, AESGCM]] = OrderedDict()
        self._sealing: OrderedDict[tuple[str, tuple[str, ...]], tuple[float, bytes]] = OrderedDict()
        self._tenants: dict[tuple[str, int], tuple[float, AESGCM]] = {}
        self._indexes: dict[str, tuple[float, bytes]] = {}
        self._revision = store.revision()
        self._check_at = clock.monotonic() + CHECK_SECONDS

    def __repr__(self) -> str:
        return "Keyring()"

    def __len__(self) -> int:
        """How many keys of owners are in memory."""
        return len(self._opening)

    def forget(self) -> None:
        """Let go of every key in memory."""
        with self._lock:
            self._opening.clear()
            self._sealing.clear()
            self._tenants.clear()
            self._indexes.clear()

    def warm(self, tenant: str, key_ids: bytes) -> AESGCM | None:
        """The key of the owners with these key ids, if it is in memory."""
        now = self._clock.monotonic()
        if now >= self._check_at:
            self.check()
        kept = self._opening.get((tenant, key_ids))
        return kept[1] if kept is not None and kept[0] > now else None

    def check(self) -> None:
        """Forget what another process made worthless, and what is old."""
        with self._lock:
            now = self._clock.monotonic()
            self._check_at = now + CHECK_SECONDS
            revision = self._store.revision()
            if revision != self._revision:
                self._revision = revision
                self.forget()
            _drop_old(self._opening, now)
            _drop_old(self._sealing, now)
            self._tenants = {place: kept for place, kept in self._tenants.items() if kept[0] > now}
            self._indexes = {tenant: kept for tenant, kept in self._indexes.items() if kept[0] > now}

    def open(self, tenant: str, sets: Iterable[bytes]) -> dict[bytes, AESGCM | Unreadable]:
        """For each set of key ids the key of these owners, or why there is none."""
        found: dict[bytes, AESGCM | Unreadable] = {}
        missing = set()
        for key_ids in sets:
            kept = self.warm(tenant, key_ids)
            if kept is not None:
                found[key_ids] = kept
            else:
                missing.add(key_ids)
        if not missing:
            return found
        with self._lock:
            rows = self._store.by_ids(tenant, {key_id for key_ids in missing for key_id in _numbers(key_ids)})
            clear: dict[int, bytes | Unreadable] = {}
            for key_ids in missing:
                found[key_ids] = self._derive(tenant, key_ids, rows, clear)
        return found

    def seal(self, tenant: str, owners: Iterable[Sequence[str]]) -> dict[tuple[str, ...], tuple[bytes, AESGCM]]:
        """For each set of owners the ids of their keys and their key; keys are made for those who have none.

        Raises Unreadable where the tenant's key is of no use.
        """
        sets = {tuple(some) for some in owners}
        with self._lock:
            self.check()
            ids: dict[tuple[str, ...], bytes] = {}
            for some in sets:
                kept = self._sealing.get((tenant, some))
                if kept is not None:
                    ids[some] = kept[1]
            if len(ids) < len(sets):
                self._find_or_make(tenant, [some for some in sets if some not in ids], ids)
            keys = self.open(tenant, ids.values())
        found = {}
        for some, key_ids in ids.items():
            key = keys[key_ids]
            if isinstance(key, Unreadable):
                raise key
            found[some] = (key_ids, key)
        return found

    def index_key(self, tenant: str, subject: str) -> bytes:
        """A tenant's own key for what has to be found again, made if there is none. Raises Unreadable."""
        now = self._clock.monotonic()
        if now >= self._check_at:
            self.check()
        kept = self._indexes.get(tenant)
        if kept is not None and kept[0] > now:
            return kept[1]
        with self._lock:
            key = self._unwrap(self._living(tenant, [subject])[subject])
            self._indexes[tenant] = (now + KEEP_SECONDS, key)
            return key

    def tenant_key(self, row: TenantKeyRow) -> AESGCM:
        """A tenant's key. Raises Unreadable."""
        now = self._clock.monotonic()
        kept = self._tenants.get((row.tenant, row.version))
        if kept is not None and kept[0] > now:
            return kept[1]
        key = AESGCM(self._tenant_keys.open(row))
        self._tenants[row.tenant, row.version] = (now + KEEP_SECONDS, key)
        return key

    # Inside

    def _derive(
        self, tenant: str, key_ids: bytes, rows: dict[int, KeyRow], clear: dict[int, bytes | Unreadable]
    ) -> AESGCM | Unreadable:
        parts = []
        for number in _numbers(key_ids):
            if number not in clear:
                row = rows.get(number)
                clear[number] = Unreadable(Why.CHANGED) if row is None else self._try(row)
            part = clear[number]
            if isinstance(part, Unreadable):
                return part
            parts.append(part)
        derived = HKDF(hashes.SHA256(), KEY_BYTES, None, b"svara owners:" + key_ids).derive(b"".join(parts))
        key = AESGCM(derived)
        self._opening[tenant, key_ids] = (self._clock.monotonic() + KEEP_SECONDS, key)
        if len(self._opening) > MOST_KEYS:
            self._opening.popitem(last=False)
        return key

    def _try(self, row: KeyRow) -> bytes | Unreadable:
        try:
            return self._unwrap(row)
        except Unreadable as error:
            return error

    def _unwrap(self, row: KeyRow) -> bytes:
        if row.wrapped is None:
            raise Unreadable(Why.DESTROYED)
        kept = self._tenants.get((row.tenant, row.version))
        if kept is not None and kept[0] > self._clock.monotonic():
            return unwrap(kept[1], row.wrapped, bound(row))
        tenant_row = self._store.tenant_key(row.tenant, row.version)
        if tenant_row is None:
            raise Unreadable(Why.CHANGED)
        return unwrap(self.tenant_key(tenant_row), row.wrapped, bound(row))

    def _find_or_make(self, tenant: str, sets: list[tuple[str, ...]], ids: dict[tuple[str, ...], bytes]) -> None:
        rows = self._living(tenant, sorted({subject for some in sets for subject in some}))
        until = self._clock.monotonic() + KEEP_SECONDS
        for some in sets:
            if not 0 < len(set(some)) <= MOST_OWNERS:
                raise ValueError(f"content has 1 to {MOST_OWNERS} owners")
            numbers = sorted({rows[subject].id for subject in some})
            ids[some] = b"".join(number.to_bytes(KEY_ID_BYTES, "big") for number in numbers)
            self._sealing[tenant, some] = (until, ids[some])
            if len(self._sealing) > MOST_KEYS:
                self._sealing.popitem(last=False)

    def _living(self, tenant: str, subjects: Sequence[str]) -> dict[str, KeyRow]:
        """The keys of these subjects, made where there are none: in one transaction, by whoever comes first."""
        found = self._store.by_subjects(tenant, subjects)
        while len(found) < len(subjects):
            now = self._clock.now()
            newest = self._tenant_keys.row(tenant, now)
            tenant_key = self.tenant_key(newest)
            with self._store.change():
                current = self._store.tenant_key(tenant)
                if current is None or current.version != newest.version:
                    continue  # the tenant's key was changed in this moment: nothing may be wrapped by the old one any more
                found = self._store.by_subjects(tenant, subjects)
                for subject in subjects:
                    if subject not in found:
                        found[subject] = self._made(tenant_key, newest, subject, now)
                        self._store.add_key(found[subject])
        return found

    @staticmethod
    def _made(tenant_key: AESGCM, by: TenantKeyRow, subject: str, now: float) -> KeyRow:
        number = int.from_bytes(os.urandom(KEY_ID_BYTES), "big") >> 1
        row = KeyRow(number, by.tenant, subject, by.version, None, now)
        return KeyRow(number, by.tenant, subject, by.version, wrap(tenant_key, new_key(), bound(row)), now)


def bound(row: KeyRow) -> bytes:
    """What a person's wrapped key is bound to."""
    return f"key:{row.tenant}:{row.subject}:{row.id}".encode()


def _numbers(key_ids: bytes) -> list[int]:
    return [
        int.from_bytes(key_ids[start : start + KEY_ID_BYTES], "big") & 0x7FFF_FFFF_FFFF_FFFF
        for start in range(0, len(key_ids), KEY_ID_BYTES)
    ]


def _drop_old(kept: OrderedDict[Any, tuple[float, Any]], now: float) -> None:
    """Entries are in the order in which they were made, which is that in which they become old."""
    while kept:
        place = next(iter(kept))
        if kept[place][0] > now:
            return
        del kept[place]
