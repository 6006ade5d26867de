"""The tables of the log. Rows are added and never changed; that they are removed takes a `Pruned` row first.

The models refuse, and so does the database (`svara.privacy.audit.guards`). Persons stand here by id alone: who was erased is
an id that nobody has any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, NoReturn, Self

from django.db import models

from svara.privacy.catalogue import Basis, Declaration, Purpose, Retention, Source, Subject, declared, not_personal
from svara.privacy.tenancy import TenantOwned

KEPT_DAYS = 730
"""So long the log reaches back."""

_KEPT = Retention("tenant", days=KEPT_DAYS, since="at")
_FACT = not_personal(_KEPT)
_WITH_TENANT = not_personal(Retention("tenant"))
_WHO = Declaration("user.behavior", Purpose.SECURITY, Basis.LEGAL_OBLIGATION, _KEPT, Subject.EMPLOYEE, Source.USE)
_WHOM = Declaration("user.unique_id", Purpose.SECURITY, Basis.LEGAL_OBLIGATION, _KEPT, Subject.EMPLOYEE, Source.USE)


class AppendOnlyError(Exception):
    """Somebody wanted to change what can only grow."""


class AppendOnly(models.QuerySet[Any]):
    """Rows that can be read and added; nothing else."""

    def update(self, **_values: Any) -> NoReturn:
        raise AppendOnlyError

    def bulk_update(self, _objs: Iterable[Any], _fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        del batch_size
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError

    def prune(self) -> int:
        """Remove the rows; the database lets only those go that a `Pruned` row names. Raises DatabaseError for others."""
        return super().delete()[0]


class Guarded(TenantOwned):
    """A row that stays as it was written."""

    tenant: Any = declared(models.ForeignKey("people.Tenant", on_delete=models.DO_NOTHING, related_name="+"), _WITH_TENANT)

    all_tenants: ClassVar[Any] = models.Manager.from_queryset(AppendOnly)()

    class Meta:
        abstract = True

    def save(self, *args: Any, **more: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **more | {"force_insert": True})

    def delete(self, *_args: Any, **_more: Any) -> NoReturn:
        raise AppendOnlyError


class Entry(Guarded):
    """One view or change. `number` counts a company's entries from 1; `count` is how many things of the kind were seen."""

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


class Concerned(Guarded):
    """Whom an entry is about, so that the person finds it. Says no more than `Entry.subjects`, which the chain covers."""

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


class Pruned(Guarded):
    """The entries up to number `up_to` were let go; `hash` is that of the last of them, with which the rest goes on. `seal`
    is keyed: nobody makes such a row with the database alone."""

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
