"""What people see when something cannot be: plain words and a way on, never a traceback."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  Django's form
    """400."""
    return _error(request, 400, _("This was not understood"), _("Go back and try again."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403."""
    advice = _("If you need it for your work, ask the administrator of your company.")
    return _error(request, 403, _("This is not for you"), advice)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404."""
    return _error(request, 404, _("There is nothing here"), _("The address is wrong, or what was here is gone."))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403, where a form did not come from our own page, or had waited there too long."""
    return _error(request, 403, _("This page had become too old"), _("Go back, reload the page and try again."))


def failed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """500. Asks neither database nor session: they may be what failed."""
    return HttpResponse(render_to_string("web/failed.html"), status=500)


def _error(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    return render(request, "web/error.html", {"status": status, "title": title, "advice": advice}, status=status)
