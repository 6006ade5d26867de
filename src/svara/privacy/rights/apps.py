"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class RightsConfig(AppConfig):
    """Erasure, export, retention and the jobs that do them."""

    name = "svara.privacy.rights"
    label = "rights"

    def ready(self) -> None:
        from svara.privacy.functions.port import register_stop  # noqa: PLC0415  needs the tables
        from svara.privacy.rights import (  # noqa: PLC0415
            asked_subjects,
            delivering,
            erasing,
            exporting,
            jobs,
            leaving,
            objections,
            port,
            proofs,
            subjects,
        )

        for capability in (
            proofs.AuditCapability(),
            proofs.ConsentCapability(),
            subjects.RightsCapability(),
            asked_subjects.AskedCapability(),
        ):
            port.register(capability)
        register_stop("rights", objections.stopped_function)
        jobs.register(erasing.KIND, erasing.work)
        jobs.register(exporting.KIND, exporting.work)
        for table in delivering.KINDS.values():
            post_save.connect(delivering.changed, sender=table, dispatch_uid=f"svara.privacy.rights.{table._meta.label}")
        post_delete.connect(leaving.removed, sender="people.Tenant", dispatch_uid="svara.privacy.rights")
