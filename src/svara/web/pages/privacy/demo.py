"""What becomes of a demo company, and the receipts of what went with it so far."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from svara.people import demo
from svara.web.pages.viewing import account_of


@require_GET
def wipes(request: HttpRequest) -> HttpResponse:
    """For everybody of a demo company."""
    tenant = account_of(request).tenant
    if not tenant.demo:
        raise Http404
    page = {"receipts": demo.wipes_of(tenant.slug), "days": demo.WIPED_AFTER.days, "encrypted": settings.ENCRYPTED}
    return render(request, "web/privacy/demo.html", page)
