"""The tables of this room: who is staff of the provider, what each company wants, and every grant there ever was.

A grant keeps the name that its member of staff had: who looked stays to be read when they work here no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Lower

from svara.privacy.catalogue import (
    WITH_TENANT,
    Basis,
    Declaration,
    Purpose,
    Recipient,
    Retention,
    Source,
    Subject,
    declared,
    not_personal,
)
from svara.privacy.sealedtext import SealedText, own_key
from svara.privacy.subject import Subject as DataSubject
from svara.privacy.subject import person
from svara.privacy.tenancy import TenantOwned, id_field

GRANT_DAYS = 730
"""As long as the log of views reaches back."""

_WITH_STAFF = Retention("staff")
_KEPT = Retention("tenant", days=GRANT_DAYS, since="asked_at")
_FACT = not_personal(_KEPT)
_OF_STAFF = not_personal(_WITH_STAFF)
_SEEN_BY = frozenset({Recipient.ADMINISTRATORS, Recipient.COLLEAGUES})


def _about_staff(category: str, purpose: Purpose = Purpose.SIGN_IN, source: Source = Source.EMPLOYER) -> Declaration:
    return Declaration(category, purpose, Basis.CONTRACT, _WITH_STAFF, Subject.PROVIDER_STAFF, source)


def _granted(category: str, subject: Subject, source: Source = Source.USE, *, vaulted: bool = False) -> Declaration:
    basis = Basis.LEGAL_OBLIGATION
    return Declaration(category, Purpose.SECURITY, basis, _KEPT, subject, source, _SEEN_BY, vaulted=vaulted)


class Staff(AbstractBaseUser):
    """Somebody who works for the provider. Belongs to no company, and is in none without a grant."""

    id: str = declared(id_field(), _about_staff("user.unique_id", source=Source.SYSTEM))
    name: str = declared(models.CharField(max_length=200), _about_staff("user.name"))
    email: str = declared(models.EmailField(), _about_staff("user.contact.email"))
    role: str = declared(models.CharField(max_length=10), _about_staff("user.professional_information"))
    password: str = declared(
        models.CharField(max_length=128), _about_staff("user.authorization.password", source=Source.PERSON)
    )
    last_login: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _about_staff("user.behavior", Purpose.SECURITY, Source.USE)
    )
    invited_hash: str | None = declared(
        models.CharField(max_length=64, null=True, blank=True, unique=True),
        _about_staff("user.authorization.credentials", source=Source.SYSTEM),
    )
    invited_until: datetime | None = declared(models.DateTimeField(null=True, blank=True), _OF_STAFF)
    code_sealed: bytes = declared(
        models.BinaryField(default=b"", blank=True),
        replace(_about_staff("user.authorization.credentials", source=Source.PERSON), vaulted=True),
    )
    """The secret of their app with codes; it counts once `code_since` is set (`svara.people.second.staff`)."""
    code_since: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _about_staff("user.behavior", Purpose.SECURITY, Source.USE)
    )
    code_step: int = declared(models.BigIntegerField(default=0), _about_staff("user.behavior", Purpose.SECURITY, Source.USE))
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), _OF_STAFF)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    USERNAME_FIELD = "id"
    EMAIL_FIELD = "email"

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("email"), name="one_email_among_staff"),
        ]

    def __str__(self) -> str:
        return self.id


class Rule(TenantOwned):
    """What a company wants: to be asked first, or only told; and whether an emergency may open the door."""

    tenant: Any = declared(
        models.OneToOneField("people.Tenant", on_delete=models.CASCADE, related_name="+", primary_key=True),
        not_personal(WITH_TENANT),
    )
    wish: str = declared(models.CharField(max_length=4, default="ask"), not_personal(WITH_TENANT, Source.EMPLOYER))
    emergency: bool = declared(models.BooleanField(default=False), not_personal(WITH_TENANT, Source.EMPLOYER))

    def __str__(self) -> str:
        return self.wish


class Grant(TenantOwned):
    """One access to one company: asked for, or offered by the company. `until` None: nobody has agreed to it (yet).

    `staff_id` is "" for a door that the company opened and nobody has taken. `decided_by` and `ended_by` are accounts' ids;
    `ended_by` may be "staff" (gave it back), or "removed" (works for the provider no more).
    """

    id: str = declared(id_field(), _FACT)
    staff_id: str = declared(
        models.CharField(max_length=32, blank=True, db_index=True), _granted("user.unique_id", Subject.PROVIDER_STAFF)
    )
    staff_name: str = declared(models.CharField(max_length=200, blank=True), _granted("user.name", Subject.PROVIDER_STAFF))
    role: str = declared(models.CharField(max_length=10), _granted("user.professional_information", Subject.PROVIDER_STAFF))
    how: str = declared(models.CharField(max_length=10), _FACT)
    reason: str = declared(
        SealedText(),
        _granted("user.content.private", Subject.ANYONE, Source.PERSON, vaulted=True),
    )
    minutes: int = declared(models.IntegerField(), _FACT)
    content_wanted: bool = declared(models.BooleanField(default=False), _FACT)
    content: bool = declared(models.BooleanField(default=False), _FACT)
    refused: bool = declared(models.BooleanField(default=False), _FACT)
    asked_at: datetime = declared(models.DateTimeField(), _granted("user.behavior", Subject.ANYONE))
    decided_at: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _granted("user.behavior", Subject.EMPLOYEE)
    )
    decided_by: str = declared(models.CharField(max_length=32, blank=True), _granted("user.unique_id", Subject.EMPLOYEE))
    until: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)
    ended_at: datetime | None = declared(
        models.DateTimeField(null=True, blank=True), _granted("user.behavior", Subject.ANYONE)
    )
    ended_by: str = declared(models.CharField(max_length=32, blank=True), _granted("user.unique_id", Subject.EMPLOYEE))

    class Meta:
        indexes: ClassVar[Sequence[models.Index]] = [
            models.Index(fields=["tenant", "-asked_at"], name="grants_by_time"),
        ]

    def __str__(self) -> str:
        return self.id

    def sealed_for(self) -> DataSubject:
        """The grant's own key: whom its reason names nobody knows."""
        return own_key(self.id)

    @property
    def actor(self) -> str:
        """Who acts by this grant, as the log of views calls them."""
        return f"staff:{self.id}"


class OperatorKey(TenantOwned):
    """Why the operator made an API token that acts as somebody, in words sealed for that person; the log of views has only
    its id."""

    id: str = declared(id_field(), _FACT)
    token_id: str = declared(models.CharField(max_length=32, unique=True), _FACT)
    person: str = declared(models.CharField(max_length=32), _granted("user.unique_id", Subject.EMPLOYEE))
    reason: str = declared(
        SealedText(),
        _granted("user.content.private", Subject.EMPLOYEE, Source.EMPLOYER, vaulted=True),
    )
    asked_at: datetime = declared(models.DateTimeField(), _granted("user.behavior", Subject.EMPLOYEE))

    def __str__(self) -> str:
        return self.id

    def sealed_for(self) -> DataSubject:
        return person(self.person)
