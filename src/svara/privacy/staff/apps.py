"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Access of the provider's staff."""

    name = "svara.privacy.staff"
    label = "staff"

    def ready(self) -> None:
        from svara.privacy.rights.port import register  # noqa: PLC0415
        from svara.privacy.staff import subjects  # noqa: PLC0415

        register(subjects.StaffCapability())
