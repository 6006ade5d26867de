"""With what people prove who they are beside the password, or instead of it: an app that shows codes, passkeys, and codes
for when neither is at hand.

Of an app there is the secret, sealed under the person's own key; of a passkey the public half; of a code for emergencies a
keyed hash. What is in clear here opens no account.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from django.db import models

from svara.people.models.accounts import Account
from svara.people.models.base import OF_TENANT, TenantOwned, about_person, id_field
from svara.privacy.catalogue import Declaration, Purpose, Recipient, Retention, Source, declared

LABEL_LENGTH = 60
NEWS_DAYS = 1
"""So long it is tried to tell somebody by mail what happened to their account."""


def _about(category: str, source: Source = Source.PERSON) -> Declaration:
    """Nobody but the person sees it, where nothing else is said."""
    return about_person(category, Purpose.SIGN_IN, source, recipients=frozenset())


_CREDENTIALS = _about("user.authorization.credentials")
_USED = _about("user.behavior", Source.USE)
_THERE = replace(_USED, recipients=frozenset({Recipient.ADMINISTRATORS}))
"""Administrators see whether there is one."""


class CodeApp(TenantOwned):
    """A person's app that shows codes (RFC 6238). It counts once `confirmed_at` is set. `last_step`: the step of 30 seconds
    whose code was used last; none before it, and not itself, counts any more."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+"), _about("user.unique_id")
    )
    account_id: str
    sealed: bytes = declared(models.BinaryField(), replace(_CREDENTIALS, vaulted=True))
    last_step: int = declared(models.BigIntegerField(default=0), _USED)
    confirmed_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _THERE)
    created_at: datetime = declared(models.DateTimeField(), _USED)

    def __str__(self) -> str:
        return self.id


class Passkey(TenantOwned):
    """The public half of a key that a device, or a person's own key store, holds (WebAuthn). `mark` is a hash of the
    credential's id, by which it is found; `credential` id and public key; `party` the host that it is for; `sign_count` what
    its counter said last; `synced`: it is kept on more than one device."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+"), _about("user.unique_id")
    )
    account_id: str
    mark: str = declared(models.CharField(max_length=64, unique=True), _CREDENTIALS)
    credential: bytes = declared(models.BinaryField(), _CREDENTIALS)
    party: str = declared(models.CharField(max_length=253), OF_TENANT)
    label: str = declared(models.CharField(max_length=LABEL_LENGTH), _about("user.settings"))
    sign_count: int = declared(models.BigIntegerField(default=0), _USED)
    synced: bool = declared(models.BooleanField(default=False), _about("user.device", Source.USE))
    created_at: datetime = declared(models.DateTimeField(), _THERE)
    last_used_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _USED)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["account", "created_at"], name="passkey_by_person")]

    def __str__(self) -> str:
        return self.id


class RecoveryCode(TenantOwned):
    """A code that opens the account once. `mark` is a keyed hash of it and the person; a used one is deleted."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+"), _about("user.unique_id")
    )
    account_id: str
    mark: str = declared(
        models.CharField(max_length=64, unique=True), _about("user.authorization.credentials", Source.SYSTEM)
    )

    def __str__(self) -> str:
        return self.id


_NEWS = about_person(
    "user.behavior",
    Purpose.SECURITY,
    Source.USE,
    retention=Retention("account", days=NEWS_DAYS, since="at"),
    recipients=frozenset({Recipient.MAIL_SERVER}),
)


class FactorNews(TenantOwned):
    """Something about how a person signs in has changed, of which they are to be told by mail: `what` is a key of
    `svara.people.alerts.FACTOR_NEWS`. It goes when that is done."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+"), _NEWS)
    account_id: str
    what: str = declared(models.CharField(max_length=20), _NEWS)
    at: datetime = declared(models.DateTimeField(db_index=True), _NEWS)

    def __str__(self) -> str:
        return self.id
