"""What every table stands on: tenants, ids, and how things of one tenant are read."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models

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

if TYPE_CHECKING:
    from svara.people.models.accounts import Account


def new_id() -> str:
    """An id that is unique for ever: 32 lower-case hex digits."""
    return uuid.uuid4().hex


def id_field() -> models.CharField[str, str]:
    """The primary key of every table here."""
    return models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)


SETTING = not_personal(WITH_TENANT, Source.EMPLOYER)
OF_TENANT = not_personal(WITH_TENANT)


def about_person(
    category: str,
    purpose: Purpose = Purpose.DIRECTORY,
    source: Source = Source.EMPLOYER,
    basis: Basis = Basis.CONTRACT,
    retention: Retention = WITH_ACCOUNT,
) -> Declaration:
    """What a field says about somebody who works here."""
    return Declaration(category, purpose, basis, retention, Subject.EMPLOYEE, source)


class Tenant(models.Model):
    """One company. Nothing in it can be reached from another."""

    id: str = declared(id_field(), OF_TENANT)
    slug: str = declared(models.SlugField(max_length=40, unique=True), SETTING)
    name: str = declared(models.CharField(max_length=200), SETTING)
    country: str = declared(models.CharField(max_length=2), SETTING)
    timezone: str = declared(models.CharField(max_length=64), SETTING)
    languages: list[str] = declared(models.JSONField(default=list), SETTING)
    media: str = declared(
        models.CharField(max_length=8, choices=[("relay", "relay"), ("direct", "direct")], default="relay"), SETTING
    )
    recording_rule: str = declared(
        models.CharField(max_length=8, choices=[("announce", "announce"), ("consent", "consent")], default="announce"),
        SETTING,
    )
    demo: bool = declared(models.BooleanField(default=False), SETTING)
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return self.slug


class TenantOwned(models.Model):
    """Something that belongs to one tenant. There is no `objects`: read it with `of(actor)`."""

    tenant: Tenant = declared(models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+"), OF_TENANT)
    tenant_id: str

    all_tenants: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True

    @classmethod
    def of(cls, owner: Account | Tenant) -> models.QuerySet[Self]:
        """What the tenant of `owner` has of this, and nothing else."""
        tenant_id = owner.id if isinstance(owner, Tenant) else owner.tenant_id
        return cls.all_tenants.filter(tenant_id=tenant_id)
