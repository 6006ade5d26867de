"""Looking after keys: new ones instead of old ones without touching content, and companies that hold their own.

Each change is made in steps that another process may see and a kill may end: at every step all content can be opened, and
what was left half done is finished when the key store is next opened (`finish`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from svara.data import DataFolder, locked
from svara.privacy.vault import intake, master, rolekey
from svara.privacy.vault.errors import VaultError
from svara.privacy.vault.keyring import Clock, Keyring
from svara.privacy.vault.keyring import bound as bound_key
from svara.privacy.vault.store import HELD_BY_TENANT, KeyStore, TenantKeyRow
from svara.privacy.vault.tenantkeys import TenantKeys, beside, bound
from svara.sealing.errors import Unreadable
from svara.sealing.field import unwrap, wrap

_AT_ONCE = 1_000
"""So many persons' keys are wrapped anew in one transaction."""


@dataclass(frozen=True, slots=True)
class TenantStatus:
    """What there is of a company's keys; `here` is False while it has taken its own away."""

    tenant: str
    version: int
    own: bool
    here: bool
    made_at: float
    living: int
    destroyed: int


@dataclass(frozen=True, slots=True)
class Status:
    """What there is in the key store. `master` is the id of the master key; `fault` says why it is of no use."""

    master: str
    fault: str
    tenants: tuple[TenantStatus, ...]


class Keeping:
    """What an administrator does with keys; one process at a time."""

    def __init__(self, data: DataFolder, store: KeyStore, tenant_keys: TenantKeys, keys: Keyring, clock: Clock) -> None:
        self._folder = data.keys
        self._store = store
        self._masters = tenant_keys.masters
        self._tenant_keys = tenant_keys
        self._keys = keys
        self._clock = clock

    def rotate(self, tenant: str) -> int:
        """A new key for a company: persons' keys are wrapped anew, content is untouched. Returns how many keys those were.

        Raises VaultError where the company holds its own key (`bring` a new one), Unreadable where its key is of no use.
        """
        with self._alone():
            row = self._tenant_keys.row(tenant, self._clock.now())
            if row.holder == HELD_BY_TENANT:
                raise VaultError("the company holds its own key: it has to bring a new one")
            return self._replace(row, self._wrapped_anew(row))

    def bring(self, tenant: str, key: bytes) -> int:
        """From now on the company holds its key, and this is it; or it brings it again, or a new one instead.

        Returns how many persons' keys were wrapped anew. Raises Unreadable where another key of its own is away.
        """
        with self._alone():
            row = self._tenant_keys.row(tenant, self._clock.now())
            held = self._tenant_keys.held(tenant, row.version + 1, key, self._clock.now())
            if row.holder == HELD_BY_TENANT and row.mark == held.mark:
                self._tenant_keys.keep_here(row, key)
                self._revise()
                return 0
            self._keys.tenant_key(row)  # before anything is replaced: is the old one here?
            self._tenant_keys.keep_here(held, key)
            return self._replace(row, held)

    def take_away(self, tenant: str) -> None:
        """The company takes its key: nothing of it can be read or sealed until it brings it again. Raises VaultError."""
        with self._alone():
            row = self._store.tenant_key(tenant)
            if row is None or row.holder != HELD_BY_TENANT:
                raise VaultError("the company does not hold its own key: it has to bring one first")
            if not self._tenant_keys.remove(row):
                raise VaultError("the company's key is not here")
            self._revise()

    def keep(self, tenant: str) -> int:
        """The installation holds the company's key again: a new one. Returns how many persons' keys were wrapped anew.

        Raises VaultError where it does so already, Unreadable where the company's key is away.
        """
        with self._alone():
            row = self._store.tenant_key(tenant)
            if row is None or row.holder != HELD_BY_TENANT:
                raise VaultError("the installation holds the company's key already")
            self._keys.tenant_key(row)
            return self._replace(row, self._wrapped_anew(row))

    def end(self, tenant: str) -> int:
        """A company is gone: all its keys are destroyed, so that nothing of it can be read in any backup. Returns how many
        persons' keys those were. Raises VaultError."""
        with self._alone():
            living, _ = self._store.counts(tenant)
            for row in self._store.tenant_keys("tenant = ?", tenant):
                if row.holder == HELD_BY_TENANT:
                    self._tenant_keys.remove(row)
            with self._store.change():
                self._store.drop_tenant(tenant)
                self._store.revise()
            self._store.forget_log()
            self._keys.check()
            return living

    def rotate_master(self, to: Path | str | None = None) -> int:
        """A new master key: companies' keys are wrapped anew. Returns how many those were. Raises VaultError.

        Without `to` a new key takes the old one's place in its file. `to` is another file (made if it is not there) or the
        URI of a key management service: the installation has to be told of it (`SVARA_MASTER_KEY_...`) before it is used.
        """
        with self._alone():
            old, place = self._masters.current, self._masters.place
            if to is None and isinstance(place, str):
                raise VaultError("the master key is in a key management service: it is renewed there")
            aside = beside(place) if to is None and isinstance(place, Path) else to or place
            if isinstance(aside, Path) and (to is None or not aside.exists()):
                master.write_key(aside, master.new_key())
            new = master.open_master(aside)
            with self._store.change():
                count = 0
                for row in self._store.tenant_keys():
                    if row.wrapped is not None:
                        where = bound(row.tenant, row.version)
                        self._store.rewrap_tenant_key(row, new.id, new.wrap(old.unwrap(row.wrapped, where), where))
                        count += 1
                intake.rewrap(self._store, old, new)
                rolekey.rewrap(self._store, old, new)
                self._store.set_fact("master", new.id)
            if to is None and isinstance(aside, Path):
                aside.replace(str(place))
            else:
                self._masters.place = aside
            self._masters.forget()
            self._store.forget_log()
            return count

    def role_key(self) -> bytes:
        """The key of the role calls, made if there is none. Raises VaultError, Unreadable."""
        with self._alone():
            return rolekey.open_or_make(self._store, self._masters)

    def destroy_all(self, tenant: str) -> int:
        """Every key of a company that is no more, and its own; gives how many."""
        with self._alone():
            for row in self._store.tenant_keys("tenant = ?", tenant):
                if row.holder == HELD_BY_TENANT:
                    self._tenant_keys.remove(row)
            with self._store.change():
                gone = self._store.destroy_all(tenant, self._clock.now())
                self._store.revise()
            self._store.forget_log()
            self._keys.check()
        return gone

    def status(self) -> Status:
        """What there is."""
        fault = ""
        try:
            _ = self._masters.current
        except VaultError as error:
            fault = str(error)
        newest = {row.tenant: row for row in self._store.tenant_keys()}
        return Status(self._store.fact("master"), fault, tuple(self._status(row) for row in newest.values()))

    def finish(self) -> None:
        """Finish what was left half done. Raises VaultError where the master key is of no use."""
        with self._alone():
            _ = self._masters.current
            place = self._masters.place
            if isinstance(place, Path) and beside(place).exists():
                if master.open_master(beside(place)).id == self._store.fact("master"):
                    beside(place).replace(place)
                else:
                    beside(place).unlink()
            newest = {row.tenant: row for row in self._store.tenant_keys()}
            for row in self._store.tenant_keys():
                if row.version < newest[row.tenant].version:
                    try:
                        self._rewrap(row, newest[row.tenant])
                    except Unreadable:
                        continue  # a company's own key is away: when it is here again

    # Inside

    def _status(self, row: TenantKeyRow) -> TenantStatus:
        living, destroyed = self._store.counts(row.tenant)
        own = row.holder == HELD_BY_TENANT
        try:
            self._tenant_keys.open(row)
            here = True
        except Unreadable:
            here = False
        return TenantStatus(row.tenant, row.version, own, here, row.made_at, living, destroyed)

    def _wrapped_anew(self, old: TenantKeyRow) -> TenantKeyRow:
        return self._tenant_keys.wrapped(old.tenant, old.version + 1, master.new_key(), self._clock.now())

    def _replace(self, old: TenantKeyRow, new: TenantKeyRow) -> int:
        with self._store.change():
            self._store.add_tenant_key(new)
        return self._rewrap(old, new)

    def _rewrap(self, old: TenantKeyRow, new: TenantKeyRow) -> int:
        unwraps, wraps = self._keys.tenant_key(old), self._keys.tenant_key(new)
        count = 0
        while some := self._rewrap_some(old, new.version, unwraps, wraps):
            count += some
        with self._store.change():
            self._store.drop_tenant_key(old.tenant, old.version)
        if old.holder == HELD_BY_TENANT and old.mark != new.mark:
            self._tenant_keys.remove(old)
        self._store.forget_log()
        return count

    def _rewrap_some(self, old: TenantKeyRow, version: int, unwraps: AESGCM, wraps: AESGCM) -> int:
        with self._store.change():
            rows = self._store.wrapped_by(old.tenant, old.version, _AT_ONCE)
            for row in rows:
                if row.wrapped is not None:
                    key = unwrap(unwraps, row.wrapped, bound_key(row))
                    self._store.rewrap_key(row.id, version, wrap(wraps, key, bound_key(row)))
        return len(rows)

    def _revise(self) -> None:
        with self._store.change():
            self._store.revise()
        self._keys.check()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with locked(self._folder / ".lock"):
            yield
