"""The tables of phonebooks: what a company opens to phones and programs, and the passwords with which they read it.

What stands in a phonebook is kept nowhere else than where it is kept anyway: it is read anew for each answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from django.db import models

from svara.people.models import Account, TenantOwned
from svara.privacy.catalogue import (
    WITH_ACCOUNT,
    WITH_TENANT,
    Basis,
    Declaration,
    Purpose,
    Retention,
    Source,
    Subject,
    declared,
    not_personal,
)
from svara.privacy.tenancy import OF_TENANT, id_field

Way = Literal["xml", "carddav", "ldap"]
WAYS: tuple[Way, ...] = ("xml", "carddav", "ldap")
"""How a phonebook is read: XML files for desk phones, CardDAV, LDAP."""
UNUSED_DAYS = 400
"""A password that was not used for so long is forgotten."""

_SETTING = not_personal(WITH_TENANT, Source.EMPLOYER)


def _about(category: str, purpose: Purpose, source: Source, retention: Retention = WITH_ACCOUNT) -> Declaration:
    """Nobody but the person sees it."""
    basis = Basis.LEGITIMATE_INTEREST if purpose is Purpose.SECURITY else Basis.CONTRACT
    return Declaration(category, purpose, basis, retention, Subject.EMPLOYEE, source, frozenset())


_KEPT = Retention("account", days=UNUSED_DAYS, since="the last use")


class Opening(TenantOwned):
    """What a company opens; without a row, nothing. `ldap_in_clear`: LDAP also where nothing encrypts it on the way."""

    id: str = declared(id_field(), OF_TENANT)
    xml: bool = declared(models.BooleanField(default=False), _SETTING)
    carddav: bool = declared(models.BooleanField(default=False), _SETTING)
    ldap: bool = declared(models.BooleanField(default=False), _SETTING)
    ldap_in_clear: bool = declared(models.BooleanField(default=False), _SETTING)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant"], name="one_opening_of_phonebooks")
        ]

    def __str__(self) -> str:
        return self.id

    def opens(self, way: Way) -> bool:
        """Whether phonebooks are read in this way."""
        return {"xml": self.xml, "carddav": self.carddav, "ldap": self.ldap}[way]


class Password(TenantOwned):
    """With it one phone or program reads the phonebook as its person, and does nothing else. Only its hash is kept.

    `network` and `last_way`: from where and how it was used last, written anew at most once an hour.
    """

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+"),
        _about("user.unique_id", Purpose.SIGN_IN, Source.SYSTEM, _KEPT),
    )
    account_id: str
    secret_hash: str = declared(
        models.CharField(max_length=64, unique=True),
        _about("user.authorization.credentials", Purpose.SIGN_IN, Source.SYSTEM, _KEPT),
    )
    label: str = declared(models.CharField(max_length=100), _about("user.device", Purpose.SIGN_IN, Source.PERSON, _KEPT))
    network: str = declared(
        models.CharField(max_length=50, blank=True),
        _about("user.device.ip_address", Purpose.SECURITY, Source.USE, _KEPT),
    )
    last_way: str = declared(
        models.CharField(max_length=8, blank=True), _about("user.behavior", Purpose.SECURITY, Source.USE, _KEPT)
    )
    last_used_at: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _about("user.behavior", Purpose.SECURITY, Source.USE, _KEPT)
    )
    created_at: datetime = declared(models.DateTimeField(), _about("user.behavior", Purpose.SECURITY, Source.SYSTEM, _KEPT))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "created_at"], name="phonebook_password_by_owner")
        ]

    def __str__(self) -> str:
        return self.id
