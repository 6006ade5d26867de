"""Where my calls go: what people choose for themselves, and the greeting of their voicemail."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from svara.media.sounds.library import MAX_BYTES
from svara.people import access, administration
from svara.people import greeting as greetings
from svara.people.actions import Invalid
from svara.people.errors import PlainError
from svara.web.forms.fields import Form, read
from svara.web.forms.kinds import OWN
from svara.web.forms.options import options
from svara.web.pages.viewing import account_of
from svara.web.words import sentences


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("voicemail_pin")
def own(request: HttpRequest) -> HttpResponse:
    """My forwarding, find-me, quiet hours, mobile number and PIN."""
    item, names = administration.access_own(account_of(request))
    if request.method == "GET":
        return _page(request, Form(OWN, item, options(names), new=False))
    wish = read(OWN, request.POST, item, new=False)
    form = Form(OWN, wish, options(names), new=False)
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


@require_POST
def greeting(request: HttpRequest) -> HttpResponse:
    """Upload the greeting of my voicemail, or remove it."""
    account = account_of(request)
    upload = request.FILES.get("greeting")
    try:
        if "remove" in request.POST:
            greetings.do_remove_greeting(account)
        elif upload is None or upload.size is None or upload.size > MAX_BYTES:
            raise Invalid(_("Choose a sound file of at most 20 MB."))
        else:
            until = _end_of_day(request.POST.get("until", ""))
            greetings.do_set_greeting(account, upload.read(), until)
    except access.NotFound:
        pass  # there is none to remove
    except Invalid as error:
        item, names = administration.access_own(account)
        return _page(request, Form(OWN, item, options(names), new=False), 422, sentences(error.messages))
    messages.success(request, _("Saved. It is in effect now."))
    return redirect("own")


def _end_of_day(text: str) -> datetime | None:
    """The end of a day in the company's time zone; None for no day. Raises Invalid."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("That is not a day.")) from None
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _page(request: HttpRequest, form: Form, status: int = 200, faults: list[str] | None = None) -> HttpResponse:
    page: dict[str, Any] = {"form": form, "greeting_faults": faults or [], "account": access.me(account_of(request))}
    return render(request, "web/own.html", page, status=status)
