"""The tables of what is left of calls whose time is over: figures by the hour, about nobody (`svara.history.expiry`).

Times of waiting and talking are sums in whole milliseconds, so that figures made of them are the same, to the last digit, as
those that were made of the calls. `hour` is when an hour of the company's clock began. The one table that names anybody is
`AgentCount`: of those who agreed to figures of their own, and no longer than those are kept.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from django.db import models

from svara.people.models import TenantOwned
from svara.privacy.catalogue import (
    WITH_TENANT,
    Basis,
    Declaration,
    Purpose,
    Retention,
    Source,
    Subject,
    declared,
    not_personal,
)
from svara.privacy.files import declare_files

AGENT_DAYS = 400
"""So long it stays known what an agent did: as long as statistics reach."""
QUEUE_LENGTH = 64

_FIGURE = not_personal(WITH_TENANT, Source.USE)
_WITH_HOUR = Retention("account", days=AGENT_DAYS, since="hour")


_ARCHIVED = Retention("tenant", days=0, since="the call")
declare_files(
    "files.archive",
    ["archive/*/*"],
    *(
        Declaration(
            "user.behavior", Purpose.HISTORY, Basis.LEGITIMATE_INTEREST, _ARCHIVED, subject, Source.USE, vaulted=True
        )
        for subject in (Subject.EMPLOYEE, Subject.OUTSIDE_PERSON)
    ),
)


def _of_agent(category: str) -> Declaration:
    return Declaration(category, Purpose.HISTORY, Basis.CONTRACT, _WITH_HOUR, Subject.EMPLOYEE, Source.USE)


def _count() -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(default=0)


def _milliseconds() -> models.BigIntegerField[int, int]:
    return models.BigIntegerField(default=0)


class CallCount(TenantOwned):
    """How many calls of one kind began in an hour. `queue` is the name that their records had, "" without one."""

    hour: datetime = declared(models.DateTimeField(), _FIGURE)
    direction: str = declared(models.CharField(max_length=8), _FIGURE)
    outcome: str = declared(models.CharField(max_length=12), _FIGURE)
    queue: str = declared(models.CharField(max_length=QUEUE_LENGTH, blank=True), _FIGURE)
    calls: int = declared(_count(), _FIGURE)
    wait_ms: int = declared(_milliseconds(), _FIGURE)
    talk_ms: int = declared(_milliseconds(), _FIGURE)
    id: int = declared(models.BigAutoField(primary_key=True), _FIGURE)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "hour", "direction", "outcome", "queue"], name="one_count_of_calls"),
        ]

    def __str__(self) -> str:
        return f"{self.calls} {self.direction} {self.outcome}"


class QueueCount(TenantOwned):
    """How callers fared who came to a queue (id `queue`, then called `name`) in an hour.

    `in_time` were answered within the queue's promise as it was when the calls went, `gave_up_at_once` left within it.
    """

    hour: datetime = declared(models.DateTimeField(), _FIGURE)
    queue: str = declared(models.CharField(max_length=QUEUE_LENGTH), _FIGURE)
    name: str = declared(models.CharField(max_length=QUEUE_LENGTH), _FIGURE)
    offered: int = declared(_count(), _FIGURE)
    answered: int = declared(_count(), _FIGURE)
    abandoned: int = declared(_count(), _FIGURE)
    in_time: int = declared(_count(), _FIGURE)
    gave_up_at_once: int = declared(_count(), _FIGURE)
    answer_ms: int = declared(_milliseconds(), _FIGURE)
    longest_ms: int = declared(_milliseconds(), _FIGURE)
    talk_ms: int = declared(_milliseconds(), _FIGURE)
    id: int = declared(models.BigAutoField(primary_key=True), _FIGURE)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "hour", "queue"], name="one_count_of_a_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.offered} in {self.name}"


class AgentCount(TenantOwned):
    """What an agent who agreed to it did for a queue in an hour: callers offered to them, answered, and for how long."""

    hour: datetime = declared(models.DateTimeField(), _of_agent("user.behavior"))
    queue: str = declared(models.CharField(max_length=QUEUE_LENGTH), _of_agent("user.behavior"))
    person: str = declared(models.CharField(max_length=32), _of_agent("user.unique_id"))
    offered: int = declared(_count(), _of_agent("user.behavior"))
    answered: int = declared(_count(), _of_agent("user.behavior"))
    talk_ms: int = declared(_milliseconds(), _of_agent("user.behavior"))
    id: int = declared(models.BigAutoField(primary_key=True), not_personal(_WITH_HOUR))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "hour", "queue", "person"], name="one_count_of_an_agent"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["person"], name="count_by_person")]

    def __str__(self) -> str:
        return f"{self.answered} by {self.person}"


class TalkCount(TenantOwned):
    """How long five people or more talked for a queue on a day, kept when it goes who they were: what works-council mode
    shows (`svara.history.groups`)."""

    day: date = declared(models.DateField(), _FIGURE)
    queue: str = declared(models.CharField(max_length=QUEUE_LENGTH), _FIGURE)
    people: int = declared(_count(), _FIGURE)
    talks: int = declared(_count(), _FIGURE)
    talk_ms: int = declared(_milliseconds(), _FIGURE)
    id: int = declared(models.BigAutoField(primary_key=True), _FIGURE)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "day", "queue"], name="one_count_of_talks"),
        ]

    def __str__(self) -> str:
        return f"{self.talks} by {self.people}"


class ArchiveFile(TenantOwned):
    """A sealed file of a company's archive (`svara.history.archive`): calls that began from `first_at` to `last_at`."""

    name: str = declared(models.CharField(max_length=120), _FIGURE)
    first_at: datetime = declared(models.DateTimeField(), _FIGURE)
    last_at: datetime = declared(models.DateTimeField(), _FIGURE)
    calls: int = declared(_count(), _FIGURE)
    digest: str = declared(models.CharField(max_length=64), _FIGURE)
    id: int = declared(models.BigAutoField(primary_key=True), _FIGURE)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_archive_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
