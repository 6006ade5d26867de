"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """Letters that need consent."""

    name = "svara.letters"
    label = "letters"

    def ready(self) -> None:
        from svara.letters import features, subjects  # noqa: F401, PLC0415  needs the tables
        from svara.privacy.rights import port  # noqa: PLC0415

        port.register(subjects.LettersCapability())
