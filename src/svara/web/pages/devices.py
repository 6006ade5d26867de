"""My devices and sessions: where I am signed in, which browsers are known to be mine, my phones, and with which passwords
they read the phonebook, which browsers show calls while they are closed; each can be ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from svara.people import signedin
from svara.people.alerts import what
from svara.people.models import Device, PushDevice, SignedIn
from svara.people.models.signedin import SCREEN_LENGTH, VERSION_LENGTH
from svara.phonebooks import actions
from svara.privacy.errors import Invalid, NotFound
from svara.push.access import access_devices
from svara.web.pages import phonebooks
from svara.web.pages.profile import phones_of
from svara.web.pages.viewing import account_of

TOLD = "told_here"
"""Under this a session holds what its pages told, so that they do not tell it again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A session or a browser, in words."""

    row: SignedIn | Device | PushDevice
    title: str
    here: bool
    new: bool = False


@require_GET
def devices(request: HttpRequest) -> HttpResponse:
    """The page."""
    return page(request, **phonebooks.own(request, account_of(request)))


def page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    """The page, with what there is to tell."""
    actor = account_of(request)
    current = request.session.get(signedin.SESSION_KEY, "")
    sessions = signedin.access_sessions(actor)
    here = {row.device_id for row in sessions if row.pk == current}
    new = signedin.access_new_devices(actor, request.session)
    shown = phones_of(actor) | {
        "sessions": [Shown(row, what(row.device), row.pk == current) for row in sessions],
        "others": any(row.pk != current for row in sessions),
        "devices": [Shown(each, what(each), each.pk in here, each in new) for each in signedin.access_devices(actor)],
        "pushed": [Shown(each, what(each.session.device), each.session_id == current) for each in access_devices(actor)],
        "new": [what(each) for each in new],
        "mine": next((row for row in sessions if row.pk == current), None),
    }
    return render(request, "web/devices.html", shown | more, status=status)


@require_POST
def here(request: HttpRequest) -> HttpResponse:
    """What this browser's pages are: told by themselves, once a session."""
    version, screen = request.POST.get("version", ""), request.POST.get("screen", "")
    if signedin.do_tell(account_of(request), request.session, version=version, screen=screen):
        request.session[TOLD] = f"{version[:VERSION_LENGTH]} {screen[:SCREEN_LENGTH]}"
    return HttpResponse(status=204)


@require_POST
def end(request: HttpRequest, session_id: str) -> HttpResponse:
    """Sign out elsewhere."""
    try:
        signedin.do_end(account_of(request), session_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("You are signed out there."))
    return redirect("devices")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    gone = signedin.do_end_others(account_of(request), request.session)
    messages.success(
        request, ngettext("%(count)s session has ended.", "%(count)s sessions have ended.", gone) % {"count": gone}
    )
    return redirect("devices")


@require_POST
def know(request: HttpRequest) -> HttpResponse:
    """Those were me."""
    signedin.do_know(account_of(request), request.session)
    return redirect("devices")


@require_POST
def forget(request: HttpRequest, device_id: str) -> HttpResponse:
    """That one is not mine: out with it."""
    try:
        signedin.do_forget_device(account_of(request), device_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("That device is signed out and forgotten."))
    return redirect("devices")


@require_POST
def make_phonebook_password(request: HttpRequest) -> HttpResponse:
    """Make a phonebook password; this answer is the only one that ever shows it."""
    actor = account_of(request)
    try:
        secret = actions.do_make_password(actor, request.POST.get("label", ""))
    except Invalid as error:
        return page(request, status=422, phonebook_errors=error.messages, **phonebooks.own(request, actor))
    return page(request, new_secret=secret, **phonebooks.own(request, actor))


@require_POST
def revoke_phonebook_password(request: HttpRequest, password_id: str) -> HttpResponse:
    """End a phonebook password at once."""
    try:
        actions.do_revoke_password(account_of(request), password_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("That device reads the phonebook no more."))
    return redirect("devices")
