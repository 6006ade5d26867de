"""What was said in a voice message, in writing: have it written, correct it, take it away and bring it back."""

from __future__ import annotations

from django.contrib import messages as notes
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from svara.people.access import Forbidden, NotFound
from svara.people.actions import Invalid
from svara.voicemail import actions
from svara.voicemail.access import access_message
from svara.voicemail.transcriber import MAX_CHARACTERS
from svara.web import naming
from svara.web.pages.viewing import account_of, fragment
from svara.web.words import sentences

CHANGED = "svara:message"
"""The event by which the list asks for itself anew."""


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Switch on or off that new messages are written down."""
    wanted = request.POST.get("wanted")
    if wanted not in ("yes", "no"):
        raise Http404
    actions.do_choose_transcripts(account_of(request), wanted == "yes")
    notes.success(request, _("Your choice is kept."))
    return redirect("voicemail")


@require_POST
def ask(request: HttpRequest, message_id: str) -> HttpResponse:
    """Have a message written down, again or for the first time."""
    try:
        actions.do_ask_transcript(account_of(request), message_id)
    except (NotFound, Forbidden):
        raise Http404 from None
    return _changed(HttpResponse(status=204))


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, message_id: str) -> HttpResponse:
    """The text beside the sound, to be put right."""
    account = account_of(request)
    try:
        message = access_message(account, message_id)
        if message.transcript is None or message.queue:
            raise Http404
        text, faults, status = message.transcript.text, [], 200
        if request.method == "POST":
            text = request.POST.get("text", "")
            try:
                actions.do_write_transcript(account, message_id, text, "hand")
            except Invalid as error:
                faults, status = sentences(error.messages), 400
            else:
                notes.success(request, _("The text is saved."))
                return redirect(f"{reverse('voicemail')}#message-{message_id}")
    except (NotFound, Forbidden):
        raise Http404 from None
    [line] = naming.messages(account, [message])
    page = {"line": line, "text": text, "faults": faults, "most": MAX_CHARACTERS}
    return render(request, "web/transcript.html", page, status=status)


@require_POST
def remove(request: HttpRequest, message_id: str) -> HttpResponse:
    """Take a text away, and offer to bring it back."""
    try:
        actions.do_remove_transcript(account_of(request), message_id)
    except NotFound:
        raise Http404 from None
    return _changed(fragment(request, "web/_transcript_removed.html", {"id": message_id}))


@require_POST
def undo(request: HttpRequest, message_id: str) -> HttpResponse:
    """Bring back what stood there before the last change."""
    try:
        actions.do_undo_transcript(account_of(request), message_id)
    except NotFound:
        raise Http404 from None
    return _changed(fragment(request, "web/_transcript_removed.html", {"id": message_id, "restored": True}))


def _changed(answer: HttpResponse) -> HttpResponse:
    answer["HX-Trigger"] = CHANGED
    return answer
