"""Changing voice messages: the only way.

Each `do_*` is one transaction; what changes a count is told to phones and pages once it is committed.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from svara.people.actions import Invalid
from svara.people.models import Account
from svara.privacy import subject
from svara.privacy.audit.port import Act, record_views
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import MESSAGE_NOTICES
from svara.voicemail import access, counts
from svara.voicemail.access import MessageView
from svara.voicemail.boxes import QUEUE
from svara.voicemail.models import Message, NoticeChoice


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
