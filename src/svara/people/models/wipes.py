"""Receipts of demo companies that were wiped. They outlive the company, and say nothing about anybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models

from svara.privacy.catalogue import Retention, declared, not_personal
from svara.privacy.tenancy import id_field

_FACT = not_personal(Retention("installation"))


class DemoWipe(models.Model):
    """What went with a demo company: counts and digests of rows and files by table (`svara.privacy.rights.port.Gone`), how
    many keys were destroyed, and a digest over all of it. `files` are those that are still to go, until it is `finished`."""

    id: str = declared(id_field(), _FACT)
    tenant: str = declared(models.CharField(max_length=32), _FACT)
    slug: str = declared(models.CharField(max_length=40), _FACT)
    at: datetime = declared(models.DateTimeField(), _FACT)
    gone: list[dict[str, Any]] = declared(models.JSONField(), _FACT)
    keys: int = declared(models.PositiveIntegerField(default=0), _FACT)
    digest: str = declared(models.CharField(max_length=64), _FACT)
    files: list[str] = declared(models.JSONField(default=list), _FACT)
    finished: bool = declared(models.BooleanField(default=False), _FACT)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["slug", "-at"], name="wipe_by_time")]

    def __str__(self) -> str:
        return f"{self.slug} {self.at:%Y-%m-%d}"
