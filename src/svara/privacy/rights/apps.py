"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class RightsConfig(AppConfig):
    """Erasure, export, retention and the jobs that do them."""

    name = "svara.privacy.rights"
    label = "rights"

    def ready(self) -> None:
        from svara.privacy.rights import erasing, exporting, jobs, port, proofs, subjects  # noqa: PLC0415  needs the tables

        for capability in (proofs.AuditCapability(), proofs.ConsentCapability(), subjects.RightsCapability()):
            port.register(capability)
        jobs.register(erasing.KIND, erasing.work)
        jobs.register(exporting.KIND, exporting.work)
