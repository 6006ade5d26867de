"""The tables of people, their phones and their keys.

Secrets are never stored: of a password the Argon2 hash, of a phone's secret the digest hashes (HA1), of an invitation or
token a SHA-256.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Lower

from svara.people.models.base import OF_TENANT, TenantOwned, about_person, id_field
from svara.people.office import ALL_BUT_PREMIUM
from svara.people.presence import Choice, PresenceTo
from svara.people.throttle import Count
from svara.privacy.catalogue import Basis, Declaration, Purpose, Recipient, Retention, Source, Subject, declared
from svara.privacy.errors import Forbidden

if TYPE_CHECKING:
    from svara.privacy.staff.models import Grant

BY_FILE = "file"
"""Who entered something, where it was no person of the company: its office file."""
_OWN_CHOICE = about_person("user.settings", Purpose.CALLS, Source.PERSON)

_SOURCE = about_person("user.unique_id", Purpose.RIGHTS, Source.USE, recipients=frozenset({Recipient.ADMINISTRATORS}))


def every_class_but_premium() -> list[str]:
    """What a person may dial where nobody said otherwise."""
    return list(ALL_BUT_PREMIUM)


class Account(AbstractBaseUser, TenantOwned):
    """A person of a tenant. `choice` is what the person shows to others, `presence_to` to whom; `unanswered_*` where calls
    go that nobody takes.

    `entered_by`: the source of the record: the id of whoever entered it, BY_FILE, or "" where that is not known any more.

    `forwards`, `find_me`, `quiet` and `keys` hold the structs of the same names in `svara.people.office` as JSON;
    `voicemail_pin` is a hash (`svara.people.pin`); `call_waiting` is one of `svara.people.office.CallWaiting`.
    """

    id: str = declared(id_field(), about_person("user.unique_id", source=Source.SYSTEM))
    username: str = declared(models.CharField(max_length=64), about_person("user.account.username"))
    name: str = declared(models.CharField(max_length=200), about_person("user.name"))
    email: str = declared(
        models.EmailField(blank=True),
        about_person("user.contact.email", recipients=frozenset({Recipient.COLLEAGUES, Recipient.MAIL_SERVER})),
    )
    extension: str | None = declared(
        models.CharField(max_length=10, null=True, blank=True),  # NULL, so that many may have none
        about_person("user.contact.phone_number", Purpose.CALLS, recipients=frozenset({Recipient.COLLEAGUES})),
    )
    roles: list[str] = declared(
        models.JSONField(default=list), about_person("user.professional_information", Purpose.SIGN_IN)
    )
    language: str = declared(
        models.CharField(max_length=35, blank=True), about_person("user.settings", source=Source.PERSON)
    )
    choice: Choice = declared(
        models.CharField(
            max_length=9,
            choices=[("available", "available"), ("away", "away"), ("dnd", "dnd")],
            default="available",
        ),
        about_person("user.settings", source=Source.PERSON),
    )
    presence_to: PresenceTo | Literal[""] = declared(
        models.CharField(max_length=10, choices=[(each, each) for each in get_args(PresenceTo)], default="", blank=True),
        about_person("user.settings", source=Source.PERSON),
    )
    """Empty: as the company says (`Tenant.presence_to`)."""
    unanswered_after_seconds: float | None = declared(
        models.FloatField(null=True, blank=True), about_person("user.settings", Purpose.CALLS)
    )
    unanswered_to: str = declared(models.CharField(max_length=200, blank=True), about_person("user.settings", Purpose.CALLS))
    mobile: str = declared(
        models.CharField(max_length=20, blank=True),
        about_person(
            "user.contact.phone_number",
            Purpose.CALLS,
            recipients=frozenset({Recipient.ADMINISTRATORS, Recipient.CARRIER, Recipient.COLLEAGUES}),
        ),
    )
    classes: list[str] = declared(
        models.JSONField(default=every_class_but_premium), about_person("user.settings", Purpose.CALLS)
    )
    shows: str = declared(models.CharField(max_length=20, blank=True), about_person("user.settings", Purpose.CALLS))
    forwards: list[dict[str, Any]] = declared(models.JSONField(default=list), _OWN_CHOICE)
    find_me: list[dict[str, Any]] = declared(models.JSONField(default=list), _OWN_CHOICE)
    quiet: list[dict[str, Any]] = declared(models.JSONField(default=list), _OWN_CHOICE)
    intercom: bool = declared(models.BooleanField(default=False), _OWN_CHOICE)
    pickup: list[str] = declared(models.JSONField(default=list, blank=True), about_person("user.settings", Purpose.CALLS))
    call_waiting: str = declared(models.CharField(max_length=8, default="ring"), _OWN_CHOICE)
    keys: list[dict[str, Any]] = declared(models.JSONField(default=list), _OWN_CHOICE)
    record: bool = declared(models.BooleanField(default=False), about_person("user.settings", Purpose.CALLS))
    voicemail_pin: str = declared(
        models.CharField(max_length=200, blank=True),
        about_person("user.authorization.credentials", Purpose.CALLS, Source.PERSON),
    )
    password: str = declared(
        models.CharField(max_length=128), about_person("user.authorization.password", Purpose.SIGN_IN, Source.PERSON)
    )
    last_login: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), about_person("user.behavior", Purpose.SECURITY, Source.USE)
    )
    created_at: datetime = declared(
        models.DateTimeField(auto_now_add=True), about_person("user.account", Purpose.SIGN_IN, Source.SYSTEM)
    )
    entered_by: str = declared(models.CharField(max_length=32, blank=True), _SOURCE)

    USERNAME_FIELD = "id"
    """People sign in by e-mail or user name (`svara.people.signin`); neither is unique on the server, only the id is."""
    EMAIL_FIELD = "email"
    visit: Grant | None = None
    """The grant by which the provider's staff is here (`svara.people.visitor`): such an account is in no table."""

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

    def save(self, *args: Any, **more: Any) -> None:
        """Raises Forbidden for who is only visiting."""
        if self.visit is not None:
            raise Forbidden
        super().save(*args, **more)

    def has_role(self, *roles: str) -> bool:
        """Whether this person has one of `roles`."""
        return not set(roles).isdisjoint(self.roles)


class Phone(TenantOwned):
    """A SIP account of one person. `ha1` maps an algorithm token of RFC 8760 to HA1 in hex; the secret is not stored."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="phones"),
        about_person("user.unique_id", Purpose.CALLS),
    )
    account_id: str
    login: str = declared(models.CharField(max_length=64, unique=True), about_person("user.device.device_id", Purpose.CALLS))
    ha1: dict[str, str] = declared(models.JSONField(), about_person("user.authorization.credentials", Purpose.CALLS))
    label: str = declared(models.CharField(max_length=100, blank=True), about_person("user.device", Purpose.CALLS))
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)
    entered_by: str = declared(models.CharField(max_length=32, blank=True), _SOURCE)

    def __str__(self) -> str:
        return self.login


_INVITED = Retention("account", days=14, since="created_at")


class Invitation(TenantOwned):
    """A link by which a new person sets their own password, once. Only the token's hash is kept."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.OneToOneField(Account, on_delete=models.CASCADE, related_name="invitation"),
        about_person("user.unique_id", Purpose.SIGN_IN, Source.SYSTEM, retention=_INVITED),
    )
    account_id: str
    token_hash: str = declared(
        models.CharField(max_length=64, unique=True),
        about_person("user.authorization.credentials", Purpose.SIGN_IN, Source.SYSTEM, retention=_INVITED),
    )
    expires_at: datetime = declared(models.DateTimeField(), OF_TENANT)
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)

    def __str__(self) -> str:
        return self.id


class ApiToken(TenantOwned):
    """A key with which a program acts as a person. Only its hash is kept; deleting the row revokes it."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_tokens"),
        about_person("user.unique_id", Purpose.SIGN_IN, Source.SYSTEM),
    )
    account_id: str
    token_hash: str = declared(
        models.CharField(max_length=64, unique=True),
        about_person("user.authorization.credentials", Purpose.SIGN_IN, Source.SYSTEM),
    )
    label: str = declared(
        models.CharField(max_length=100, blank=True), about_person("user.settings", Purpose.SIGN_IN, Source.PERSON)
    )
    last_used_at: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), about_person("user.behavior", Purpose.SECURITY, Source.USE)
    )
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)

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

    @property
    def count(self) -> Count:
        """As the rule reads it."""
        return Count(self.failures, self.changed_at, self.known)
