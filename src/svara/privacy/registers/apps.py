"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    """Cases and disclosures."""

    name = "svara.privacy.registers"
    label = "registers"

    def ready(self) -> None:
        from svara.privacy.registers import subjects  # noqa: PLC0415
        from svara.privacy.rights.port import register  # noqa: PLC0415

        register(subjects.RegistersCapability())
