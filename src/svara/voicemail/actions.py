"""Changing voice messages: the only way.

Each `do_*` is one transaction; what changes a count is told to phones and pages once it is committed.
"""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from svara.people.access import Forbidden, NotFound
from svara.people.actions import Invalid
from svara.people.models import Account
from svara.privacy import subject
from svara.privacy.audit.port import Act, record_views
from svara.privacy.functions.port import do_switch, enabled
from svara.privacy.functions.registry import MESSAGE_NOTICES, MESSAGE_TRANSCRIPTS
from svara.sealing.errors import Unreadable
from svara.voicemail import access, counts, transcripts
from svara.voicemail.access import MessageView
from svara.voicemail.boxes import QUEUE
from svara.voicemail.models import Message, NoticeChoice, Transcript
from svara.voicemail.transcriber import MAX_CHARACTERS, cleaned

TOO_LONG = f"The text is too long: a message has at most {MAX_CHARACTERS:,} characters."


class NotWanted(Forbidden):
    """The function `MESSAGE_TRANSCRIPTS` is off: no text of a message is wanted."""


class NoProgram(Forbidden):
    """The operator has set no program that writes messages down."""


@transaction.atomic
def do_mark(actor: Account, message_id: str, *, heard: bool | None = None, saved: bool | None = None) -> MessageView:
    """Note that a message was heard (or is to count as new again), and whether it is to be kept longer; None leaves it.

    Raises NotFound.
    """
    message = access.row(actor, message_id)
    if heard is not None and heard != (message.heard_at is not None):
        message.heard_at, message.heard_by = (timezone.now(), actor.id) if heard else (None, "")
        counts.changed([(message.tenant_id, message.box)])
    if saved is not None:
        message.saved = saved
    message.save(update_fields=["heard_at", "heard_by", "saved"])
    access.note(actor, message, "change")
    return access.shown(actor, [message])[0]


@transaction.atomic
def do_delete(actor: Account, message_id: str) -> None:
    """Delete a message; it can be taken back for a day. Raises NotFound."""
    message = access.row(actor, message_id)
    message.deleted_at = timezone.now()
    message.save(update_fields=["deleted_at"])
    access.note(actor, message, "remove")
    counts.changed([(message.tenant_id, message.box)])


@transaction.atomic
def do_restore(actor: Account, message_id: str) -> MessageView:
    """Take a deleted message back. Raises NotFound."""
    message = access.row(actor, message_id, deleted=True)
    message.deleted_at = None
    message.save(update_fields=["deleted_at"])
    access.note(actor, message, "restore")
    counts.changed([(message.tenant_id, message.box)])
    return access.shown(actor, [message])[0]


@transaction.atomic
def do_choose_notice(actor: Account, notice: str) -> None:
    """What comes by e-mail when there is a new message: "none", "plain" (that there is one) or "caller" (from whom, too).
    Anything but "none" is a yes to the function "message_notices", whose text stands beside the choice.

    Raises Invalid for anything else.
    """
    if notice not in ("none", "plain", "caller"):
        raise Invalid("Choose one of the e-mail notices of the list.")
    do_switch(actor, MESSAGE_NOTICES, notice != "none", how="page of voice messages")
    if notice == "none":
        NoticeChoice.of(actor).filter(account=actor).delete()
    else:
        NoticeChoice.all_tenants.update_or_create(account=actor, defaults={"tenant_id": actor.tenant_id, "notice": notice})


@transaction.atomic
def do_choose_transcripts(actor: Account, wanted: bool) -> None:
    """Whether new messages of the actor's own box are written down."""
    do_switch(actor, MESSAGE_TRANSCRIPTS, wanted, how="page of voice messages")


@transaction.atomic
def do_ask_transcript(actor: Account, message_id: str) -> None:
    """Have a message written down by the installation's program, once more where that has failed, or a text was taken away.

    Raises NotFound, also where its text is there; NotWanted while the function is off; NoProgram.
    """
    message = access.own_row(actor, message_id)
    if not enabled(actor.id, MESSAGE_TRANSCRIPTS):
        raise NotWanted
    if not settings.TRANSCRIBER:
        raise NoProgram
    row = Transcript.of(actor).filter(message=message).first()
    if row is not None and row.state == "written":
        raise NotFound
    now = timezone.now()
    Transcript.all_tenants.update_or_create(
        message=message,
        defaults={"tenant_id": actor.tenant_id, "state": "waiting", "tries": 0, "due_at": now, "changed_at": now},
    )
    counts.changed([(message.tenant_id, message.box)])


@transaction.atomic
def do_write_transcript(actor: Account, message_id: str, text: str, by: Literal["program", "hand"]) -> MessageView:
    """Put the text of a message, in place of one that is there.

    Raises NotFound; NotWanted while the function is off, but for a correction by hand; Invalid for what is too long, and
    while the company's key is of no use.
    """
    message = access.own_row(actor, message_id)
    row = Transcript.of(actor).filter(message=message).exclude(state="removed").first()
    if not (enabled(actor.id, MESSAGE_TRANSCRIPTS) or (row is not None and by == "hand")):
        raise NotWanted
    words = cleaned(text)
    if len(words) > MAX_CHARACTERS:
        raise Invalid(TOO_LONG)
    row = Transcript.of(actor).filter(message=message).first() or Transcript(
        message=message, tenant_id=actor.tenant_id, due_at=timezone.now()
    )
    try:
        transcripts.put(row, message, words, by)
    except Unreadable as error:
        raise Invalid(str(error)) from None
    row.save()
    counts.changed([(message.tenant_id, message.box)])
    return access.shown(actor, [message])[0]


@transaction.atomic
def do_remove_transcript(actor: Account, message_id: str) -> None:
    """Take the text of a message away; for a day it can be brought back. Raises NotFound, also where there is none."""
    message = access.own_row(actor, message_id)
    row = Transcript.of(actor).filter(message=message).exclude(state="removed").first()
    if row is None:
        raise NotFound
    row.before, row.before_by = (row.sealed, row.by) if row.state == "written" else (b"", "")
    row.state, row.sealed, row.by, row.changed_at = "removed", b"", "", timezone.now()
    row.save()
    counts.changed([(message.tenant_id, message.box)])


@transaction.atomic
def do_undo_transcript(actor: Account, message_id: str) -> None:
    """Bring back what stood there before the last change of a message's text. Raises NotFound where that is no more."""
    message = access.own_row(actor, message_id)
    row = Transcript.of(actor).filter(message=message).exclude(before=b"").first()
    if row is None:
        raise NotFound
    row.sealed, row.before, row.by, row.before_by = row.before, row.sealed, row.before_by, row.by
    row.state, row.changed_at = "written", timezone.now()
    row.save()
    counts.changed([(message.tenant_id, message.box)])


def do_mark_by_phone(tenant_id: str, box: str, message_id: str, how: str, person: str) -> bool:
    """What somebody did at a phone who had opened the box there; False: there is no such message in it."""
    with transaction.atomic():
        message = Message.all_tenants.filter(tenant_id=tenant_id, box=box, pk=message_id, deleted_at=None).first()
        if message is None:
            return False
        if message.heard_at is None:
            message.heard_at, message.heard_by = timezone.now(), person
        if how == "saved":
            message.saved = True
        elif how == "deleted":
            message.deleted_at = timezone.now()
        message.save(update_fields=["heard_at", "heard_by", "saved", "deleted_at"])
        if box.startswith(QUEUE):
            act: Act = "hear" if how == "heard" else "change" if how == "saved" else "remove"
            about = [subject.person(message.caller_person)] if message.caller_person not in ("", person) else []
            record_views(tenant_id, person, about, "message", act=act, ref=message_id, why=QUEUE)
        counts.changed([(tenant_id, box)])
    return True
