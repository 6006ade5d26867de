"""Django's view of this room."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_delete


class AuditConfig(AppConfig):
    """The log of views and changes."""

    name = "svara.privacy.audit"
    label = "audit"

    def ready(self) -> None:
        """The database itself guards the log, whichever migration ran last; a company's log goes with the company."""
        post_migrate.connect(_guard, sender=self, dispatch_uid="svara.privacy.audit")
        pre_delete.connect(_drop, sender="people.Tenant", dispatch_uid="svara.privacy.audit")


def _guard(using: str, **_more: Any) -> None:
    from svara.privacy.audit import guards  # noqa: PLC0415  needs Django's tables

    guards.install(connections[using])


def _drop(instance: Any, **_more: Any) -> None:
    from svara.privacy.audit import retention  # noqa: PLC0415

    retention.drop(instance.pk)
