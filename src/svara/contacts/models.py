"""The tables of contacts: cards that a person keeps for themselves, sealed, and by what they are found.

A card is sealed under the key of the person who keeps it, so that it goes with them; whom it is about is found by a blind
index of each number and address (`Reach`), so that it goes with these, too. Only what somebody chose is ever here.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from svara.people.models import Account, TenantOwned
from svara.privacy.catalogue import (
    WITH_ACCOUNT,
    Basis,
    Declaration,
    Purpose,
    Retention,
    Source,
    Subject,
    declared,
)
from svara.privacy.tenancy import OF_TENANT, id_field

DELETED_DAYS = 1
"""For so long a deleted contact can be taken back."""
MAX_CONTACTS = 10_000
"""Of one person."""
INDEX_LENGTH = 32
SOURCES = ("hand", "file", "phone", "call", "api")
"""How a contact came: typed, from a vCard file, from the phone's own book (one by one), from a call, by a program."""

_DELETED = Retention("account", days=DELETED_DAYS, since="deleted_at")


def _own(category: str) -> Declaration:
    """About the person who keeps it, and shown to them alone."""
    return Declaration(
        category, Purpose.CONTACTS, Basis.CONTRACT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.PERSON, frozenset()
    )


def _outside(category: str, *, vaulted: bool = False) -> Declaration:
    """About whom it names: from the person who keeps it, and shown to them alone."""
    return Declaration(
        category,
        Purpose.CONTACTS,
        Basis.LEGITIMATE_INTEREST,
        WITH_ACCOUNT,
        Subject.OUTSIDE_PERSON,
        Source.PERSON,
        frozenset(),
        vaulted=vaulted,
    )


class Contact(TenantOwned):
    """Somebody whom a person of the company keeps for themselves. `sealed` is the card (`svara.contacts.card`). A deleted
    one can be taken back for a day."""

    id: str = declared(id_field(), OF_TENANT)
    account: Account = declared(
        models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+"), _own("user.unique_id")
    )
    account_id: str
    sealed: bytes = declared(models.BinaryField(), _outside("user.contact", vaulted=True))
    source: str = declared(models.CharField(max_length=8, choices=[(each, each) for each in SOURCES]), _own("user.behavior"))
    created_at: datetime = declared(models.DateTimeField(), _own("user.behavior"))
    changed_at: datetime = declared(models.DateTimeField(), _own("user.behavior"))
    deleted_at: datetime | None = declared(
        models.DateTimeField(null=True, blank=True),
        Declaration(
            "user.behavior", Purpose.CONTACTS, Basis.CONTRACT, _DELETED, Subject.EMPLOYEE, Source.PERSON, frozenset()
        ),
    )

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "changed_at"], name="contact_by_owner"),
            models.Index(fields=["tenant", "deleted_at"], name="contact_deleted", condition=~models.Q(deleted_at=None)),
        ]

    def __str__(self) -> str:
        return self.id


class Reach(TenantOwned):
    """A number or an address of a contact, as its blind index: by it the contact is found when somebody calls, and when the
    person whom it is about asks for their rights."""

    id: int = declared(models.BigAutoField(primary_key=True), OF_TENANT)
    contact: Contact = declared(models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="reaches"), OF_TENANT)
    contact_id: str
    index: str = declared(models.CharField(max_length=INDEX_LENGTH), _outside("user.unique_id"))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "index"], name="contact_by_index")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["contact", "index"], name="one_reach_a_contact")
        ]

    def __str__(self) -> str:
        return f"{self.index} of {self.contact_id}"
