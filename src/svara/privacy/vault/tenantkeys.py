"""Companies' keys: made when a company first seals something, wrapped by the master key, or held by the company itself.

A company that holds its own key brings it as a file in `<data>/keys/tenants/` (or the folder of `SVARA_TENANT_KEYS`, which
may be in memory only or on a medium that can be pulled), and takes it away by taking that file away: nothing of the company
can be read then, until the same key is brought again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from svara.data import DataFolder
from svara.privacy.vault import master
from svara.privacy.vault.errors import VaultError
from svara.privacy.vault.master import MasterKey
from svara.privacy.vault.store import HELD_BY_TENANT, KeyStore, TenantKeyRow
from svara.sealing.errors import Unreadable, Why

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Masters:
    """The master key in use, and where it is: read again when another process has changed it."""

    def __init__(self, place: Path | str, store: KeyStore) -> None:
        self.place = place
        self._store = store
        self._current: MasterKey | None = None

    @property
    def current(self) -> MasterKey:
        """Raises VaultError where it is missing, or is not the one that wraps the companies' keys."""
        expected = self._store.fact("master")
        if self._current is None or self._current.id != expected:
            self._current = None
            self._current = self._find(expected)
        return self._current

    def _find(self, expected: str) -> MasterKey:
        found = master.open_master(self.place)
        if expected and found.id != expected and isinstance(self.place, Path) and beside(self.place).exists():
            found = master.open_master(beside(self.place))  # it is being changed in this moment, or that was killed
        if expected and found.id != expected:
            raise VaultError("the master key is another one than that which wraps the keys of this installation")
        return found

    def forget(self) -> None:
        """Read it again before it is next used."""
        self._current = None


class TenantKeys:
    """Opens and makes tenants' keys; keeps none in memory (`Keyring` does, for a short time)."""

    def __init__(self, data: DataFolder, store: KeyStore, masters: Masters) -> None:
        self._store = store
        self.masters = masters
        self._brought = Path(os.environ.get("SVARA_TENANT_KEYS") or data.keys / "tenants")

    def row(self, tenant: str, now: float) -> TenantKeyRow:
        """The newest key of a tenant; made if there is none."""
        found = self._store.tenant_key(tenant)
        return found if found is not None else self._make(tenant, now)

    def open(self, row: TenantKeyRow) -> bytes:
        """The key in clear. Raises Unreadable: the tenant has it, or the master key is of no use."""
        if row.holder == HELD_BY_TENANT:
            return self._bring(row)
        if row.wrapped is None:
            raise Unreadable(Why.CHANGED)
        try:
            return self.masters.current.unwrap(row.wrapped, bound(row.tenant, row.version))
        except VaultError:
            raise Unreadable(Why.LOCKED) from None

    def wrapped(self, tenant: str, version: int, key: bytes, now: float) -> TenantKeyRow:
        """A key of a tenant, wrapped by the master key, for the store. Raises VaultError."""
        current = self.masters.current
        mark = master.fingerprint(key, b"tenant key")
        return TenantKeyRow(tenant, version, current.id, current.wrap(key, bound(tenant, version)), mark, now)

    def held(self, tenant: str, version: int, key: bytes, now: float) -> TenantKeyRow:
        """A key that the tenant holds, for the store."""
        return TenantKeyRow(tenant, version, HELD_BY_TENANT, None, master.fingerprint(key, b"tenant key"), now)

    def place(self, row: TenantKeyRow) -> Path:
        """Where a tenant's own key is while it is here."""
        return self._brought / f"{row.tenant}-{row.mark}"

    def keep_here(self, row: TenantKeyRow, key: bytes) -> None:
        """A tenant's own key, until it is taken away. Raises VaultError."""
        master.write_key(self.place(row), key)

    def remove(self, row: TenantKeyRow) -> bool:
        """Overwrite and remove a tenant's own key; False where it is not here. Raises VaultError."""
        place = self.place(row)
        try:
            with place.open("r+b") as file:
                file.write(bytes(place.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            place.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise VaultError(f"the key file {place} cannot be removed: {error.strerror}") from None
        return True

    def _bring(self, row: TenantKeyRow) -> bytes:
        try:
            key = master.read_key(self.place(row))
        except VaultError:
            raise Unreadable(Why.AWAY) from None
        if master.fingerprint(key, b"tenant key") != row.mark:
            raise Unreadable(Why.AWAY)
        return key

    def _make(self, tenant: str, now: float) -> TenantKeyRow:
        if not _TENANT.fullmatch(tenant):
            raise ValueError("not the id of a tenant")
        while True:
            row = self.wrapped(tenant, 1, master.new_key(), now)
            with self._store.change():
                found = self._store.tenant_key(tenant)
                if found is not None:
                    return found
                if self._store.fact("master") == row.holder:
                    self._store.add_tenant_key(row)
                    return row
            # The master key was changed in this moment: wrap it by the new one.


def beside(place: Path) -> Path:
    """Where a new master key waits until every company's key is wrapped by it."""
    return place.with_name(place.name + ".new")


def bound(tenant: str, version: int) -> bytes:
    """What a tenant's wrapped key is bound to."""
    return f"tenant key:{tenant}:{version}".encode()
