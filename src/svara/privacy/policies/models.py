"""The tables of what a company says about data: its particulars, published policies, and who accepted which."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from svara.privacy.appendonly import AppendOnly
from svara.privacy.catalogue import (
    WITH_ACCOUNT,
    WITH_TENANT,
    Basis,
    Declaration,
    Purpose,
    Recipient,
    Source,
    Subject,
    declared,
    not_personal,
)
from svara.privacy.tenancy import OF_TENANT, TenantOwned, id_field

_GIVEN = not_personal(WITH_TENANT, Source.EMPLOYER)
_CONTACT = Declaration(
    "user.contact",
    Purpose.RIGHTS,
    Basis.LEGAL_OBLIGATION,
    WITH_TENANT,
    Subject.EMPLOYEE,
    Source.EMPLOYER,
    frozenset({Recipient.PUBLIC}),
)
_PUBLISHER = Declaration(
    "user.unique_id", Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, WITH_TENANT, Subject.EMPLOYEE, Source.USE, frozenset()
)
_ACCEPTED = Declaration(
    "user.privacy_preferences",
    Purpose.RIGHTS,
    Basis.LEGAL_OBLIGATION,
    WITH_ACCOUNT,
    Subject.EMPLOYEE,
    Source.PERSON,
    frozenset({Recipient.ADMINISTRATORS}),
)


def _text(length: int = 300) -> models.CharField[str, str]:
    return models.CharField(max_length=length, blank=True, default="")


class Particulars(TenantOwned):
    """What no setting tells and documents need: who answers, who runs the system, where data are kept. One row a company.

    `provider_*` empty: the company runs the system itself. `presets` maps keys of presets to the day on which each was
    applied.
    """

    id: str = declared(id_field(), OF_TENANT)
    controller_name: str = declared(_text(), _GIVEN)
    controller_address: str = declared(_text(), _GIVEN)
    controller_contact: str = declared(_text(), _CONTACT)
    dpo_contact: str = declared(_text(), _CONTACT)
    provider_name: str = declared(_text(), _GIVEN)
    provider_address: str = declared(_text(), _GIVEN)
    provider_contact: str = declared(_text(), _CONTACT)
    storage_country: str = declared(_text(2), _GIVEN)
    storage_place: str = declared(_text(), _GIVEN)
    presets: dict[str, str] = declared(models.JSONField(default=dict), _GIVEN)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant"], name="one_set_of_particulars")
        ]

    def __str__(self) -> str:
        return self.controller_name


class Version(AppendOnly):
    """A published policy, as it was read on that day. `number` counts from 1; `texts` maps languages to documents
    (`svara.privacy.policies.document`), over which `digest` was taken; `facts` are what they were written from."""

    id: str = declared(id_field(), OF_TENANT)
    number: int = declared(models.PositiveIntegerField(), OF_TENANT)
    published_at: datetime = declared(models.DateTimeField(), OF_TENANT)
    published_by: str = declared(models.CharField(max_length=32), _PUBLISHER)
    facts: dict[str, Any] = declared(models.JSONField(), OF_TENANT)
    texts: dict[str, Any] = declared(models.JSONField(), _GIVEN)
    digest: str = declared(models.CharField(max_length=64), OF_TENANT)
    material: bool = declared(models.BooleanField(), OF_TENANT)
    changes: list[dict[str, Any]] = declared(models.JSONField(default=list), OF_TENANT)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "number"], name="one_policy_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.number}"


class Acceptance(TenantOwned):
    """Somebody read and accepted a version, in a language; `digest` is that of what was read."""

    id: str = declared(id_field(), OF_TENANT)
    account: Any = declared(models.ForeignKey("people.Account", on_delete=models.CASCADE, related_name="+"), _ACCEPTED)
    account_id: str
    number: int = declared(models.PositiveIntegerField(), _ACCEPTED)
    language: str = declared(models.CharField(max_length=35), _ACCEPTED)
    digest: str = declared(models.CharField(max_length=64), _ACCEPTED)
    at: datetime = declared(models.DateTimeField(), _ACCEPTED)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "number"], name="one_acceptance_of_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.number}"
