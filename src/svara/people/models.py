"""The tables of tenants, people, their phones and their keys.

Secrets are never stored: of a password the Argon2 hash, of a phone's secret the digest hashes (HA1), of an invitation or
token a SHA-256. What belongs to a tenant is read through `Model.of(actor)`; the manager that sees every tenant is called
`all_tenants`, so that nobody uses it by accident.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Lower

from svara.people.presence import Choice
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


def new_id() -> str:
    """An id that is unique for ever: 32 lower-case hex digits."""
    return uuid.uuid4().hex


def _id() -> models.CharField[str, str]:
    return models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)


_SETTING = not_personal(WITH_TENANT, Source.EMPLOYER)
_OF_TENANT = not_personal(WITH_TENANT)


def _person(
    category: str,
    purpose: Purpose = Purpose.DIRECTORY,
    source: Source = Source.EMPLOYER,
    basis: Basis = Basis.CONTRACT,
    retention: Retention = WITH_ACCOUNT,
) -> Declaration:
    return Declaration(category, purpose, basis, retention, Subject.EMPLOYEE, source)


class Tenant(models.Model):
    """One company. Nothing in it can be reached from another."""

    id: str = declared(models.CharField(primary_key=True, max_length=32, default=new_id, editable=False), _OF_TENANT)
    slug: str = declared(models.SlugField(max_length=40, unique=True), _SETTING)
    name: str = declared(models.CharField(max_length=200), _SETTING)
    country: str = declared(models.CharField(max_length=2), _SETTING)
    timezone: str = declared(models.CharField(max_length=64), _SETTING)
    languages: list[str] = declared(models.JSONField(default=list), _SETTING)
    media: str = declared(
        models.CharField(max_length=8, choices=[("relay", "relay"), ("direct", "direct")], default="relay"), _SETTING
    )
    demo: bool = declared(models.BooleanField(default=False), _SETTING)
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), _OF_TENANT)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return self.slug


class TenantOwned(models.Model):
    """Something that belongs to one tenant. There is no `objects`: read it with `of(actor)`."""

    tenant: Tenant = declared(models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+"), _OF_TENANT)
    tenant_id: str

    all_tenants: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True

    @classmethod
    def of(cls, owner: Account | Tenant) -> models.QuerySet[Self]:
        """What the tenant of `owner` has of this, and nothing else."""
        tenant_id = owner.id if isinstance(owner, Tenant) else owner.tenant_id
        return cls.all_tenants.filter(tenant_id=tenant_id)


class Account(AbstractBaseUser, TenantOwned):
    """A person of a tenant. `choice` is what the person shows to others; `unanswered_*` where calls go that nobody takes."""

    id: str = declared(_id(), _person("user.unique_id", source=Source.SYSTEM))
    username: str = declared(models.CharField(max_length=64), _person("user.account.username"))
    name: str = declared(models.CharField(max_length=200), _person("user.name"))
    email: str = declared(models.EmailField(blank=True), _person("user.contact.email"))
    extension: str | None = declared(
        models.CharField(max_length=10, null=True, blank=True),  # NULL, so that many may have none
        _person("user.contact.phone_number", Purpose.CALLS),
    )
    roles: list[str] = declared(models.JSONField(default=list), _person("user.professional_information", Purpose.SIGN_IN))
    language: str = declared(models.CharField(max_length=35, blank=True), _person("user.settings", source=Source.PERSON))
    choice: Choice = declared(
        models.CharField(
            max_length=9,
            choices=[("available", "available"), ("away", "away"), ("dnd", "dnd")],
            default="available",
        ),
        _person("user.settings", source=Source.PERSON),
    )
    unanswered_after_seconds: float | None = declared(
        models.FloatField(null=True, blank=True), _person("user.settings", Purpose.CALLS)
    )
    unanswered_to: str = declared(models.CharField(max_length=200, blank=True), _person("user.settings", Purpose.CALLS))
    password: str = declared(
        models.CharField(max_length=128), _person("user.authorization.password", Purpose.SIGN_IN, Source.PERSON)
    )
    last_login: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _person("user.behavior", Purpose.SECURITY, Source.USE)
    )
    created_at: datetime = declared(
        models.DateTimeField(auto_now_add=True), _person("user.account", Purpose.SIGN_IN, Source.SYSTEM)
    )

    USERNAME_FIELD = "id"
    """People sign in by e-mail or user name (`svara.people.signin`); neither is unique on the server, only the id is."""
    EMAIL_FIELD = "email"

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "username"], name="one_username_in_a_tenant"),
            models.UniqueConstraint(fields=["tenant", "extension"], name="one_extension_in_a_tenant"),
            models.UniqueConstraint("tenant", Lower("email"), name="one_email_in_a_tenant", condition=~models.Q(email="")),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["username"], name="account_by_username"),
            models.Index(Lower("email"), name="account_by_email"),
        ]

    def __str__(self) -> str:
        return self.username

    def has_role(self, *roles: str) -> bool:
        """Whether this person has one of `roles`."""
        return not set(roles).isdisjoint(self.roles)


class Phone(TenantOwned):
    """A SIP account of one person. `ha1` maps an algorithm token of RFC 8760 to HA1 in hex; the secret is not stored."""

    id: str = declared(models.CharField(primary_key=True, max_length=32, default=new_id, editable=False), _OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="phones"),
        _person("user.unique_id", Purpose.CALLS),
    )
    account_id: str
    login: str = declared(models.CharField(max_length=64, unique=True), _person("user.device.device_id", Purpose.CALLS))
    ha1: dict[str, str] = declared(models.JSONField(), _person("user.authorization.credentials", Purpose.CALLS))
    label: str = declared(models.CharField(max_length=100, blank=True), _person("user.device", Purpose.CALLS))
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), _OF_TENANT)

    def __str__(self) -> str:
        return self.login


_INVITED = Retention("account", days=14, since="created_at")


class Invitation(TenantOwned):
    """A link by which a new person sets their own password, once. Only the token's hash is kept."""

    id: str = declared(models.CharField(primary_key=True, max_length=32, default=new_id, editable=False), _OF_TENANT)
    account: Account = declared(
        models.OneToOneField(Account, on_delete=models.CASCADE, related_name="invitation"),
        _person("user.unique_id", Purpose.SIGN_IN, Source.SYSTEM, retention=_INVITED),
    )
    account_id: str
    token_hash: str = declared(
        models.CharField(max_length=64, unique=True),
        _person("user.authorization.credentials", Purpose.SIGN_IN, Source.SYSTEM, retention=_INVITED),
    )
    expires_at: datetime = declared(models.DateTimeField(), _OF_TENANT)
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), _OF_TENANT)

    def __str__(self) -> str:
        return self.id


class ApiToken(TenantOwned):
    """A key with which a program acts as a person. Only its hash is kept; deleting the row revokes it."""

    id: str = declared(models.CharField(primary_key=True, max_length=32, default=new_id, editable=False), _OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_tokens"),
        _person("user.unique_id", Purpose.SIGN_IN, Source.SYSTEM),
    )
    account_id: str
    token_hash: str = declared(
        models.CharField(max_length=64, unique=True),
        _person("user.authorization.credentials", Purpose.SIGN_IN, Source.SYSTEM),
    )
    label: str = declared(
        models.CharField(max_length=100, blank=True), _person("user.settings", Purpose.SIGN_IN, Source.PERSON)
    )
    last_used_at: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _person("user.behavior", Purpose.SECURITY, Source.USE)
    )
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), _OF_TENANT)

    def __str__(self) -> str:
        return self.id


_THROTTLE = Declaration(
    "system.authentication",
    Purpose.SECURITY,
    Basis.LEGITIMATE_INTEREST,
    Retention("installation", days=30, since="changed_at"),
    Subject.EMPLOYEE,
    Source.USE,
)


class SignInCount(models.Model):
    """How often signing in failed of late, for one name, source or pair of both (`svara.people.throttle`).

    `key` is a keyed hash: neither names nor addresses can be read from it.
    """

    key: str = declared(models.CharField(primary_key=True, max_length=64), _THROTTLE)
    failures: float = declared(models.FloatField(default=0.0), _THROTTLE)
    known: bool = declared(models.BooleanField(default=False), _THROTTLE)
    changed_at: float = declared(models.FloatField(db_index=True), _THROTTLE)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return self.key
