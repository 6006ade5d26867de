"""The published policies that Svara is built to keep: each promise, how it stands here, and what a preset would set."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from svara.privacy.errors import Forbidden, NotFound, PlainError
from svara.privacy.policies import access
from svara.privacy.policies import presets as published
from svara.web.pages.privacy.officers import for_privacy_officers
from svara.web.pages.viewing import account_of


@require_http_methods(["GET", "POST"])
@for_privacy_officers
def presets(request: HttpRequest) -> HttpResponse:
    """All five; posting applies one."""
    actor = account_of(request)
    if request.method == "POST":
        try:
            changed = published.do_apply(actor, request.POST.get("preset", ""))
        except Forbidden:
            raise PermissionDenied from None
        except NotFound:
            raise Http404 from None
        except PlainError as error:
            messages.error(request, str(error))
        else:
            done = " ".join(f"{setting.text}." for setting in changed)
            messages.success(request, done or _("Everything that can be set was set already."))
        return redirect("privacy-presets")
    page = {
        "presets": published.presets(actor.tenant_id),
        "applied": access.particulars_of(actor.tenant_id).presets,
        "section": "privacy",
        "here": "presets",
    }
    return render(request, "web/privacy/presets.html", page)
