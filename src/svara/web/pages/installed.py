"""What a browser asks for to install Svara: manifest, service worker, the page without a connection. Open to everybody."""

from __future__ import annotations

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from svara.web import installed


@require_GET
@login_not_required
def manifest(_request: HttpRequest, language: str) -> HttpResponse:
    """The manifest in one language."""
    found = msgspec.json.encode(installed.manifest(_known(language)))
    return HttpResponse(found, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@require_GET
@login_not_required
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker. Browsers ask whether it has changed at every visit."""
    headers = {"Cache-Control": "no-cache"}
    return HttpResponse(installed.worker(), content_type="text/javascript; charset=utf-8", headers=headers)


@require_GET
@login_not_required
def offline(_request: HttpRequest, language: str) -> HttpResponse:
    """The page that stands in where the server cannot be reached; a service worker keeps it."""
    return HttpResponse(installed.shell(_known(language)))


def _known(language: str) -> str:
    if language not in installed.languages():
        raise Http404
    return language
