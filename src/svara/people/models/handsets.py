"""The phones that Svara sets up: who made them, whether they have come yet, and when they last asked.

Of a phone's own secret and of the token by which it comes the first time, a SHA-256 is kept; of its SIP secret, which is
made out of the first, nothing but the HA1 that every phone has.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from svara.people.models.accounts import Phone
from svara.people.models.base import OF_TENANT, TenantOwned, about_person, id_field
from svara.privacy.catalogue import Basis, Purpose, Recipient, Retention, Source, declared

FETCH_DAYS = 365
_ADMINISTRATORS = frozenset({Recipient.ADMINISTRATORS})
_WITH_PHONE = Retention("account")
_LAST = Retention("account", days=FETCH_DAYS, since="the last time that the phone asked")
_DEVICE = about_person("user.device", Purpose.CALLS, recipients=_ADMINISTRATORS)
_CREDENTIALS = about_person("user.authorization.credentials", Purpose.CALLS, Source.SYSTEM, retention=_WITH_PHONE)
_ASKED = about_person(
    "user.behavior", Purpose.SECURITY, Source.USE, Basis.LEGITIMATE_INTEREST, _LAST, recipients=_ADMINISTRATORS
)
_TOLD = about_person(
    "user.device", Purpose.SECURITY, Source.USE, Basis.LEGITIMATE_INTEREST, _LAST, recipients=_ADMINISTRATORS
)


class Handset(TenantOwned):
    """A phone that fetches its settings. `mac`: twelve hex digits, "" for a softphone. `clear`: it may do so unencrypted.

    It comes once by the token (until `token_until`) or, until `open_until`, by its MAC address alone; from then on
    (`bound_at`) by its own secret and nothing else. `made_login`: its SIP account was made for it, and goes with it.
    """

    id: str = declared(id_field(), OF_TENANT)
    phone: Phone = declared(
        models.OneToOneField(Phone, on_delete=models.CASCADE, related_name="handset"),
        about_person("user.unique_id", Purpose.CALLS),
    )
    phone_id: str
    maker: str = declared(models.CharField(max_length=12), _DEVICE)
    mac: str = declared(
        models.CharField(max_length=12, blank=True),
        about_person("user.device.device_id", Purpose.CALLS, recipients=_ADMINISTRATORS),
    )
    clear: bool = declared(models.BooleanField(default=False), _DEVICE)
    made_login: bool = declared(models.BooleanField(default=False), OF_TENANT)
    token_hash: str | None = declared(models.CharField(max_length=64, null=True, unique=True), _CREDENTIALS)
    token_until: datetime | None = declared(models.DateTimeField(null=True, blank=True), OF_TENANT)
    open_until: datetime | None = declared(models.DateTimeField(null=True, blank=True), OF_TENANT)
    secret_hash: str | None = declared(models.CharField(max_length=64, null=True, unique=True), _CREDENTIALS)
    bound_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), OF_TENANT)
    fetched_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _ASKED)
    told_model: str = declared(models.CharField(max_length=40, blank=True), _TOLD)
    told_firmware: str = declared(models.CharField(max_length=40, blank=True), _TOLD)
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)
    entered_by: str = declared(
        models.CharField(max_length=32, blank=True),
        about_person("user.unique_id", Purpose.RIGHTS, Source.USE, recipients=_ADMINISTRATORS),
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "mac"], name="one_handset_of_a_mac", condition=~models.Q(mac="")),
        ]

    def __str__(self) -> str:
        return self.id
