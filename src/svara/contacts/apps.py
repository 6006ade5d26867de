"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """Contacts that people keep for themselves."""

    name = "svara.contacts"
    label = "contacts"

    def ready(self) -> None:
        from svara.contacts import demo, features, subjects  # noqa: F401, PLC0415  needs the tables
        from svara.people import demooffice  # noqa: PLC0415
        from svara.privacy.rights import port  # noqa: PLC0415

        port.register(subjects.ContactsCapability())
        demooffice.furnished_by(demo.furnish)
