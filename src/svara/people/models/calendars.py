"""The table of calendars: to which address a person subscribed, and when they are busy by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import models

from svara.people.models.accounts import Account
from svara.people.models.base import OF_TENANT, TenantOwned, about_person, id_field
from svara.privacy.catalogue import Basis, Purpose, Source, declared

_GIVEN = about_person("user.settings", Purpose.DIRECTORY, Source.PERSON, Basis.CONSENT)
_SEALED = replace(about_person("user.behavior", Purpose.DIRECTORY, Source.PERSON, Basis.CONSENT), vaulted=True)


class PersonCalendar(TenantOwned):
    """A person's calendar. `url_sealed` and `busy_sealed` (JSON: a list of from and to, seconds since the epoch) are under
    the person's key. `trouble` is why it could not be read last time (see `svara.people.calendars.fetch`).
    """

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.OneToOneField(Account, on_delete=models.CASCADE, related_name="calendar"),
        about_person("user.unique_id", Purpose.DIRECTORY, Source.PERSON, Basis.CONSENT),
    )
    account_id: str
    url_sealed: bytes = declared(models.BinaryField(), replace(_GIVEN, vaulted=True))
    busy_sealed: bytes = declared(models.BinaryField(default=b""), _SEALED)
    etag: str = declared(models.CharField(max_length=200, blank=True), OF_TENANT)
    trouble: str = declared(models.CharField(max_length=20, blank=True), _GIVEN)
    read_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), OF_TENANT)
    next_at: datetime = declared(models.DateTimeField(db_index=True), OF_TENANT)

    def __str__(self) -> str:
        return self.id
