"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class VoicemailConfig(AppConfig):
    """Voice messages."""

    name = "svara.voicemail"
    label = "voicemail"
