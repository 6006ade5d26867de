"""Who may see and do what administration calls "Privacy": administrators and the privacy officer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from svara.web.pages.viewing import account_of

ROLES = ("admin", "privacy-officer")


def for_privacy_officers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Others get 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        if not account_of(request).has_role(*ROLES):
            raise PermissionDenied
        return view(request, *args, **more)

    return guarded
