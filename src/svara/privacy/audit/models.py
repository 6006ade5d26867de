"""The tables of the log. Rows are added and never changed; that they are removed takes a `Pruned` row first.

The models refuse, and so does the database (`svara.privacy.appendonly`). Persons stand here by id alone: who was erased is
an id that nobody has any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models

from svara.privacy.appendonly import AppendOnly
from svara.privacy.catalogue import Basis, Declaration, Purpose, Retention, Source, Subject, declared, not_personal
from svara.privacy.tenancy import TenantOwned

KEPT_DAYS = 730
"""So long the log reaches back."""

_KEPT = Retention("tenant", days=KEPT_DAYS, since="at")
_FACT = not_personal(_KEPT)
_WITH_TENANT = not_personal(Retention("tenant"))
_WHO = Declaration("user.behavior", Purpose.SECURITY, Basis.LEGAL_OBLIGATION, _KEPT, Subject.EMPLOYEE, Source.USE)
_WHOM = Declaration("user.unique_id", Purpose.SECURITY, Basis.LEGAL_OBLIGATION, _KEPT, Subject.EMPLOYEE, Source.USE)


class _Logged(AppendOnly):
    """A row of the log; it goes when a company does, and not by the database's own hand."""

    tenant: Any = declared(models.ForeignKey("people.Tenant", on_delete=models.DO_NOTHING, related_name="+"), _WITH_TENANT)

    class Meta:
        abstract = True


class Entry(_Logged):
    """One view or change. `number` counts a company's entries from 1; `count` is how many things of the kind were seen."""

    MAY_GO = "EXISTS (SELECT 1 FROM audit_pruned p WHERE p.tenant_id = OLD.tenant_id AND OLD.number <= p.up_to)"

    id: int = declared(models.BigAutoField(primary_key=True), _FACT)
    number: int = declared(models.BigIntegerField(), _FACT)
    at: datetime = declared(models.DateTimeField(), _WHO)
    actor: str = declared(models.CharField(max_length=80), _WHO)
    act: str = declared(models.CharField(max_length=80), _WHO)
    what: str = declared(models.CharField(max_length=80), _WHO)
    ref: str = declared(models.CharField(max_length=80, blank=True), _WHO)
    why: str = declared(models.CharField(max_length=80, blank=True), _WHO)
    count: int = declared(models.IntegerField(default=1), _WHO)
    subjects: list[str] = declared(models.JSONField(default=list), _WHOM)
    hash: str = declared(models.CharField(max_length=64), _FACT)

    class Meta:
        constraints: ClassVar[Sequence[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "number"], name="one_audit_number_in_a_tenant"),
        ]
        indexes: ClassVar[Sequence[models.Index]] = [
            models.Index(fields=["tenant", "actor", "-number"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.number}"


class Concerned(_Logged):
    """Whom an entry is about, so that the person finds it. Says no more than `Entry.subjects`, which the chain covers."""

    MAY_GO = (
        "EXISTS (SELECT 1 FROM audit_entry e JOIN audit_pruned p ON p.tenant_id = e.tenant_id AND e.number <= p.up_to"
        " WHERE e.id = OLD.entry_id)"
    )

    id: int = declared(models.BigAutoField(primary_key=True), _FACT)
    entry: Entry = declared(models.ForeignKey(Entry, on_delete=models.DO_NOTHING, related_name="concerned"), _FACT)
    entry_id: int
    subject: str = declared(models.CharField(max_length=80), _WHOM)

    class Meta:
        indexes: ClassVar[Sequence[models.Index]] = [
            models.Index(fields=["tenant", "subject", "-entry"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} in {self.entry_id}"


class Pruned(_Logged):
    """The entries up to number `up_to` were let go; `hash` is that of the last of them, with which the rest goes on. `seal`
    is keyed: nobody makes such a row with the database alone."""

    MAY_GO = "NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.tenant_id = OLD.tenant_id)"

    id: int = declared(models.BigAutoField(primary_key=True), _WITH_TENANT)
    up_to: int = declared(models.BigIntegerField(), _WITH_TENANT)
    hash: str = declared(models.CharField(max_length=64), _WITH_TENANT)
    at: datetime = declared(models.DateTimeField(), _WITH_TENANT)
    seal: str = declared(models.CharField(max_length=64), _WITH_TENANT)

    def __str__(self) -> str:
        return f"{self.tenant_id} up to {self.up_to}"


class Chain(TenantOwned):
    """Where a company's chain ends: the lock of its writers."""

    tenant: Any = declared(
        models.OneToOneField("people.Tenant", on_delete=models.DO_NOTHING, related_name="+", primary_key=True), _WITH_TENANT
    )
    number: int = declared(models.BigIntegerField(default=0), _WITH_TENANT)
    hash: str = declared(models.CharField(max_length=64), _WITH_TENANT)

    all_tenants: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.number}"


GUARDED = (Entry, Concerned, Pruned)
"""What the database itself has to guard, or the log is not to be trusted."""
