"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class PeopleConfig(AppConfig):
    """Tenants, people and their phones."""

    name = "svara.people"
    label = "people"

    def ready(self) -> None:
        from svara.people import (  # noqa: PLC0415  declares the tables of Django itself
            corrections,
            features,  # noqa: F401
            privacy,  # noqa: F401
            snapshot,
            subjects,
        )
        from svara.people.calendars import subscribing  # noqa: PLC0415
        from svara.people.models import PushDevice  # noqa: PLC0415
        from svara.privacy.functions.models import Consent  # noqa: PLC0415
        from svara.privacy.functions.port import register_collection, switched  # noqa: PLC0415
        from svara.privacy.functions.registry import CALENDAR_PRESENCE  # noqa: PLC0415
        from svara.privacy.registers.models import RecipientEntry  # noqa: PLC0415
        from svara.privacy.rights import port, restriction  # noqa: PLC0415

        switched.connect(snapshot.function_switched, dispatch_uid="svara.people.snapshot")
        register_collection(CALENDAR_PRESENCE, subscribing.COLLECTION)
        switched.connect(subscribing.function_switched, dispatch_uid="svara.people.calendars")
        restriction.changed.connect(snapshot.restriction_changed, dispatch_uid="svara.people.snapshot")
        post_save.connect(snapshot.consent_written, sender=Consent, dispatch_uid="svara.people.snapshot")
        post_save.connect(snapshot.recipient_changed, sender=RecipientEntry, dispatch_uid="svara.people.snapshot")
        for happened in (post_save, post_delete):
            happened.connect(snapshot.device_came_or_went, sender=PushDevice, dispatch_uid="svara.people.snapshot")
        corrections.register_all()
        port.register(subjects.PeopleCapability())
        port.register_files("people", subjects.files_of)
