"""The table of what was changed in an office, by whom: to be read, and to be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from svara.people.models.accounts import Account
from svara.people.models.base import OF_TENANT, TenantOwned, id_field
from svara.privacy.catalogue import Basis, Declaration, Purpose, Retention, Source, Subject, declared

KEPT_DAYS = 365

_KEPT = Retention("tenant", days=KEPT_DAYS, since="created_at")


def _change(category: str, source: Source) -> Declaration:
    return Declaration(category, Purpose.SECURITY, Basis.LEGITIMATE_INTEREST, _KEPT, Subject.EMPLOYEE, source)


class OfficeChange(TenantOwned):
    """One change of an office. `before` and `after` hold the items that differ, as the office file says them and without
    secrets: section to name to item, None for none. Empty where the change cannot be undone."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account | None = declared(
        models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"),
        _change("user.unique_id", Source.USE),
    )
    account_id: str | None
    origin: str = declared(
        models.CharField(max_length=8, choices=[("page", "page"), ("file", "file"), ("undo", "undo")]), OF_TENANT
    )
    lines: list[str] = declared(models.JSONField(default=list), _change("user.account", Source.EMPLOYER))
    before: dict[str, dict[str, Any]] = declared(models.JSONField(default=dict), _change("user.account", Source.EMPLOYER))
    after: dict[str, dict[str, Any]] = declared(models.JSONField(default=dict), _change("user.account", Source.EMPLOYER))
    ids: dict[str, dict[str, str]] = declared(models.JSONField(default=dict), _change("user.unique_id", Source.SYSTEM))
    undoes: OfficeChange | None = declared(
        models.OneToOneField("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="undone_by"), OF_TENANT
    )
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True, db_index=True), OF_TENANT)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "-created_at"], name="changes_by_time")]

    def __str__(self) -> str:
        return self.id
