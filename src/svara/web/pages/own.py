"""Where my calls go: what people choose for themselves."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from svara.people import administration
from svara.people.errors import PlainError
from svara.people.models import Queue
from svara.web.forms.fields import Form, read
from svara.web.forms.kinds import OWN
from svara.web.forms.options import options
from svara.web.pages.viewing import account_of
from svara.web.words import feature_codes


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("voicemail_pin")
def own(request: HttpRequest) -> HttpResponse:
    """My forwarding, find-me, quiet hours, mobile number and PIN."""
    item, names = administration.access_own(account_of(request))
    choices = options(names)
    if request.method == "GET":
        return _page(request, Form(OWN, item, choices, new=False))
    wish = read(OWN, request.POST, item, choices, new=False)
    form = Form(OWN, wish, choices, new=False)
    try:
        administration.do_change_own(account_of(request), wish)
    except administration.Rejected as error:
        form.blame((fault.path, fault.message) for fault in error.faults)
        return _page(request, form, 422)
    except PlainError as error:
        form.blame([((), str(error))])
        return _page(request, form, 422)
    messages.success(request, _("Saved. It is in effect now."))
    return redirect("own")


def _page(request: HttpRequest, form: Form, status: int = 200) -> HttpResponse:
    account = account_of(request)
    agent = any(Queue.of(account).filter(members__account=account)[:1])
    inside = "internal" in account.classes  # who may call nobody inside dials no code either
    admin = administration.administers(account)
    codes = feature_codes(agent=agent, admin=admin, own=account.tenant.codes) if inside else []
    return render(request, "web/own.html", {"form": form, "codes": codes}, status=status)
