"""What voice messages say about people, for their rights (`svara.privacy.rights.port`).

A message is somebody's voice: it goes with whoever left it and with whoever it was left for. That somebody heard a message
of a queue is forgotten; the message stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.history.outside import index_of
from svara.people.access import NotFound
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.port import ExportFile, Gone, Holding, Period, Rules, Section, Tally, file_at
from svara.privacy.subject import Subject, account_of
from svara.privacy.vault import elsewhere
from svara.voicemail import counts, transcripts
from svara.voicemail.access import place_of
from svara.voicemail.callers import callers
from svara.voicemail.models import KEEP_DAYS, KEEP_SAVED_DAYS, Message, NoticeChoice, Transcript

MESSAGES, SAVED = "voicemail.messages", "voicemail.saved"


class VoicemailCapability:
    """Voice messages."""

    name = "voicemail"
    tables = frozenset({"voicemail.Message", "voicemail.Transcript", "voicemail.NoticeChoice"})
    periods: tuple[Period, ...] = (
        Period(MESSAGES, gettext_noop("Voice messages"), KEEP_DAYS, longest_days=KEEP_DAYS),
        Period(SAVED, gettext_noop("Voice messages that were saved"), KEEP_SAVED_DAYS, longest_days=KEEP_SAVED_DAYS),
    )

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        messages = Purpose.MESSAGES
        for rows, text in (
            (_received(tenant_id, subject), _("Voice messages in their box")),
            (_left(tenant_id, subject), _("Voice messages that they left")),
        ):
            if count := rows.count():
                yield Holding("voicemail.Message", count, "user.content.private", messages, text)
            if written := _texts(rows).count():
                yield Holding("voicemail.Transcript", written, "user.content.private", messages, _("The same in writing"))
        if heard := _heard(tenant_id, subject).count():
            text = _("Messages of others that they were the first to hear")
            yield Holding("voicemail.Message", heard, "user.behavior", messages, text, how="freed")
        if chosen := _chosen(tenant_id, subject).count():
            yield Holding("voicemail.NoticeChoice", chosen, "user.settings", messages, _("Choice of e-mail notices"))

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        tally, texts = Tally("voicemail.Message"), Tally("voicemail.Transcript")
        boxes = set()
        for rows in (_received(tenant_id, subject), _left(tenant_id, subject)):
            texts.add(_texts(rows).order_by("pk").values_list("pk", flat=True))
            for key, file, box in rows.order_by("pk").values_list("pk", "file", "box").iterator(chunk_size=1000):
                tally.add([key])
                boxes.add((tenant_id, box))
                transaction.on_commit(partial(_unlink, file))
            rows.delete()
        if boxes:
            counts.changed(sorted(boxes))
        yield from tally.gone()
        yield from texts.gone()
        freed = Tally("voicemail.Message", "freed")
        heard = _heard(tenant_id, subject)
        freed.add(heard.order_by("pk").values_list("pk", flat=True))
        heard.update(heard_by="")
        yield from freed.gone()
        chosen = Tally("voicemail.NoticeChoice")
        chosen.add(_chosen(tenant_id, subject).values_list("pk", flat=True))
        _chosen(tenant_id, subject).delete()
        yield from chosen.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        own = account_of(subject) is not None
        for key, title, rows in (
            ("messages", _("Voice messages in your box"), _received(tenant_id, subject)),
            ("messages-left", _("Voice messages that you left"), _left(tenant_id, subject)),
        ):
            if own or key == "messages-left":
                yield Section(
                    key,
                    title,
                    _("Keep voice messages for those to whom they were left"),
                    _("Whoever left the message"),
                    _("Whoever may open the box"),
                    map(_shown, rows.order_by("left_at").iterator(chunk_size=1000)),
                    _sounds(rows),
                )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        for key, saved in ((MESSAGES, False), (SAVED, True)):
            before = rules.before(key, now)
            if before is None:
                continue
            tally, texts = Tally("voicemail.Message"), Tally("voicemail.Transcript")
            old = Message.all_tenants.filter(tenant_id=tenant_id, saved=saved, left_at__lt=before)
            old = old.exclude(account__in=rules.people).exclude(caller_person__in=rules.people)
            old = old.exclude(caller_index__in=list(filter(None, map(index_of, rules.subjects))))
            texts.add(_texts(old).order_by("pk").values_list("pk", flat=True))
            boxes = set()
            for pk, file, box in old.order_by("pk").values_list("pk", "file", "box").iterator(chunk_size=1000):
                tally.add([pk])
                if not dry:
                    boxes.add((tenant_id, box))
                    transaction.on_commit(partial(_unlink, file))
            if boxes:
                old.delete()
                counts.changed(sorted(boxes))
            yield from tally.gone()
            yield from texts.gone()


def _received(tenant_id: str, subject: Subject) -> QuerySet[Message]:
    return Message.all_tenants.filter(tenant_id=tenant_id, box=f"person:{account_of(subject) or '-'}")


def _left(tenant_id: str, subject: Subject) -> QuerySet[Message]:
    person, rows = account_of(subject), Message.all_tenants.filter(tenant_id=tenant_id)
    if person is not None:
        return rows.filter(caller_person=person).exclude(caller_person="")
    return rows.filter(caller_index=index_of(subject) or "-")


def _heard(tenant_id: str, subject: Subject) -> QuerySet[Message]:
    return Message.all_tenants.filter(tenant_id=tenant_id, heard_by=account_of(subject) or "-").filter(~Q(heard_by=""))


def _chosen(tenant_id: str, subject: Subject) -> QuerySet[NoticeChoice]:
    return NoticeChoice.all_tenants.filter(tenant_id=tenant_id, account_id=account_of(subject) or "-")


def _texts(rows: QuerySet[Message]) -> QuerySet[Transcript]:
    return Transcript.all_tenants.filter(message__in=rows.values("pk"))


def _shown(message: Message) -> dict[str, Any]:
    who = callers(message.tenant_id, [message])[message.id]
    written = transcripts.views(message.tenant_id, [message]).get(message.id)
    return {
        "id": message.id,
        "from": who.number,
        "from_name": who.name,
        "left_at": message.left_at.isoformat(),
        "seconds": message.seconds,
        "heard_at": message.heard_at and message.heard_at.isoformat(),
        "saved": message.saved,
        "text": written.text if written is not None else None,
        "text_by": (written.by or None) if written is not None else None,
    }


def _sounds(rows: QuerySet[Message]) -> Iterator[ExportFile]:
    for message in rows.iterator(chunk_size=1000):
        try:
            place = place_of(message.file)
        except NotFound:
            continue
        if elsewhere.is_there(settings.DATA, place):
            yield file_at(f"{message.id}.wav", place)


def _unlink(file: str) -> None:
    try:
        elsewhere.remove(settings.DATA, place_of(file))
    except NotFound:
        return


def files_of(tenant_id: str) -> Iterator[str]:
    """The voice messages of a company."""
    for file in Message.all_tenants.filter(tenant_id=tenant_id).values_list("file", flat=True).iterator(chunk_size=1000):
        yield f"recordings/{file}"
