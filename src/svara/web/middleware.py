"""What every page needs around it: who may see it, in which language and time zone, and what a browser may do with it."""

from __future__ import annotations

import time
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.utils import timezone, translation

from svara.people import signedin
from svara.people.second.rule import due
from svara.privacy.figures import usage

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Content-Security-Policy: nothing inline, nothing from anybody else."""
PERMISSIONS = "camera=(), geolocation=(), payment=(), usb=(), browsing-topics=()"

WITHOUT_FACTOR = frozenset(
    {
        "security",
        "security-app",
        "security-app-new",
        "security-app-remove",
        "security-confirm",
        "security-confirm-options",
        "security-passkeys",
        "security-passkey-options",
        "sign-out",
    }
)
"""The pages that are open to who still lacks the second factor that the company asks of them."""

Handler = Callable[[HttpRequest], HttpResponse]


class BehindTheDoor(LoginRequiredMiddleware):
    """Everything needs a sign-in but what says otherwise (`login_not_required`), and the second factor that a company asks
    for; the API checks its tokens itself."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if request.path.startswith("/api/"):
            return None
        answer = super().process_view(request, view_func, view_args, view_kwargs)
        if answer is not None or not getattr(view_func, "login_required", True):
            return answer
        name = (request.resolver_match.url_name if request.resolver_match else None) or ""
        user: Any = request.user
        return redirect("security") if name not in WITHOUT_FACTOR and due(user) else None


class StillSignedIn:
    """Ends a session that its person has ended elsewhere (`svara.people.signedin`), at its next request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            user: Any = request.user
            if user.is_authenticated and not signedin.holds(user, request.session):
                logout(request)
        return self.get_response(request)


class Place:
    """The language that a person chose and the time zone of the company; without a choice, the browser's language."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if user.language in dict(settings.LANGUAGES):  # prompts may speak others, which pages do not
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        try:
            zone = zoneinfo.ZoneInfo(user.tenant.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone = zoneinfo.ZoneInfo("UTC")
        with timezone.override(zone):
            return self.get_response(request)


class Compressed(GZipMiddleware):
    """Pages travel compressed (with Django's protection against BREACH); events do not, they would wait in the buffer, nor
    does sound, of which parts are asked for."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        sound = response.headers.get("Content-Type", "").startswith("audio/")
        return response if response.streaming or sound else super().process_response(request, response)


class Counted:
    """Counts which pages were shown, where the company wants it (`svara.privacy.figures.usage`)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self._tally = usage.Tally()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user: Any = request.user
        match = request.resolver_match
        page = request.method == "GET" and not request.headers.get("HX-Request") and not request.path.startswith("/api/")
        if page and match and match.url_name and response.status_code == 200 and user.is_authenticated and not user.visit:
            due = self._tally.note(user.tenant_id, user.id, match.url_name, time.monotonic())
            if due:
                usage.write(due, datetime.now(UTC))
        return response


class PageHeaders:
    """What browsers may do with our answers. Stands innermost and is synchronous: so the whole chain runs in one thread."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
