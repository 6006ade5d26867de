"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class AdmissionConfig(AppConfig):
    """Requests for access."""

    name = "svara.admission"
    label = "admission"

    def ready(self) -> None:
        from svara.admission import features, subjects  # noqa: F401, PLC0415  needs the tables
        from svara.privacy.rights import port  # noqa: PLC0415

        port.register(subjects.AdmissionCapability())
