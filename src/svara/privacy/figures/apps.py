"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class FiguresConfig(AppConfig):
    """Statistics that tell of groups, never of one person."""

    name = "svara.privacy.figures"
    label = "figures"

    def ready(self) -> None:
        from svara.privacy.figures import subjects  # noqa: PLC0415
        from svara.privacy.rights.port import register  # noqa: PLC0415

        register(subjects.FiguresCapability())
