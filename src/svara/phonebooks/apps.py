"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class PhonebooksConfig(AppConfig):
    """The company's phonebook, as phones and programs read it."""

    name = "svara.phonebooks"
    label = "phonebooks"

    def ready(self) -> None:
        from svara.phonebooks import features, subjects  # noqa: F401, PLC0415  needs the tables
        from svara.privacy.rights import port  # noqa: PLC0415

        port.register(subjects.PhonebooksCapability())
