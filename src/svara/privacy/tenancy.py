"""Tenant scope: what belongs to one company, and how it is read.

A table of one company's things is a `TenantOwned`. There is no way to its rows that forgets the company but `all_tenants`,
whose name says what it does.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from django.db import models

from svara.privacy.catalogue import WITH_TENANT, declared, not_personal

if TYPE_CHECKING:
    from svara.people.models import Tenant

OF_TENANT = not_personal(WITH_TENANT)


def new_id() -> str:
    """An id that is unique for ever: 32 lower-case hex digits."""
    return uuid.uuid4().hex


def id_in(text: str) -> str:
    """What may be an id in what somebody sent, as it is; "" for anything else, which nothing has."""
    return text if len(text) == 32 and text.isascii() and text.isalnum() else ""


def id_field() -> models.CharField[str, str]:
    """The usual primary key."""
    return models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)


class InTenant(Protocol):
    """A company, or whoever acts in it (`svara.people.models.Account`)."""

    @property
    def tenant_id(self) -> str: ...


class Person(InTenant, Protocol):
    """Whoever acts: `svara.people.models.Account`, for rooms below it."""

    @property
    def id(self) -> str: ...


class TenantOwned(models.Model):
    """Something that belongs to one tenant. There is no `objects`: read it with `of(actor)`."""

    tenant: Tenant = declared(models.ForeignKey("people.Tenant", on_delete=models.CASCADE, related_name="+"), OF_TENANT)
    tenant_id: str

    all_tenants: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True

    @classmethod
    def of(cls, owner: InTenant) -> models.QuerySet[Self]:
        """What the tenant of `owner` has of this, and nothing else."""
        return cls.all_tenants.filter(tenant_id=owner.tenant_id)


def demo_tenants() -> list[str]:
    """Ids of the companies that are only there to be tried."""
    from django.apps import apps  # noqa: PLC0415  the table stands in a room above

    found: list[str] = list(
        apps.get_model("people", "Tenant")._default_manager.filter(demo=True).values_list("id", flat=True)
    )
    return found


def country_of(tenant_id: str) -> str:
    """Where a company is, ISO 3166-1; "" for one that is not there."""
    from django.apps import apps  # noqa: PLC0415

    tenants = apps.get_model("people", "Tenant")._default_manager
    return tenants.filter(id=tenant_id).values_list("country", flat=True).first() or ""
