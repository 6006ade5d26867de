"""The key store: every company's and person's key, wrapped, in an SQLite file of its own.

Content is worth nothing without it, so it is never in a backup of content, and a key that is destroyed here is destroyed for
every backup. Each change is one transaction that is on the disk before it counts; several processes may use the file at
once. What is deleted is overwritten (`secure_delete`) and taken out of the log of transactions.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from svara.privacy.vault.errors import VaultError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tenant_keys (
    tenant TEXT NOT NULL,
    version INTEGER NOT NULL,
    holder TEXT NOT NULL,       -- the id of the master key that wraps it, or 'tenant': who holds it brings it
    wrapped BLOB,               -- NULL where the tenant holds it
    mark TEXT NOT NULL,         -- its fingerprint
    made_at REAL NOT NULL,
    PRIMARY KEY (tenant, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    subject TEXT NOT NULL,      -- '' once destroyed
    version INTEGER NOT NULL,   -- of the tenant's key that wraps it
    wrapped BLOB,               -- NULL once destroyed
    made_at REAL NOT NULL,
    destroyed_at REAL,
    receipt TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS one_key_a_subject ON keys (tenant, subject) WHERE destroyed_at IS NULL;
CREATE INDEX IF NOT EXISTS keys_by_version ON keys (tenant, version) WHERE destroyed_at IS NULL;
"""
_FORM = "1"
_WAIT_SECONDS = 30.0
_MOST_AT_ONCE = 500
HELD_BY_TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class TenantKeyRow:
    """A tenant's key as it is stored: never in clear."""

    tenant: str
    version: int
    holder: str
    wrapped: bytes | None
    mark: str
    made_at: float


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A person's key as it is stored. `wrapped` is None once it is destroyed."""

    id: int
    tenant: str
    subject: str
    version: int
    wrapped: bytes | None
    made_at: float
    destroyed_at: float | None = None
    receipt: str = ""


class KeyStore:
    """The file. Methods that change things belong into `with store.change():`."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(place, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                self._db.execute(f"PRAGMA {pragma}")
            if self._tables() == 0:
                with self.change():
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute("INSERT OR IGNORE INTO facts VALUES ('form', ?), ('revision', '0')", (_FORM,))
        except sqlite3.Error as error:
            raise VaultError(f"the key store {place} cannot be used: {error}") from None
        if self.fact("form") != _FORM:
            raise VaultError(f"the key store {place} is of a newer version of Svara")

    def _tables(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'keys_by_version'").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction: all of it is on the disk at the end, or nothing. Raises VaultError where the disk refuses."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise VaultError(f"the key store {self._place} cannot be changed: {error}") from None

    def forget_log(self) -> bool:
        """Take what was overwritten out of the log of transactions too; False where another process reads it right now."""
        with self._lock:
            busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def _all(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise VaultError(f"the key store {self._place} cannot be read: {error}") from None

    # Facts

    def fact(self, name: str) -> str:
        """ "" where it is not known."""
        rows = self._all("SELECT value FROM facts WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def set_fact(self, name: str, value: str) -> None:
        self._db.execute("INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?2", (name, value))

    def revision(self) -> int:
        """Grows with everything that makes keys in memory worthless."""
        return int(self.fact("revision"))

    def revise(self) -> None:
        self._db.execute("UPDATE facts SET value = CAST(value AS INTEGER) + 1 WHERE name = 'revision'")

    # Tenants' keys

    def tenant_key(self, tenant: str, version: int | None = None) -> TenantKeyRow | None:
        """That version, or the newest."""
        where, values = ("", [tenant]) if version is None else (" AND version = ?", [tenant, str(version)])
        rows = self.tenant_keys(f"tenant = ?{where} ORDER BY version DESC LIMIT 1", *values)
        return rows[0] if rows else None

    def tenant_keys(self, where: str = "1 ORDER BY tenant, version", *values: str) -> list[TenantKeyRow]:
        query = f"SELECT tenant, version, holder, wrapped, mark, made_at FROM tenant_keys WHERE {where}"  # noqa: S608  our own words
        return [TenantKeyRow(*row) for row in self._all(query, *values)]  # type: ignore[arg-type]

    def add_tenant_key(self, row: TenantKeyRow) -> None:
        self._db.execute(
            "INSERT INTO tenant_keys VALUES (?, ?, ?, ?, ?, ?)",
            (row.tenant, row.version, row.holder, row.wrapped, row.mark, row.made_at),
        )

    def rewrap_tenant_key(self, row: TenantKeyRow, holder: str, wrapped: bytes) -> None:
        self._db.execute(
            "UPDATE tenant_keys SET holder = ?, wrapped = ? WHERE tenant = ? AND version = ?",
            (holder, wrapped, row.tenant, row.version),
        )

    def drop_tenant_key(self, tenant: str, version: int) -> None:
        """Only what wraps nothing any more goes. Raises VaultError otherwise."""
        if self._all("SELECT 1 FROM keys WHERE tenant = ? AND version = ? AND wrapped IS NOT NULL LIMIT 1", tenant, version):
            raise VaultError("a key that still wraps others cannot go")
        self._db.execute("DELETE FROM tenant_keys WHERE tenant = ? AND version = ?", (tenant, version))

    def drop_tenant(self, tenant: str) -> None:
        """Every key of a company goes, and the receipts with them."""
        self._db.execute("DELETE FROM keys WHERE tenant = ?", (tenant,))
        self._db.execute("DELETE FROM tenant_keys WHERE tenant = ?", (tenant,))

    # Persons' keys

    def by_ids(self, tenant: str, ids: Iterable[int]) -> dict[int, KeyRow]:
        """Those of the tenant that there are, destroyed ones too."""
        return self._rows("id", tenant, list(ids))

    def tenant_of(self, key_id: int) -> str | None:
        """Whose key this is or was."""
        rows = self._all("SELECT tenant FROM keys WHERE id = ?", key_id)
        return str(rows[0][0]) if rows else None

    def by_subjects(self, tenant: str, subjects: Iterable[str]) -> dict[str, KeyRow]:
        """The living keys of these subjects."""
        found = self._rows("subject", tenant, list(subjects), " AND destroyed_at IS NULL")
        return {row.subject: row for row in found.values()}

    def _rows(self, column: str, tenant: str, values: Sequence[object], more: str = "") -> dict[int, KeyRow]:
        found = {}
        for start in range(0, len(values), _MOST_AT_ONCE):
            some = values[start : start + _MOST_AT_ONCE]
            marks = ",".join("?" * len(some))
            query = (
                "SELECT id, tenant, subject, version, wrapped, made_at, destroyed_at, receipt FROM keys"  # noqa: S608  our own words
                f" WHERE tenant = ? AND {column} IN ({marks}){more}"
            )
            for row in self._all(query, tenant, *some):
                key = KeyRow(*row)  # type: ignore[arg-type]
                found[key.id] = key
        return found

    def wrapped_by(self, tenant: str, version: int, most: int) -> list[KeyRow]:
        """Some keys that this version of the tenant's key wraps."""
        query = (
            "SELECT id, tenant, subject, version, wrapped, made_at FROM keys"
            " WHERE tenant = ? AND version = ? AND destroyed_at IS NULL LIMIT ?"
        )
        return [KeyRow(*row) for row in self._all(query, tenant, version, most)]  # type: ignore[arg-type]

    def add_key(self, row: KeyRow) -> None:
        self._db.execute(
            "INSERT INTO keys (id, tenant, subject, version, wrapped, made_at) VALUES (?, ?, ?, ?, ?, ?)",
            (row.id, row.tenant, row.subject, row.version, row.wrapped, row.made_at),
        )

    def rewrap_key(self, key_id: int, version: int, wrapped: bytes) -> None:
        self._db.execute("UPDATE keys SET version = ?, wrapped = ? WHERE id = ?", (version, wrapped, key_id))

    def destroy_key(self, key_id: int, at: float, receipt: str) -> None:
        """What stays is that there was a key, until when, and the receipt."""
        self._db.execute(
            "UPDATE keys SET subject = '', wrapped = NULL, destroyed_at = ?, receipt = ? WHERE id = ?", (at, receipt, key_id)
        )

    def destroy_all(self, tenant: str, at: float) -> int:
        """Every key of a tenant, and its own; gives how many."""
        cursor = self._db.execute(
            "UPDATE keys SET subject = '', wrapped = NULL, destroyed_at = ? WHERE tenant = ? AND destroyed_at IS NULL",
            (at, tenant),
        )
        own = self._db.execute("DELETE FROM tenant_keys WHERE tenant = ?", (tenant,))
        return cursor.rowcount + own.rowcount

    def counts(self, tenant: str) -> tuple[int, int]:
        """How many keys live, and how many were destroyed."""
        query = "SELECT count(*) - count(destroyed_at), count(destroyed_at) FROM keys WHERE tenant = ?"
        living, destroyed = self._all(query, tenant)[0]
        return int(str(living)), int(str(destroyed))
