"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class VoicemailConfig(AppConfig):
    """Voice messages."""

    name = "svara.voicemail"
    label = "voicemail"

    def ready(self) -> None:
        from svara.privacy.functions.port import register_collection, switched  # noqa: PLC0415
        from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS  # noqa: PLC0415
        from svara.privacy.rights import port  # noqa: PLC0415
        from svara.voicemail import corrections, features, subjects, transcripts  # noqa: F401, PLC0415  needs the tables

        corrections.register_all()
        register_collection(MESSAGE_TRANSCRIPTS, transcripts.COLLECTION)
        switched.connect(transcripts.function_switched, dispatch_uid="svara.voicemail")
        port.register(subjects.VoicemailCapability())
        port.register_files("voicemail", subjects.files_of)
