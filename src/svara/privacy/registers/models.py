"""The tables of the registers: cases of persons, disclosures to authorities, recipients, and the legal basis of contacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from django.db import models

from svara.privacy.catalogue import (
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
from svara.privacy.registers.transfers import Ground, Role
from svara.privacy.sealedtext import SealedText, own_key
from svara.privacy.subject import Subject as DataSubject
from svara.privacy.subject import outside, person
from svara.privacy.tenancy import OF_TENANT, TenantOwned, id_field

CASE_DAYS = 3 * 365
DISCLOSURE_DAYS = 5 * 365
MAX_TEXT = 4000

_CASE = Retention("tenant", days=CASE_DAYS, since="answered_at")
_DISCLOSED = Retention("tenant", days=DISCLOSURE_DAYS, since="asked_at")
_FACT = not_personal(_CASE)


def _said(category: str, *, vaulted: bool = False) -> Declaration:
    basis = Basis.LEGAL_OBLIGATION
    return Declaration(category, Purpose.RIGHTS, basis, _CASE, Subject.ANYONE, Source.PERSON, vaulted=vaulted)


def _kept(category: str, *, vaulted: bool = False) -> Declaration:
    basis = Basis.LEGAL_OBLIGATION
    return Declaration(category, Purpose.RIGHTS, basis, _DISCLOSED, Subject.ANYONE, Source.USE, vaulted=vaulted)


class Case(TenantOwned):
    """A request or complaint. `person` is an account's id, "" for somebody outside, who then left `name` and `contact`;
    `index` finds them by that address. What was said, and who said it, is sealed for that person."""

    id: str = declared(id_field(), _FACT)
    kind: str = declared(models.CharField(max_length=12), _FACT)
    person: str = declared(models.CharField(max_length=32, blank=True), _said("user.unique_id"))
    name: str = declared(SealedText(default=b""), _said("user.name", vaulted=True))
    contact: str = declared(SealedText(default=b""), _said("user.contact.email", vaulted=True))
    index: str = declared(models.CharField(max_length=64, blank=True, db_index=True), _said("user.unique_id"))
    text: str = declared(SealedText(default=b""), _said("user.content.private", vaulted=True))
    opened_at: datetime = declared(models.DateTimeField(), _said("user.behavior"))
    due_on: date = declared(models.DateField(db_index=True), _FACT)
    extension: str = declared(SealedText(default=b""), _said("user.content.private", vaulted=True))
    answer: str = declared(SealedText(default=b""), _said("user.content.private", vaulted=True))
    answered_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _said("user.behavior"))
    answered_by: str = declared(models.CharField(max_length=32, blank=True), _said("user.unique_id"))
    told_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)
    form: str | None = declared(models.CharField(max_length=64, null=True, blank=True, unique=True), _FACT)

    class Meta:
        indexes: ClassVar[Sequence[models.Index]] = [models.Index(fields=["tenant", "due_on"], name="cases_by_due_day")]

    def __str__(self) -> str:
        return self.id

    def sealed_for(self) -> DataSubject:
        """Of somebody outside whose address could not be indexed: the case itself."""
        if self.person:
            return person(self.person)
        return outside(self.index) if self.index else own_key(self.id)


class Disclosure(TenantOwned):
    """An authority wants data. Approved by two different persons before anything leaves; `approvals` are their ids.

    `chapters`, `since` and `until` bound what a package may hold (`svara.privacy.registers.handing`); `digest` is the
    SHA-256 of the package that was made. Its words may name people: they are sealed.
    `silent_until`: so long those concerned are not told, None where no day is known.
    """

    id: str = declared(id_field(), _kept("user.unique_id"))
    authority: str = declared(SealedText(), _kept("user.content.private", vaulted=True))
    reference: str = declared(SealedText(default=b""), _kept("user.content.private", vaulted=True))
    basis: str = declared(SealedText(), _kept("user.content.private", vaulted=True))
    scope: str = declared(SealedText(), _kept("user.content.private", vaulted=True))
    state: str = declared(models.CharField(max_length=10, default="asked"), _kept("user.behavior"))
    asked_at: datetime = declared(models.DateTimeField(), _kept("user.behavior"))
    opened_by: str = declared(models.CharField(max_length=32), _kept("user.unique_id"))
    approvals: list[str] = declared(models.JSONField(default=list), _kept("user.unique_id"))
    ended_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _kept("user.behavior"))
    told: bool = declared(models.BooleanField(default=False), _kept("user.behavior"))
    why_not_told: str = declared(SealedText(default=b""), _kept("user.content.private", vaulted=True))
    silent_until: date | None = declared(models.DateField(null=True, blank=True), _kept("user.behavior"))
    chapters: list[str] = declared(models.JSONField(default=list), _kept("user.behavior"))
    since: date | None = declared(models.DateField(null=True, blank=True), _kept("user.behavior"))
    until: date | None = declared(models.DateField(null=True, blank=True), _kept("user.behavior"))
    job: str = declared(models.CharField(max_length=32, blank=True), _kept("user.behavior"))
    digest: str = declared(models.CharField(max_length=64, blank=True), _kept("user.behavior"))

    def __str__(self) -> str:
        return self.id

    def sealed_for(self) -> DataSubject:
        """The entry's own key: what was disclosed has to be proven also after somebody whom it is about was erased."""
        return own_key(self.id)


_CONCERNED = Declaration(
    "user.unique_id", Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, _DISCLOSED, Subject.ANYONE, Source.USE, frozenset()
)


class DisclosedPerson(TenantOwned):
    """Whose data an authority wants, by a subject that names nobody (`svara.privacy.subject`)."""

    id: str = declared(id_field(), OF_TENANT)
    disclosure: Disclosure = declared(
        models.ForeignKey(Disclosure, on_delete=models.CASCADE, related_name="concerned"), _CONCERNED
    )
    disclosure_id: str
    subject: str = declared(models.CharField(max_length=100), _CONCERNED)

    class Meta:
        indexes: ClassVar[Sequence[models.Index]] = [models.Index(fields=["tenant", "subject"], name="disclosed_by_subject")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["disclosure", "subject"], name="one_person_of_a_disclosure")
        ]

    def __str__(self) -> str:
        return self.id


_GIVEN = not_personal(WITH_TENANT, Source.EMPLOYER)


class RecipientEntry(TenantOwned):
    """What the company says of a recipient. `key` is that of the setting which names it (`Outsider.known_by`), or of its
    own for those that the company added (`purpose` and `data` are theirs alone). `closed_at`: nothing goes there since."""

    id: str = declared(id_field(), OF_TENANT)
    key: str = declared(models.CharField(max_length=300), OF_TENANT)
    kind: str = declared(models.CharField(max_length=20, default=Recipient.PARTNER.value), OF_TENANT)
    name: str = declared(models.CharField(max_length=200), _GIVEN)
    purpose: str = declared(models.CharField(max_length=20, blank=True), _GIVEN)
    data: str = declared(models.CharField(max_length=300, blank=True), _GIVEN)
    country: str = declared(models.CharField(max_length=2, blank=True), _GIVEN)
    role: Role = declared(models.CharField(max_length=10, blank=True), _GIVEN)
    ground: Ground = declared(models.CharField(max_length=10, blank=True), _GIVEN)
    contract: str = declared(models.CharField(max_length=300, blank=True), _GIVEN)
    confidential: bool = declared(models.BooleanField(default=False), _GIVEN)
    closed_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _GIVEN)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "key"], name="one_entry_of_a_recipient")
        ]

    def __str__(self) -> str:
        return self.key


SHARED_DAYS = 5 * 365
_SHARED = Retention("tenant", days=SHARED_DAYS, since="at")
_SHARED_FACT = not_personal(_SHARED)
_SHARER = Declaration(
    "user.unique_id", Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, _SHARED, Subject.EMPLOYEE, Source.USE, frozenset()
)


class Share(TenantOwned):
    """Figures or records without names were given to a recipient: what, of which days, how many rows, how many left out.

    `digest` is the SHA-256 of the file in hex.
    """

    id: str = declared(id_field(), _SHARED_FACT)
    recipient: str = declared(models.CharField(max_length=300), _SHARED_FACT)
    name: str = declared(models.CharField(max_length=200), _SHARED_FACT)
    purpose: str = declared(models.CharField(max_length=20), _SHARED_FACT)
    what: str = declared(models.CharField(max_length=10), _SHARED_FACT)
    form: str = declared(models.CharField(max_length=4), _SHARED_FACT)
    since: date = declared(models.DateField(), _SHARED_FACT)
    until: date = declared(models.DateField(), _SHARED_FACT)
    rows: int = declared(models.PositiveIntegerField(), _SHARED_FACT)
    left_out: int = declared(models.PositiveIntegerField(), _SHARED_FACT)
    digest: str = declared(models.CharField(max_length=64), _SHARED_FACT)
    at: datetime = declared(models.DateTimeField(), _SHARED_FACT)
    by: str = declared(models.CharField(max_length=32), _SHARER)

    class Meta:
        indexes: ClassVar[Sequence[models.Index]] = [models.Index(fields=["tenant", "-at"], name="shares_by_time")]

    def __str__(self) -> str:
        return self.id


def _contact(category: str, source: Source, *, vaulted: bool = False) -> Declaration:
    return Declaration(
        category,
        Purpose.RIGHTS,
        Basis.LEGAL_OBLIGATION,
        WITH_TENANT,
        Subject.OUTSIDE_PERSON,
        source,
        frozenset(),
        vaulted=vaulted,
    )


class ContactBasis(TenantOwned):
    """On which legal basis somebody outside is dealt with, and why; the newest of a subject is in force, the others are
    its history. `basis` is a letter of Article 6(1), "" again what the catalogue says; `note` is sealed under the
    person's key."""

    id: str = declared(id_field(), OF_TENANT)
    subject: str = declared(models.CharField(max_length=100), _contact("user.unique_id", Source.SYSTEM))
    basis: str = declared(models.CharField(max_length=10, blank=True), _contact("user.privacy_preferences", Source.EMPLOYER))
    note: bytes = declared(models.BinaryField(default=b""), _contact("user.content.private", Source.EMPLOYER, vaulted=True))
    by: str = declared(models.CharField(max_length=32), _contact("user.unique_id", Source.USE))
    at: datetime = declared(models.DateTimeField(), _contact("user.privacy_preferences", Source.USE))

    class Meta:
        indexes: ClassVar[Sequence[models.Index]] = [
            models.Index(fields=["tenant", "subject", "-at"], name="basis_by_contact")
        ]

    def __str__(self) -> str:
        return self.id
