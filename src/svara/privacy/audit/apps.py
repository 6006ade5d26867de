"""Django's view of this room."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import pre_delete


class AuditConfig(AppConfig):
    """The log of views and changes."""

    name = "svara.privacy.audit"
    label = "audit"

    def ready(self) -> None:
        """A company's log goes with the company."""
        pre_delete.connect(_drop, sender="people.Tenant", dispatch_uid="svara.privacy.audit")


def _drop(instance: Any, **_more: Any) -> None:
    from svara.privacy.audit import retention  # noqa: PLC0415

    retention.drop(instance.pk)
