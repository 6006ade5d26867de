"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class VoicemailConfig(AppConfig):
    """Voice messages."""

    name = "svara.voicemail"
    label = "voicemail"

    def ready(self) -> None:
        from svara.privacy.rights import port  # noqa: PLC0415
        from svara.voicemail import corrections, features, subjects  # noqa: F401, PLC0415  needs the tables

        corrections.register_all()
        port.register(subjects.VoicemailCapability())
        port.register_files("voicemail", subjects.files_of)
