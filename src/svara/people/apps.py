"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Tenants, people and their phones."""

    name = "svara.people"
    label = "people"

    def ready(self) -> None:
        from svara.people import features, privacy, snapshot, subjects  # noqa: F401, PLC0415  declares the tables of Django itself
        from svara.privacy.functions.port import switched  # noqa: PLC0415
        from svara.privacy.rights import port  # noqa: PLC0415

        switched.connect(snapshot.function_switched, dispatch_uid="svara.people.snapshot")
        port.register(subjects.PeopleCapability())
        port.register_files("people", subjects.files_of)
