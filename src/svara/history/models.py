"""The tables of what happened: one row a call, and who took part in it.

Rows are written once, by the role that follows the journal (`svara.history.main`), and never changed; when their time is
over, figures are left (`svara.history.expiry`). Persons of the tenant stand here by id only: their names come from the
directory, so a changed name is right everywhere and a removed one is gone. A name is kept only for callers from outside, as
their signalling showed it. What is only ever read together with its call (legs, holds, quality) is one JSON column, not
tables. What agents did, and who was missed, has a time of its own (`svara.history.lapsing`).
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from svara.history.counts import AGENT_DAYS, QUEUE_LENGTH
from svara.people.models import TenantOwned
from svara.privacy.catalogue import (
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

_PLACE = not_personal(Retention("installation"))
_UNTIL_ENDED = Retention("call's end")
CALL_DAYS = 400
"""So long the detail of a call is kept; then only figures are (`svara.history.counts`)."""
_WITH_CALL = Retention("tenant", days=CALL_DAYS, since="the call")


def _employee(category: str, retention: Retention = _WITH_CALL) -> Declaration:
    return Declaration(category, Purpose.HISTORY, Basis.CONTRACT, retention, Subject.EMPLOYEE, Source.USE)


def _outside(category: str, retention: Retention = _WITH_CALL, *, vaulted: bool = False) -> Declaration:
    outside, basis = Subject.OUTSIDE_PERSON, Basis.LEGITIMATE_INTEREST
    return Declaration(category, Purpose.HISTORY, basis, retention, outside, Source.USE, vaulted=vaulted)


def _open() -> Declaration:
    basis, employee = Basis.CONTRACT, Subject.EMPLOYEE
    return Declaration("user.behavior", Purpose.HISTORY, basis, _UNTIL_ENDED, employee, Source.USE, vaulted=True)


def _fact(retention: Retention) -> Declaration:
    return not_personal(retention, Source.USE)


def _person(retention: Retention) -> Declaration:
    return _employee("user.unique_id", retention)


def _when(retention: Retention) -> Declaration:
    return _employee("user.behavior", retention)


_FACT, _PERSON, _WHEN = _fact(_WITH_CALL), _person(_WITH_CALL), _when(_WITH_CALL)
_NUMBER, _NAME = _employee("user.contact.phone_number"), _employee("user.name")

MISSED_DAYS = 90
RECORDING_DAYS = 90
"""So long the sound of a talk is kept (`svara.history.recordings`)."""
_WITH_OFFER = Retention("account", days=AGENT_DAYS, since="offered_at")
_WITH_MOMENT = Retention("account", days=AGENT_DAYS, since="at")
_WITH_MISSED = Retention("tenant", days=MISSED_DAYS, since="missed_at")

_RECORDED = Retention("tenant", days=RECORDING_DAYS, since="recorded")
_TALKERS = frozenset({Recipient.PARTICIPANTS, Recipient.SUPERVISORS})
declare_files(
    "files.recordings",
    ["recordings/calls/*"],
    *(
        Declaration(
            "user.content.private",
            Purpose.RECORDING,
            Basis.LEGITIMATE_INTEREST,
            _RECORDED,
            subject,
            Source.PERSON,
            _TALKERS,
            vaulted=True,
        )
        for subject in (Subject.EMPLOYEE, Subject.OUTSIDE_PERSON)
    ),
)

NUMBER_LENGTH = 200
INDEX_LENGTH = 64
NAME_LENGTH = 200
REASON_LENGTH = 200


_OUTSIDER = Declaration(
    "user.contact.phone_number",
    Purpose.HISTORY,
    Basis.LEGITIMATE_INTEREST,
    _WITH_CALL,
    Subject.OUTSIDE_PERSON,
    Source.USE,
    _TALKERS | {Recipient.CARRIER},
    vaulted=True,
)


class Call(TenantOwned):
    """One call. `*_person` are ids of `people.Account`, empty for anyone outside (or since removed).

    Where a number of somebody outside stood there is the mark of an `OutsideParty` ("@0"), also in `details`.
    """

    id = declared(models.CharField(primary_key=True, max_length=64), _FACT)
    direction = declared(models.CharField(max_length=8), _FACT)
    caller_number = declared(models.CharField(max_length=NUMBER_LENGTH), _NUMBER)
    caller_name = declared(models.CharField(max_length=NAME_LENGTH, blank=True), _NAME)
    caller_person = declared(models.CharField(max_length=32, blank=True), _PERSON)
    callee_number = declared(models.CharField(max_length=NUMBER_LENGTH), _NUMBER)
    callee_name = declared(models.CharField(max_length=NAME_LENGTH, blank=True), _NAME)
    callee_person = declared(models.CharField(max_length=32, blank=True), _PERSON)
    dialled = declared(models.CharField(max_length=NUMBER_LENGTH, blank=True), _NUMBER)
    answered_number = declared(models.CharField(max_length=NUMBER_LENGTH, blank=True), _NUMBER)
    answered_name = declared(models.CharField(max_length=NAME_LENGTH, blank=True), _NAME)
    answered_person = declared(models.CharField(max_length=32, blank=True), _PERSON)
    queue = declared(models.CharField(max_length=QUEUE_LENGTH, blank=True), _FACT)
    started_at = declared(models.DateTimeField(), _WHEN)
    answered_at = declared(models.DateTimeField(null=True, blank=True), _WHEN)
    ended_at = declared(models.DateTimeField(), _WHEN)
    wait_seconds = declared(models.FloatField(), _WHEN)
    talk_seconds = declared(models.FloatField(), _WHEN)
    outcome = declared(models.CharField(max_length=12), _FACT)
    ended_by = declared(models.CharField(max_length=8), _FACT)
    end_reason = declared(models.CharField(max_length=REASON_LENGTH, blank=True), _FACT)
    details = declared(models.TextField(), _employee("user.device.telemetry"))
    """`Details` (legs, holds, waits, offers and so on, `svara.history.rows`), as JSON."""

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "-started_at", "-id"], name="call_by_time"),
            models.Index(fields=["tenant", "outcome", "-started_at", "-id"], name="call_by_outcome"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class OutsideParty(TenantOwned):
    """Somebody outside in a call: number, name and what was dialled, sealed under their own key (`svara.history.outside`).

    `n` is the number in their mark, `index` finds them by their number, `started_at` is the call's.
    """

    call = declared(models.ForeignKey(Call, on_delete=models.CASCADE, related_name="outside"), _FACT)
    call_id: str
    n = declared(models.PositiveSmallIntegerField(), _FACT)
    index = declared(models.CharField(max_length=INDEX_LENGTH), _outside("user.unique_id"))
    part = declared(models.CharField(max_length=8), _outside("user.behavior"))
    started_at = declared(models.DateTimeField(), _outside("user.behavior"))
    sealed = declared(models.BinaryField(), _OUTSIDER)
    id = declared(models.BigAutoField(primary_key=True), _FACT)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["call", "n"], name="one_mark_a_person"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "index", "-started_at"], name="outside_by_index"),
        ]

    def __str__(self) -> str:
        return f"{self.n} in {self.call_id}"


class Participant(models.Model):
    """A person who took part in a call, and may see it. `started_at` is the call's, so that one index finds and sorts."""

    call = declared(models.ForeignKey(Call, on_delete=models.CASCADE, related_name="participants"), _FACT)
    call_id: str
    person = declared(models.CharField(max_length=32), _PERSON)
    part = declared(models.CharField(max_length=8), _WHEN)
    started_at = declared(models.DateTimeField(), _WHEN)
    id = declared(models.BigAutoField(primary_key=True), _FACT)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["call", "person"], name="once_in_a_call"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "-started_at", "-call"], name="participant_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.call_id}"


class Mention(models.Model):
    """A person whom a call's details name although they took no part in it: a queue offered it to them, or they supervised.
    They may not see the call; it is found by this when they are erased."""

    call = declared(models.ForeignKey(Call, on_delete=models.CASCADE, related_name="mentions"), _FACT)
    call_id: str
    person = declared(models.CharField(max_length=32), _PERSON)
    id = declared(models.BigAutoField(primary_key=True), _FACT)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "call"], name="once_mentioned_in_a_call"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.call_id}"


_AGENT = _person(Retention("tenant", days=AGENT_DAYS, since="entered_at"))


class QueueWait(TenantOwned):
    """A caller's stay in the line of a queue: what queue statistics are counted from. `queue` is the queue's id, `name` its
    name at that time; `answered_person` is empty where nobody took the call, or who did has not agreed to figures of
    their own."""

    call = declared(models.ForeignKey(Call, on_delete=models.CASCADE, related_name="queue_waits"), _FACT)
    call_id: str
    queue = declared(models.CharField(max_length=QUEUE_LENGTH), _FACT)
    name = declared(models.CharField(max_length=QUEUE_LENGTH), _FACT)
    entered_at = declared(models.DateTimeField(), _FACT)
    wait_seconds = declared(models.FloatField(), _FACT)
    why = declared(models.CharField(max_length=12, blank=True), _FACT)
    answered_person = declared(models.CharField(max_length=32, blank=True), _AGENT)
    talk_seconds = declared(models.FloatField(default=0.0), _WHEN)
    id = declared(models.BigAutoField(primary_key=True), _FACT)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["call", "queue", "entered_at"], name="one_wait_at_a_time"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "entered_at", "queue"], name="wait_by_time"),
            models.Index(fields=["tenant", "entered_at"], name="wait_by_agent", condition=~models.Q(answered_person="")),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} in {self.name}"


class QueueOffer(TenantOwned):
    """A caller was offered to an agent. `how` it ended is a word of `AgentOfferEnded`."""

    call = declared(models.ForeignKey(Call, on_delete=models.CASCADE, related_name="queue_offers"), _fact(_WITH_OFFER))
    call_id: str
    offer = declared(models.CharField(max_length=64), _fact(_WITH_OFFER))
    queue = declared(models.CharField(max_length=QUEUE_LENGTH), _fact(_WITH_OFFER))
    person = declared(models.CharField(max_length=32), _person(_WITH_OFFER))
    offered_at = declared(models.DateTimeField(), _when(_WITH_OFFER))
    ring_seconds = declared(models.FloatField(), _when(_WITH_OFFER))
    how = declared(models.CharField(max_length=12, blank=True), _when(_WITH_OFFER))
    id = declared(models.BigAutoField(primary_key=True), _fact(_WITH_OFFER))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["call", "offer"], name="one_offer_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "offered_at"], name="offer_by_time"),
            models.Index(fields=["person"], name="offer_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.offer} to {self.person}"


class AgentMoment(TenantOwned):
    """From `at` on an agent was in this state, until the next such moment."""

    person = declared(models.CharField(max_length=32), _person(_WITH_MOMENT))
    at = declared(models.DateTimeField(), _when(_WITH_MOMENT))
    state = declared(models.CharField(max_length=12), _when(_WITH_MOMENT))
    reason = declared(models.CharField(max_length=100, blank=True), _when(_WITH_MOMENT))
    id = declared(models.BigAutoField(primary_key=True), _fact(_WITH_MOMENT))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "at"], name="one_state_at_a_moment"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "at"], name="agent_by_time")]

    def __str__(self) -> str:
        return f"{self.person} {self.state}"


class MissedCaller(TenantOwned):
    """A caller from outside whom a queue did not answer, shared by those who work there: waiting, claimed, or handled.

    `index` finds the caller's number, which is `sealed` with the name; `id` is the call's. `handled_call` is the call in
    which somebody reached that number at last; empty where somebody said that nothing is left to do.
    """

    id = declared(models.CharField(primary_key=True, max_length=64), _fact(_WITH_MISSED))
    queue = declared(models.CharField(max_length=QUEUE_LENGTH), _fact(_WITH_MISSED))
    name = declared(models.CharField(max_length=QUEUE_LENGTH), _fact(_WITH_MISSED))
    index = declared(models.CharField(max_length=INDEX_LENGTH, blank=True), _outside("user.unique_id", _WITH_MISSED))
    sealed = declared(models.BinaryField(default=b""), _outside("user.contact.phone_number", _WITH_MISSED, vaulted=True))
    missed_at = declared(models.DateTimeField(), _fact(_WITH_MISSED))
    wait_seconds = declared(models.FloatField(), _fact(_WITH_MISSED))
    outcome = declared(models.CharField(max_length=12), _fact(_WITH_MISSED))
    state = declared(
        models.CharField(
            max_length=8,
            choices=[("waiting", "waiting"), ("claimed", "claimed"), ("handled", "handled")],
            default="waiting",
        ),
        _fact(_WITH_MISSED),
    )
    claimed_by = declared(models.CharField(max_length=32, blank=True), _person(_WITH_MISSED))
    claimed_at = declared(models.DateTimeField(null=True, blank=True), _when(_WITH_MISSED))
    handled_by = declared(models.CharField(max_length=32, blank=True), _person(_WITH_MISSED))
    handled_at = declared(models.DateTimeField(null=True, blank=True), _when(_WITH_MISSED))
    handled_call = declared(models.CharField(max_length=64, blank=True), _fact(_WITH_MISSED))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "state", "-missed_at"], name="missed_by_state"),
            models.Index(fields=["tenant", "index", "state"], name="missed_by_index"),
            models.Index(fields=["claimed_by"], name="missed_by_claimer", condition=~models.Q(claimed_by="")),
            models.Index(fields=["handled_by"], name="missed_by_handler", condition=~models.Q(handled_by="")),
        ]

    def __str__(self) -> str:
        return str(self.id)


class JournalPlace(models.Model):
    """Up to where the journal is in the tables: every event before it is in a row or in an `OpenCall`. There is one row."""

    id = declared(models.PositiveSmallIntegerField(primary_key=True, default=1), _PLACE)
    segment = declared(models.BigIntegerField(), _PLACE)
    offset = declared(models.BigIntegerField(), _PLACE)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.segment}:{self.offset}"


class OpenCall(models.Model):
    """A call that has lasted long, as far as it is known: so that its part of the journal need not be kept or read again."""

    call = declared(models.CharField(primary_key=True, max_length=64), not_personal(_UNTIL_ENDED, Source.USE))
    state = declared(models.BinaryField(), _open())
    """Sealed under a key of the installation, because there is no telling yet whom it is about."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return str(self.call)
