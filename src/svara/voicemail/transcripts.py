"""What was said in a message, in writing: sealed for whom its sound is sealed for, and shown to who may hear it.

Only messages of somebody's own box are written down, and only while that person wants it (`MESSAGE_TRANSCRIPTS`); who left
the message and objected, or whose data are restricted, is not. A text says by whom it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from django.db.models import QuerySet
from django.utils import timezone

from svara.history.outside import UNREADABLE
from svara.history.tapes import owners
from svara.privacy import vault
from svara.privacy.functions.port import Collection
from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS
from svara.privacy.subject import Subject, outside
from svara.privacy.tenancy import Person
from svara.privacy.vault.port import Unreadable
from svara.voicemail import counts
from svara.voicemail.models import Message, Transcript

UNDO = timedelta(days=1)
"""For so long a change of a text can be undone."""

GLANCE, MOST_AT_ONCE = 240, 320
"""Characters: so many of a long text are shown at first, and up to so many are no long text."""

State = Literal["waiting", "written", "failed"]
Writer = Literal["", "machine", "program", "hand"]


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """What was said, in writing. `text` is "" until it is written, where no words could be made out, and where it cannot be
    read now: then `unreadable` says why."""

    state: State
    text: str
    by: Writer
    changed_at: datetime
    unreadable: str = ""
    undoable: bool = False
    """The last change can be undone."""

    @property
    def beginning(self) -> str:
        """All of a short text; of a long one as many whole words as are read at a glance."""
        if len(self.text) <= MOST_AT_ONCE:
            return self.text
        words = self.text[:GLANCE].rsplit(maxsplit=1)[0]
        return words.rstrip()

    @property
    def rest(self) -> str:
        """What follows on the beginning of a long text."""
        return self.text[len(self.beginning) :].strip()


def views(tenant_id: str, messages: Sequence[Message]) -> dict[str, TranscriptView]:
    """The texts of messages that somebody may hear, by their ids; of a text that was taken away there is none."""
    ids = [message.id for message in messages]
    rows = list(Transcript.all_tenants.filter(tenant_id=tenant_id, message__in=ids).exclude(state="removed"))
    texts = open_all(tenant_id, rows)
    return {row.message_id: _shown(row, text) for row, text in zip(rows, texts, strict=True)}


def open_all(tenant_id: str, rows: Sequence[Transcript]) -> list[str | Unreadable]:
    """The texts of rows, or why they cannot be read; "" where there is none."""
    there = [(bytes(row.sealed), _context(row.message_id)) for row in rows if row.sealed]
    opened = iter(vault.current().open_many(tenant_id, there) if there else ())
    found: list[str | Unreadable] = []
    for row in rows:
        one = next(opened) if row.sealed else b""
        found.append(one if isinstance(one, Unreadable) else one.decode())
    return found


def put(row: Transcript, message: Message, text: str, by: Writer) -> None:
    """Write a text into the row of a message; what stood there before can be brought back. Saves nothing.

    Raises Unreadable while the company's key is of no use.
    """
    if row.state == "written":
        row.before, row.before_by = row.sealed, row.by
    row.sealed = vault.current().seal(message.tenant_id, _owners(message), text.encode(), context=_context(message.id))
    row.state, row.by, row.changed_at = "written", by, timezone.now()


def forget_before(now: datetime | None = None) -> int:
    """What could be undone for a day goes; gives how many."""
    old = Transcript.all_tenants.filter(changed_at__lt=(now or timezone.now()) - UNDO)
    gone, _ = old.filter(state="removed").delete()
    return gone + old.exclude(before=b"").update(before=b"", before_by="")


def function_switched(key: str, person_id: str, tenant_id: str, *, enabled: bool, **_more: object) -> None:
    """Whoever switches the function off waits for no text any more; what is being written at this moment is not kept."""
    if key == MESSAGE_TRANSCRIPTS and not enabled:
        _of(person_id).exclude(state="written").delete()
        counts.changed([(tenant_id, f"person:{person_id}")])


def _erase(actor: Person) -> int:
    written = _of(actor.id).filter(state="written").count()
    _of(actor.id).delete()
    counts.changed([(actor.tenant_id, f"person:{actor.id}")])
    return written


COLLECTION = Collection(lambda actor: _of(actor.id).filter(state="written").count(), _erase)
"""What is kept because the function is, or was, on."""


def _of(person_id: str) -> QuerySet[Transcript]:
    return Transcript.all_tenants.filter(message__account=person_id)


def _owners(message: Message) -> list[Subject]:
    people = (message.account_id or "", message.caller_person)
    met = [outside(message.caller_index)] if message.caller_index else []
    return owners(message.tenant_id, message.call_id, people, met)


def _shown(row: Transcript, text: str | Unreadable) -> TranscriptView:
    state, by = cast(State, row.state), cast(Writer, row.by)
    undoable = len(row.before) > 0
    if isinstance(text, Unreadable):
        return TranscriptView(state, "", by, row.changed_at, str(UNREADABLE[text.why]), undoable)
    return TranscriptView(state, text, by, row.changed_at, undoable=undoable)


def _context(message_id: str) -> bytes:
    """What a sealed text is bound to."""
    return f"voicemail.transcript:{message_id}".encode()
