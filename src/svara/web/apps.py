"""Django's view of this room."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages."""

    name = "svara.web"
    label = "web"
