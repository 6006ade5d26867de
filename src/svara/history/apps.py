"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """What happened."""

    name = "svara.history"
    label = "history"

    def ready(self) -> None:
        from svara.history import (  # noqa: PLC0415  needs the tables
            archive,
            collected,
            corrections,
            counts,  # noqa: F401
            expiry,
            features,  # noqa: F401
            shelving,
            subjects,
        )
        from svara.privacy.registers.outsiders import register_outsiders  # noqa: PLC0415
        from svara.privacy.rights import port  # noqa: PLC0415

        collected.register()
        corrections.register_all()
        port.register(subjects.HistoryCapability())
        port.register_portions("history.calls", expiry.CallPortions())
        register_outsiders("archive", archive.outsiders)
        register_outsiders("recordings", shelving.outsiders)
        port.register_files("history", subjects.files_of)
