"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    """Cases, disclosures and recipients."""

    name = "svara.privacy.registers"
    label = "registers"

    def ready(self) -> None:
        from svara.privacy import sharing  # noqa: PLC0415
        from svara.privacy.registers import handing, recipients, subjects  # noqa: PLC0415
        from svara.privacy.rights import jobs  # noqa: PLC0415
        from svara.privacy.rights.port import register  # noqa: PLC0415

        register(subjects.RegistersCapability())
        jobs.register(handing.KIND, handing.work)
        sharing.install(recipients.closed_to_mail)
