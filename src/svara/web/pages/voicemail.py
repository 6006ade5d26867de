"""Voice messages: hear them, keep them, delete them and take them back; the own greetings, and what comes by e-mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages as notes
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from svara.history.access import BadFilter
from svara.people import greeting as greetings
from svara.people.access import NotFound
from svara.people.actions import Invalid
from svara.people.models import Account
from svara.privacy.functions.port import enabled
from svara.privacy.functions.registry import FUNCTIONS, MESSAGE_NOTICES, MESSAGE_TRANSCRIPTS
from svara.voicemail import actions
from svara.voicemail.access import access_boxes, access_messages, access_notice, access_sound
from svara.web import naming
from svara.web.pages.viewing import account_of, fragment
from svara.web.sound_file import sound_file
from svara.web.words import GREETINGS

PAGE = 50
CHANGED = "svara:message"
"""The event by which the list asks for itself anew."""


@require_GET
def voicemail(request: HttpRequest) -> HttpResponse:
    """The page."""
    account = account_of(request)
    now = [{"words": GREETINGS[kind], "now": view} for kind, view in greetings.access_greetings(account).items()]
    page = _messages(request, account) | {
        "notice": access_notice(account),
        "notice_text": FUNCTIONS[MESSAGE_NOTICES].read(),
        "writing_text": FUNCTIONS[MESSAGE_TRANSCRIPTS].read(),
        "greetings": now,
    }
    return render(request, "web/voicemail.html", page)


@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """The list alone: when something changed, or the next page of it."""
    return fragment(request, "web/_messages.html", _messages(request, account_of(request)))


@require_GET
def sound(request: HttpRequest, message_id: str) -> HttpResponse:
    """What was said, in the parts that the browser asks for."""
    try:
        return sound_file(request, access_sound(account_of(request), message_id))
    except NotFound:
        raise Http404 from None


@require_POST
def mark(request: HttpRequest, message_id: str) -> HttpResponse:
    """Heard, new again, kept longer or not."""
    wish = {name: request.POST[name] == "yes" for name in ("heard", "saved") if name in request.POST}
    try:
        actions.do_mark(account_of(request), message_id, **wish)
    except NotFound:
        raise Http404 from None
    return _changed(HttpResponse(status=204))


@require_POST
def delete(request: HttpRequest, message_id: str) -> HttpResponse:
    """Delete a message, and offer to take it back."""
    try:
        actions.do_delete(account_of(request), message_id)
    except NotFound:
        raise Http404 from None
    return _changed(fragment(request, "web/_message_deleted.html", {"id": message_id}))


@require_POST
def restore(request: HttpRequest, message_id: str) -> HttpResponse:
    """Take a deleted message back."""
    try:
        actions.do_restore(account_of(request), message_id)
    except NotFound:
        raise Http404 from None
    return _changed(fragment(request, "web/_message_deleted.html", {"id": message_id, "restored": True}))


@require_POST
def notice(request: HttpRequest) -> HttpResponse:
    """Choose what comes by e-mail."""
    try:
        actions.do_choose_notice(account_of(request), request.POST.get("notice", ""))
    except Invalid:
        raise Http404 from None
    notes.success(request, _("Your choice is kept."))
    return redirect("voicemail")


def _messages(request: HttpRequest, account: Account) -> dict[str, Any]:
    boxes = access_boxes(account)
    box = request.GET.get("box", "")
    if box not in {one.box for one in boxes}:
        box = ""
    cursor = request.GET.get("cursor") or None
    try:
        page = access_messages(account, box=box or None, cursor=cursor, limit=PAGE)
    except BadFilter:
        raise Http404 from None
    return {
        "boxes": boxes,
        "box": box,
        "lines": naming.messages(account, page.items),
        "next": page.next,
        "continued": cursor is not None,
        "wanted": enabled(account.id, MESSAGE_TRANSCRIPTS),
        "writes": bool(settings.TRANSCRIBER),
    }


def _changed(answer: HttpResponse) -> HttpResponse:
    answer["HX-Trigger"] = CHANGED
    return answer
