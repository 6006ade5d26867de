"""The tables of letters: what was written, to whom each goes, and addresses of colleagues at which no mail arrives.

Nothing here says whether a letter was opened or a link in it followed: nobody is told that, so nothing can be kept.
"""

from __future__ import annotations

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
    Retention,
    Source,
    Subject,
    declared,
    not_personal,
)
from svara.privacy.functions.registry import MARKETING, NEWS, PRODUCT_UPDATES
from svara.privacy.tenancy import OF_TENANT, id_field

POSTING_DAYS = 90
"""So long it can be told who was sent a letter; the counts stay."""
AUDIENCES = (NEWS, PRODUCT_UPDATES, MARKETING)
"""Purposes that letters are for: the company's news to readers outside, and the provider's to people of the company."""

_FACT = not_personal(WITH_TENANT, Source.EMPLOYER)
_POSTED = Retention("tenant", days=POSTING_DAYS, since="ended_at")


def _posting(category: str) -> Declaration:
    return Declaration(category, Purpose.LETTERS, Basis.CONSENT, _POSTED, Subject.ANYONE, Source.USE)


class Letter(TenantOwned):
    """A letter to one company's readers or people, in one or several languages.

    `texts` maps a language to subject and text. `by` is who wrote it (account id), "operator", or "" for nobody any more.
    A letter of the operator is one row a company; those that belong together share `sending`. `counts` are by state of
    posting, once it has ended.
    """

    id: str = declared(id_field(), OF_TENANT)
    sending: str = declared(models.CharField(max_length=32, blank=True), _FACT)
    audience: str = declared(models.CharField(max_length=20, choices=[(each, each) for each in AUDIENCES]), _FACT)
    texts: dict[str, dict[str, str]] = declared(models.JSONField(default=dict), _FACT)
    state: str = declared(
        models.CharField(
            max_length=8,
            choices=[("draft", "draft"), ("sending", "sending"), ("stopped", "stopped"), ("sent", "sent")],
            default="draft",
        ),
        _FACT,
    )
    by: str = declared(
        models.CharField(max_length=32, blank=True),
        Declaration("user.unique_id", Purpose.LETTERS, Basis.CONTRACT, WITH_TENANT, Subject.EMPLOYEE, Source.USE),
    )
    changed_at: datetime = declared(models.DateTimeField(), _FACT)
    asked_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)
    ended_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)
    counts: dict[str, int] = declared(models.JSONField(default=dict), _FACT)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "-changed_at"], name="letter_by_time"),
            models.Index(fields=["asked_at"], name="letter_to_send", condition=models.Q(state="sending")),
        ]

    def __str__(self) -> str:
        return self.id


STATES = ("waiting", "begun", "sent", "refused", "withdrawn", "spared", "unreachable", "stopped")


class Posting(TenantOwned):
    """One letter for one person.

    "begun" is written before the mail server hears of it, and stays where nobody knows whether it took the letter (it went
    away, we were killed): such a letter is not sent again. "refused": the server did not take it. "withdrawn": the consent
    was gone when its turn came. "spared": the person restricted the use of their data, or objected. "unreachable": there
    is no address that can be read, or none at which mail arrives. `tries` and `after` are for servers that want us to come
    back.
    """

    id: str = declared(id_field(), OF_TENANT)
    letter: Letter = declared(
        models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="+"), _posting("user.unique_id")
    )
    letter_id: str
    subject: str = declared(models.CharField(max_length=100), _posting("user.unique_id"))
    state: str = declared(
        models.CharField(max_length=12, choices=[(each, each) for each in STATES], default="waiting"),
        _posting("user.contact"),
    )
    tries: int = declared(models.PositiveIntegerField(default=0), _FACT)
    after: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["letter", "subject"], name="one_letter_for_one_person")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["letter", "state"], name="posting_by_state"),
            models.Index(fields=["tenant", "subject"], name="posting_by_subject"),
        ]

    def __str__(self) -> str:
        return self.id


_FAILING = Declaration("user.contact", Purpose.LETTERS, Basis.CONSENT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.USE)


class Undeliverable(TenantOwned):
    """The mail server said for good that a colleague's address does not exist: nothing is sent to it any more. `address` is
    its keyed hash, so that another address of the same person gets letters again."""

    account: Account = declared(
        models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+", primary_key=True), _FAILING
    )
    account_id: str
    address: str = declared(models.CharField(max_length=32), _FAILING)
    since: datetime = declared(models.DateTimeField(), _FAILING)

    def __str__(self) -> str:
        return self.account_id
