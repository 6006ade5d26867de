"""The greetings of my voicemail and of queues' boxes: heard, recorded, uploaded and removed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from svara.media.sounds.library import MAX_BYTES
from svara.people import greeting as greetings
from svara.people.access import NotFound
from svara.people.actions import Invalid
from svara.people.models import Queue
from svara.people.office import GreetingKind
from svara.web.pages.viewing import account_of
from svara.web.sound_file import sound_file
from svara.web.words import GREETINGS, sentences


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The greetings of one box; POST uploads one, or removes it."""
    queue = _queue(request)
    if request.method == "GET":
        return _page(request, queue)
    account, kind = account_of(request), request.POST.get("kind", "")
    if kind not in GREETINGS:
        raise Http404
    chosen, upload = cast("GreetingKind", kind), request.FILES.get("greeting")
    try:
        if "remove" in request.POST:
            greetings.do_remove_greeting(account, kind=chosen, queue=queue)
        elif upload is None or upload.size is None or upload.size > MAX_BYTES:
            raise Invalid(_("Record something, or choose a sound file of at most 20 MB."))
        else:
            until = _end_of_day(request.POST.get("until", ""))
            greetings.do_set_greeting(account, upload.read(), until, kind=chosen, queue=queue)
    except NotFound:
        pass  # there is none to remove
    except Invalid as error:
        return _page(request, queue, kind, sentences(error.messages))
    messages.success(request, _("Saved. It is in effect now."))
    return redirect(reverse("greetings", query={"queue": queue.name} if queue is not None else None))


@require_GET
def sound(request: HttpRequest) -> HttpResponse:
    """One greeting, to be heard."""
    try:
        found = greetings.access_greeting(account_of(request), request.GET.get("kind", "general"), _queue(request))
    except NotFound:
        raise Http404 from None
    return sound_file(request, found.place)


def _page(request: HttpRequest, queue: Queue | None, wrong: str = "", faults: list[str] | None = None) -> HttpResponse:
    account = account_of(request)
    there = greetings.access_greetings(account, queue)
    kinds = greetings.KINDS if queue is None else greetings.QUEUE_KINDS
    page: dict[str, Any] = {
        "queue": queue,
        "queues": greetings.queues(account),
        "greetings": [
            {
                "kind": kind,
                "words": GREETINGS[kind],
                "now": there.get(kind),
                "input": f"file-{kind}",
                "most": int(greetings.MAX_NAME_SECONDS if kind == "name" else greetings.MAX_SECONDS),
                "faults": faults if kind == wrong else None,
            }
            for kind in kinds
        ],
    }
    return render(request, "web/greetings.html", page, status=422 if faults else 200)


def _queue(request: HttpRequest) -> Queue | None:
    name = request.GET.get("queue", "")
    try:
        return greetings.queue_by_name(account_of(request), name) if name else None
    except NotFound:
        raise Http404 from None


def _end_of_day(text: str) -> datetime | None:
    """The end of a day in the company's time zone; None for no day. Raises Invalid."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("That is not a day.")) from None
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
