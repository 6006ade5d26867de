"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class PushConfig(AppConfig):
    """Waking browsers."""

    name = "svara.push"
    label = "push"

    def ready(self) -> None:
        from svara.privacy.functions.port import register_collection, switched  # noqa: PLC0415
        from svara.privacy.functions.registry import CALL_PUSH  # noqa: PLC0415
        from svara.push import actions, features  # noqa: F401, PLC0415  needs the tables

        register_collection(CALL_PUSH, actions.COLLECTION)
        switched.connect(actions.function_switched, dispatch_uid="svara.push")
