"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class FunctionsConfig(AppConfig):
    """Functions that use personal data, and who agreed to them."""

    name = "svara.privacy.functions"
    label = "functions"
