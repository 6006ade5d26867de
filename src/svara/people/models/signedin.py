"""Where people are signed in, and on which devices they were before: so that each sees it, can end it, and is told of a
device that was never seen."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from svara.people.models.accounts import Account
from svara.people.models.base import OF_TENANT, TenantOwned, id_field
from svara.privacy.catalogue import Basis, Declaration, Purpose, Retention, Source, Subject, declared

DEVICE_DAYS = 365
SESSION_DAYS = 14
VERSION_LENGTH, SCREEN_LENGTH = 24, 11


def _about(category: str, days: int) -> Declaration:
    """Nobody but the person sees it."""
    kept = Retention("account", days=days, since="the last sign-in")
    return Declaration(
        category, Purpose.SECURITY, Basis.LEGITIMATE_INTEREST, kept, Subject.EMPLOYEE, Source.USE, frozenset()
    )


class Device(TenantOwned):
    """A browser in which a person has signed in. `mark` is a hash of its cookie and the person: two people who share a
    browser cannot be found to do so.

    `new`: the person has not said yet that they know it. `mail_at`: when they were told by mail; `mail_due`: they are to be.
    `trust`: a hash of another cookie, with which no second step is asked for here until `trusted_until`; "" without.
    """

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+"), _about("user.unique_id", DEVICE_DAYS)
    )
    account_id: str
    mark: str = declared(models.CharField(max_length=64, unique=True), _about("user.device.device_id", DEVICE_DAYS))
    browser: str = declared(models.CharField(max_length=20, blank=True), _about("user.device", DEVICE_DAYS))
    system: str = declared(models.CharField(max_length=20, blank=True), _about("user.device", DEVICE_DAYS))
    network: str = declared(models.CharField(max_length=50, blank=True), _about("user.device.ip_address", DEVICE_DAYS))
    new: bool = declared(models.BooleanField(default=False), _about("user.behavior", DEVICE_DAYS))
    mail_due: bool = declared(models.BooleanField(default=False), _about("user.behavior", DEVICE_DAYS))
    trust: str = declared(models.CharField(max_length=64, blank=True), _about("user.device.device_id", DEVICE_DAYS))
    trusted_until: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _about("user.behavior", DEVICE_DAYS)
    )
    first_at: datetime = declared(models.DateTimeField(), _about("user.behavior", DEVICE_DAYS))
    last_at: datetime = declared(models.DateTimeField(), _about("user.behavior", DEVICE_DAYS))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "-last_at"], name="device_by_person"),
            models.Index(fields=["first_at"], name="device_to_tell_of", condition=models.Q(mail_due=True)),
        ]

    def __str__(self) -> str:
        return self.id


class SignedIn(TenantOwned):
    """A session in a browser, which holds this id. Without the row it is no session any more.

    `version` of the app and size of the `screen` ("1440×900") are what its pages said last; "" before they did.
    """

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+"), _about("user.unique_id", SESSION_DAYS)
    )
    account_id: str
    device: Device = declared(
        models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+"), _about("user.device", SESSION_DAYS)
    )
    device_id: str
    network: str = declared(models.CharField(max_length=50, blank=True), _about("user.device.ip_address", SESSION_DAYS))
    version: str = declared(models.CharField(max_length=VERSION_LENGTH, blank=True), _about("user.device", SESSION_DAYS))
    screen: str = declared(models.CharField(max_length=SCREEN_LENGTH, blank=True), _about("user.device", SESSION_DAYS))
    at: datetime = declared(models.DateTimeField(db_index=True), _about("user.behavior", SESSION_DAYS))
    last_at: datetime = declared(models.DateTimeField(), _about("user.behavior", SESSION_DAYS))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "-last_at"], name="session_by_person"),
        ]

    def __str__(self) -> str:
        return self.id
