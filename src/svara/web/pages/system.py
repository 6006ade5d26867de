"""How the installation is: for administrators."""

from __future__ import annotations

import platform
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from svara.calls.commands import AskHealth, Health
from svara.web import installed
from svara.web.pages.calls import ask


@require_GET
async def system(request: HttpRequest) -> HttpResponse:
    """What runs, in which version, and whether it is well."""
    account: Any = await request.auser()
    if not account.has_role("admin"):
        raise PermissionDenied
    answer = await ask(AskHealth())
    page = {
        "section": "system",
        "health": answer if isinstance(answer, Health) else None,
        "versions": [
            ("Svara", installed.release()),
            ("Python", platform.python_version()),
            ("Django", django.get_version()),
        ],
    }
    return await sync_to_async(render)(request, "web/system.html", page)
