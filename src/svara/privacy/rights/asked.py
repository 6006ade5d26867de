"""The tables of what people ask for about their own data: corrections, restrictions, objections, and the one-time links of
people outside. What was said, and the values themselves, are sealed under the key of whom they are about.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from svara.privacy.catalogue import Basis, Declaration, Purpose, Retention, Source, Subject, declared, not_personal
from svara.privacy.sealedtext import SealedText
from svara.privacy.subject import Subject as DataSubject
from svara.privacy.tenancy import OF_TENANT, TenantOwned, id_field

KEPT_DAYS = 3 * 365
"""What was asked and decided stays so long after its end: whoever decided has to show it (GDPR Article 5(2))."""
LINK_DAYS = 30
"""That there was a link, and how it was verified, stays so long."""

_KEPT = Retention("tenant", days=KEPT_DAYS, since="decided_at")
_FACT = not_personal(_KEPT)


def _about(category: str, source: Source = Source.PERSON, *, vaulted: bool = False) -> Declaration:
    basis = Basis.LEGAL_OBLIGATION
    return Declaration(category, Purpose.RIGHTS, basis, _KEPT, Subject.ANYONE, source, vaulted=vaulted)


_WHO, _WHEN, _SAID = (
    _about("user.unique_id", Source.SYSTEM),
    _about("user.behavior"),
    _about("user.content.private", vaulted=True),
)
_OFFICER = Declaration("user.unique_id", Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, _KEPT, Subject.EMPLOYEE, Source.USE)


WAITING = ("waiting", "asked", "stopped")
"""The states in which an officer has to decide."""


class Asked(TenantOwned):
    """Something that somebody asked, or that was done for them. `asked_by` is an account's id, "" for somebody outside."""

    id: str = declared(id_field(), _FACT)
    subject: str = declared(models.CharField(max_length=160), _WHO)
    state: str = declared(models.CharField(max_length=10), _WHEN)
    sealed: bytes = declared(models.BinaryField(), _SAID)
    asked_by: str = declared(models.CharField(max_length=32, blank=True), _WHO)
    asked_at: datetime = declared(models.DateTimeField(), _WHEN)
    decided_by: str = declared(models.CharField(max_length=32, blank=True), _OFFICER)
    decided_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _WHEN)
    reminded_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class Correction(Asked):
    """A value that was corrected ("done"), or shall be ("confirm": by the link in a mail; "waiting": for an officer), or
    shall not ("refused", "withdrawn"). `key` says which value (`corrections.Correctable`), `ref` of which thing. Sealed:
    before, after, why, answer."""

    key: str = declared(models.CharField(max_length=40), _FACT)
    ref: str = declared(models.CharField(max_length=64, blank=True), _FACT)
    told_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _WHEN)
    """When those who got the wrong value were told of the right one (GDPR Article 19)."""

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "subject", "-asked_at"], name="correction_by_subject"),
            models.Index(fields=["tenant", "state", "-asked_at"], name="correction_by_state"),
        ]


class AtOnce(TenantOwned):
    """Whether people of a company correct a value of their own at once, where that is not as by default."""

    id: str = declared(id_field(), OF_TENANT)
    key: str = declared(models.CharField(max_length=40), OF_TENANT)
    allowed: bool = declared(models.BooleanField(), OF_TENANT)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "key"], name="one_choice_for_a_value")
        ]

    def __str__(self) -> str:
        return self.key


class Restriction(Asked):
    """Data of somebody that are kept and not used: "asked", "in-force", "refused", "lifted". Sealed: reason, answer.

    `ends_at` is set once the person was told of the end (`told_at`); `until` is when it is to end if nothing else happens.
    """

    ground: str = declared(models.CharField(max_length=10), _WHEN)
    until: datetime | None = declared(models.DateTimeField(null=True, blank=True), _WHEN)
    told_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _WHEN)
    ends_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _WHEN)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "subject"], name="restriction_by_subject"),
            models.Index(fields=["tenant"], name="restriction_in_force", condition=models.Q(state="in-force")),
        ]


class Objection(Asked):
    """Somebody does not want their data used for a purpose: "stopped" until it is decided, then "upheld" (it stays stopped)
    or "refused"; "withdrawn" by the person. Sealed: reason, answer."""

    purpose: str = declared(models.CharField(max_length=20), _WHEN)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "subject"], name="objection_by_subject"),
            models.Index(
                fields=["tenant", "purpose"], name="objection_in_force", condition=models.Q(state__in=["stopped", "upheld"])
            ),
        ]


class ErasureWish(Asked):
    """Somebody outside wants to be erased: "waiting", "done" (it goes the way of every erasure), "refused". Sealed: reason,
    answer."""

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "subject"], name="erasure_wish_by_subject"),
        ]


_LINK = Retention("tenant", days=LINK_DAYS, since="made_at")


def _link(category: str, source: Source = Source.SYSTEM, *, vaulted: bool = False) -> Declaration:
    basis, who = Basis.LEGAL_OBLIGATION, Subject.OUTSIDE_PERSON
    return Declaration(category, Purpose.RIGHTS, basis, _LINK, who, source, vaulted=vaulted)


class Link(TenantOwned):
    """The way of somebody outside to their own data, for one browser and once. Only hashes of its secrets are kept.

    `way`: how it reached the person, "mail" or "officer"; the latter says in `verified` how it was made sure who that is,
    sealed for that person.
    """

    id: str = declared(id_field(), OF_TENANT)
    subject: str = declared(models.CharField(max_length=160), _link("user.unique_id"))
    way: str = declared(models.CharField(max_length=10), _link("user.behavior"))
    verified: str = declared(SealedText(default=b""), _link("user.behavior", Source.EMPLOYER, vaulted=True))
    made_by: str = declared(models.CharField(max_length=32, blank=True), _link("user.unique_id"))
    made_at: datetime = declared(models.DateTimeField(db_index=True), _link("user.behavior"))
    token_hash: str = declared(models.CharField(max_length=64, unique=True), _link("user.authorization.credentials"))
    session_hash: str = declared(models.CharField(max_length=64, blank=True), _link("user.authorization.credentials"))
    opened_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _link("user.behavior", Source.USE))
    ended_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _link("user.behavior", Source.USE))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "subject"], name="link_by_subject")]

    def __str__(self) -> str:
        return self.id

    def sealed_for(self) -> DataSubject:
        return DataSubject(self.subject)
