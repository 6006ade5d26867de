"""The way of a new company from its owner to a ringing phone, step by step; also the short list of it on the first page.

Each step is a page that can be left, skipped and come back to; what was done is seen from the company itself
(`svara.people.firststeps`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from svara.people import access, firststeps
from svara.people.models import Account
from svara.web import live
from svara.web.forms.fields import Form
from svara.web.forms.kinds import HANDSET
from svara.web.pages.handsets import makers
from svara.web.pages.viewing import account_of, fragment

_DESK_PHONE = tuple(replace(one, required=True) for one in HANDSET if one.key in ("maker", "mac"))
ROUTES = {
    "company": "administration-company",
    "people": "start-people",
    "phone": "start-phone",
    "test": "start-test",
    "outside": "start-outside",
}
TITLES: dict[str, Promise] = {
    "company": pgettext_lazy("first steps", "Company"),
    "people": pgettext_lazy("first steps", "People"),
    "phone": pgettext_lazy("first steps", "A phone"),
    "test": pgettext_lazy("first steps", "A test call"),
    "outside": pgettext_lazy("first steps", "Calls from outside"),
}
ABOUT: dict[str, Promise] = {
    "company": _("Name, country, languages and what holds for everybody"),
    "people": _("Add your colleagues from a list"),
    "phone": _("In this browser, on your desk or on your mobile"),
    "test": _("Your phone rings, and you hear whether the sound goes both ways"),
    "outside": _("Your provider, your number and your opening hours"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as it stands on a page."""

    key: str
    title: str | Promise
    about: str | Promise
    url: str
    done: bool
    skipped: bool
    here: bool


def shown(steps: firststeps.Steps, here: str = "") -> list[Shown]:
    """All steps for a page; `here` is the name of the page's own address."""
    return [
        Shown(
            step.key,
            TITLES[step.key],
            ABOUT[step.key],
            reverse(ROUTES[step.key]),
            step.done,
            step.mark == "skipped",
            ROUTES[step.key] == here,
        )
        for step in steps.all
    ]


def frame(request: HttpRequest, here: str) -> dict[str, Any]:
    """What every page of the way has around it; nothing on a page that is not on the way."""
    key = next((key for key, route in ROUTES.items() if route == here and key != "company"), "")
    if not key:
        return {}
    steps = firststeps.access_steps(account_of(request))
    following = steps.after(key)
    return {
        "steps": shown(steps, here),
        "step": key,
        "next": reverse(ROUTES[following]) if following else reverse("start-done"),
        "step_done": any(step.key == key and step.done for step in steps.all),
    }


def still_open(account: Account) -> list[Shown]:
    """What an administrator still has to do, for the first page; nothing for others, and once it was closed."""
    if account.visit is not None or not account.has_role("admin"):
        return []
    steps = firststeps.access_steps(account)
    return [one for one in shown(steps) if not one.done] if steps.shown else []


@require_GET
def first_steps(request: HttpRequest) -> HttpResponse:
    """To the first step that is still to be done."""
    steps = steps_of(request)
    following = next((step.key for step in steps.all if not step.mark), None)
    return redirect(ROUTES[following] if following else "start-done")


@require_POST
def skip(request: HttpRequest, step: str) -> HttpResponse:
    """Put a step off, and go on to the next."""
    try:
        firststeps.do_mark(account_of(request), step, "skipped")
    except access.NotFound:
        raise Http404 from None
    except access.Forbidden:
        raise PermissionDenied from None
    following = steps_of(request).after(step)
    return redirect(ROUTES[following] if following else "start-done")


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """Take the list off the first page, or bring it back."""
    steps_of(request)
    firststeps.do_close(account_of(request), closed="back" not in request.POST)
    return redirect("start-done" if "back" in request.POST else "home")


@require_GET
def phone(request: HttpRequest) -> HttpResponse:
    """A phone for the administrator: in this browser, on the desk, or on the mobile."""
    steps_of(request)
    desk = Form(_DESK_PHONE, {}, {"makers": makers(without=("linphone", "baresip"))}, new=True)
    return render(request, "web/start_phone.html", {"desk": desk} | online(request) | frame(request, "start-phone"))


@require_GET
def phones(request: HttpRequest) -> HttpResponse:
    """Whether a phone of the administrator's is there, alone: asked again and again."""
    steps_of(request)
    return fragment(request, "web/_start_phones.html", online(request) | frame(request, "start-phone"))


@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """What there is now, what is still open, and what can be tried next."""
    steps = steps_of(request)
    page = {
        "steps": shown(steps),
        "open": [one for one in shown(steps) if not one.done],
        "listed": steps.shown,
        "section": "first-steps",
    }
    return render(request, "web/start_done.html", page)


def steps_of(request: HttpRequest) -> firststeps.Steps:
    try:
        return firststeps.access_steps(account_of(request))
    except access.Forbidden:
        raise PermissionDenied from None


def online(request: HttpRequest) -> dict[str, Any]:
    """How many phones of one's own are registered now; the step is done when there was one."""
    account, mirror = account_of(request), live.current()
    count = mirror.presence(live.viewer_of(account), account.id).phones_online if mirror.up else 0
    if count:
        firststeps.do_mark(account, "phone", "done")
    return {"online": count, "up": mirror.up}
