"""The office as call control sees it: an immutable snapshot of tenants, people and phones.

No database is asked on a call's way. Whoever changes the office (`svara.people`) writes a new snapshot file whole, by an
atomic rename; the calls process reads it at its start and whenever it changes, and every decision is a pure function over
it. A snapshot holds what routing needs and nothing else: no e-mail addresses, no passwords; of a phone's secret only the
digest hashes (HA1, RFC 7616 section 3.4.2).
"""

from __future__ import annotations

import os
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

REALM = "svara"
"""The digest realm of every phone (RFC 7616 section 3.3). HA1 depends on it, so it never changes."""

SNAPSHOT_FILE = "office.msgpack"
"""The snapshot's name in the data folder."""

TOPIC_OFFICE = "office.changed"
"""Bus topic: a new snapshot is in place; no payload."""


class Phone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SIP account of one person. `login` is unique on the server."""

    login: str
    ha1: dict[str, str]
    """Algorithm token of RFC 8760 ("MD5", "SHA-256", "SHA-512-256") to HA1 in lower-case hex."""
    label: str = ""


class Unanswered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens when nobody picks up: after `after_seconds` the call goes to `to` ("person:bob" or "hangup")."""

    after_seconds: float
    to: str


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who can be called."""

    id: str
    username: str
    name: str
    extension: str | None = None
    phones: tuple[Phone, ...] = ()
    choice: Literal["available", "away", "dnd"] = "available"
    """What the person chose to show; "dnd" (do not disturb) also keeps the phones silent."""
    unanswered: Unanswered | None = None


class Tenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One company. Nothing in it can be reached from another."""

    id: str
    slug: str
    name: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    media: Literal["relay", "direct"] = "relay"
    people: tuple[Person, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Person]:
        return {person.id: person for person in self.people}

    @cached_property
    def by_username(self) -> dict[str, Person]:
        return {person.username: person for person in self.people}

    @cached_property
    def by_extension(self) -> dict[str, Person]:
        return {person.extension: person for person in self.people if person.extension is not None}

    @cached_property
    def by_login(self) -> dict[str, Person]:
        return {phone.login: person for person in self.people for phone in person.phones}


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Everything that routing may know, at one moment."""

    version: int
    """Grows with every change; a reader keeps the newest it saw."""
    tenants: tuple[Tenant, ...] = ()

    @cached_property
    def by_tenant_id(self) -> dict[str, Tenant]:
        return {tenant.id: tenant for tenant in self.tenants}

    @cached_property
    def by_login(self) -> dict[str, tuple[Tenant, Person, Phone]]:
        """Every phone of the server by its SIP user name."""
        return {
            phone.login: (tenant, person, phone)
            for tenant in self.tenants
            for person in tenant.people
            for phone in person.phones
        }


def write_office(office: Office, folder: Path) -> None:
    """Put the snapshot in place, whole or not at all; readable by the owner only."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".office-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.msgpack.encode(office))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(folder / SNAPSHOT_FILE)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_office(folder: Path) -> Office:
    """The snapshot in `folder`; an empty office (version 0) where none was written yet."""
    try:
        data = (folder / SNAPSHOT_FILE).read_bytes()
    except FileNotFoundError:
        return Office(version=0)
    return msgspec.msgpack.decode(data, type=Office)
