"""The tables of voice messages: one row a message, what was said in it in writing, and how each person wants to hear of new
ones.

The sound itself is a file below the data folder's `recordings`; it goes with its row (`svara.voicemail.retention`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from django.db import models

from svara.people.models import Account, TenantOwned
from svara.privacy.catalogue import (
    WITH_ACCOUNT,
    WITH_TENANT,
    Basis,
    Declaration,
    Purpose,
    Recipient,
    Retention,
    Source,
    Subject,
    declared,
    not_personal,
)
from svara.privacy.files import declare_files

KEEP_DAYS = 90
"""A message that nobody saved goes so long after it was left."""
KEEP_SAVED_DAYS = 365
NUMBER_LENGTH = 200
WRITING = ("waiting", "written", "failed", "removed")
"""Where the text of a message stands."""
WRITERS = ("machine", "program", "hand")
"""Who wrote it: the installation's own program, one with an API token, or the box's owner."""

_KEPT = Retention("tenant", days=KEEP_SAVED_DAYS, since="left_at")
_FACT = not_personal(WITH_TENANT, Source.USE)
declare_files(
    "files.messages",
    ["recordings/voicemail/*"],
    Declaration(
        "user.content.private",
        Purpose.MESSAGES,
        Basis.LEGITIMATE_INTEREST,
        _KEPT,
        Subject.OUTSIDE_PERSON,
        Source.PERSON,
        vaulted=True,
    ),
)


def _caller(category: str, source: Source = Source.USE, recipients: frozenset[Recipient] | None = None) -> Declaration:
    basis = Basis.LEGITIMATE_INTEREST
    return Declaration(category, Purpose.MESSAGES, basis, _KEPT, Subject.OUTSIDE_PERSON, source, recipients)


_MAILED = frozenset({Recipient.PARTICIPANTS, Recipient.MAIL_SERVER})
"""Who wants it is told by e-mail who left a message."""
_CALLER = replace(_caller("user.contact.phone_number", recipients=_MAILED), vaulted=True)


def _owner(category: str) -> Declaration:
    return Declaration(category, Purpose.MESSAGES, Basis.CONTRACT, _KEPT, Subject.EMPLOYEE, Source.USE)


class Message(TenantOwned):
    """A voice message. `box` is "person:<id>" or "queue:<id>"; `account` the person of the former, with whom it goes.

    `caller_person` and `caller_number` are those of a colleague who left it. Number and name of callers from outside are
    `caller_sealed` under their key; `caller_index` finds them by the number.
    `heard_by` is the id of who heard it first, "" when that was by PIN. A deleted message can be taken back for a while.
    """

    id: str = declared(models.CharField(primary_key=True, max_length=32), _FACT)
    box: str = declared(models.CharField(max_length=48), _owner("user.unique_id"))
    account: Account | None = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, null=True, blank=True, related_name="+"),
        _owner("user.unique_id"),
    )
    account_id: str | None
    call_id: str = declared(models.CharField(max_length=64), _FACT)
    caller_number: str = declared(
        models.CharField(max_length=NUMBER_LENGTH, blank=True), _owner("user.contact.phone_number")
    )
    caller_index: str = declared(models.CharField(max_length=64, blank=True), _caller("user.unique_id"))
    caller_sealed: bytes = declared(models.BinaryField(default=b""), _CALLER)
    caller_person: str = declared(models.CharField(max_length=32, blank=True), _owner("user.unique_id"))
    left_at: datetime = declared(models.DateTimeField(), _caller("user.behavior"))
    seconds: float = declared(models.FloatField(), _FACT)
    file: str = declared(
        models.CharField(max_length=200, unique=True), _caller("user.content.private", source=Source.PERSON)
    )
    heard_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _owner("user.behavior"))
    heard_by: str = declared(models.CharField(max_length=32, blank=True), _owner("user.behavior"))
    saved: bool = declared(models.BooleanField(default=False), _FACT)
    deleted_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)
    notified_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "box", "-left_at", "-id"], name="message_by_time"),
            models.Index(fields=["left_at"], name="message_by_age"),
            models.Index(fields=["caller_person"], name="message_by_caller", condition=~models.Q(caller_person="")),
            models.Index(fields=["heard_by"], name="message_by_hearer", condition=~models.Q(heard_by="")),
            models.Index(fields=["tenant", "caller_index"], name="message_by_outside", condition=~models.Q(caller_index="")),
            models.Index(
                fields=["left_at"], name="message_to_notify", condition=models.Q(notified_at=None, deleted_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.id


_SAID = replace(_caller("user.content.private"), vaulted=True)


def _choices(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


class Transcript(TenantOwned):
    """What was said in a message of somebody's own box, in writing; and while it is not written, how far that is.

    The text is sealed for whom the sound is sealed for (`svara.voicemail.transcripts`), and goes with the message. `before`
    is what stood there until the last change, for a day, so that it can be undone. "removed" stays as a row for as long:
    nothing is written again by itself.
    """

    message: Message = declared(
        models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="transcript"), _FACT
    )
    message_id: str
    state: str = declared(models.CharField(max_length=8, choices=_choices(WRITING), default="waiting"), _FACT)
    by: str = declared(models.CharField(max_length=8, choices=_choices(WRITERS), blank=True), _FACT)
    sealed: bytes = declared(models.BinaryField(default=b""), _SAID)
    before: bytes = declared(models.BinaryField(default=b""), _SAID)
    before_by: str = declared(models.CharField(max_length=8, blank=True), _FACT)
    tries: int = declared(models.PositiveSmallIntegerField(default=0), _FACT)
    due_at: datetime = declared(models.DateTimeField(), _FACT)
    changed_at: datetime = declared(models.DateTimeField(), _owner("user.behavior"))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], name="transcript_to_write", condition=models.Q(state="waiting")),
            models.Index(fields=["changed_at"], name="transcript_to_undo", condition=~models.Q(before=b"")),
        ]

    def __str__(self) -> str:
        return self.message_id


_CHOSEN = Declaration("user.settings", Purpose.MESSAGES, Basis.CONTRACT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.PERSON)


class NoticeChoice(TenantOwned):
    """What a person who agreed to e-mail about messages wants in it: that there is one (as without a row), or also from
    whom."""

    account: Account = declared(
        models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+", primary_key=True), _CHOSEN
    )
    account_id: str
    notice: str = declared(
        models.CharField(
            max_length=8, choices=[("none", "none"), ("plain", "plain"), ("caller", "caller")], default="plain"
        ),
        _CHOSEN,
    )

    def __str__(self) -> str:
        return self.account_id
