"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """Privacy policies, records of processing, and what is promised in them."""

    name = "svara.privacy.policies"
    label = "policies"

    def ready(self) -> None:
        from svara.privacy.policies import facts, subjects  # noqa: PLC0415
        from svara.privacy.policies.port import register_outsiders  # noqa: PLC0415
        from svara.privacy.rights.port import register  # noqa: PLC0415

        register(subjects.PoliciesCapability())
        register_outsiders("provider", facts.provider)
