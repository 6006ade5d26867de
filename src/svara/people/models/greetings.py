"""The table of greetings: what callers of a mailbox hear before the tone."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from svara.people.models.accounts import Account
from svara.people.models.base import OF_TENANT, TenantOwned, about_person, id_field
from svara.people.models.routing import Queue
from svara.people.office import GreetingKind
from svara.privacy.catalogue import Purpose, Source, declared

_OWN_CHOICE = about_person("user.settings", Purpose.CALLS, Source.PERSON)


class Greeting(TenantOwned):
    """A greeting of somebody's mailbox, or of a queue's: one of `account` and `queue` is set.

    `file` is relative to the data folder's `sounds`; after `until` callers hear what they would without this greeting.
    """

    id: str = declared(id_field(), OF_TENANT)
    account: Account | None = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, null=True, blank=True, related_name="greetings"),
        about_person("user.unique_id", Purpose.CALLS),
    )
    account_id: str | None
    queue: Queue | None = declared(
        models.ForeignKey(Queue, on_delete=models.CASCADE, null=True, blank=True, related_name="greetings"), OF_TENANT
    )
    queue_id: str | None
    kind: GreetingKind = declared(models.CharField(max_length=8), _OWN_CHOICE)
    file: str = declared(
        models.CharField(max_length=200), about_person("user.content.private", Purpose.CALLS, Source.PERSON)
    )
    until: datetime | None = declared(models.DateTimeField(null=True, blank=True), _OWN_CHOICE)
    created_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "kind"], name="one_greeting_of_a_kind"),
            models.UniqueConstraint(fields=["queue", "kind"], name="one_greeting_of_a_kind_of_a_queue"),
            models.CheckConstraint(
                condition=models.Q(account__isnull=True) ^ models.Q(queue__isnull=True), name="a_greeting_is_of_one"
            ),
        ]

    def __str__(self) -> str:
        return self.id
