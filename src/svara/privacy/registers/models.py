"""The tables of the registers: cases of persons, and disclosures to authorities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from django.db import models

from svara.privacy.catalogue import Basis, Declaration, Purpose, Retention, Source, Subject, declared, not_personal
from svara.privacy.tenancy import TenantOwned, id_field

CASE_DAYS = 3 * 365
DISCLOSURE_DAYS = 5 * 365
MAX_TEXT = 4000

_CASE = Retention("tenant", days=CASE_DAYS, since="answered_at")
_DISCLOSED = Retention("tenant", days=DISCLOSURE_DAYS, since="asked_at")
_FACT = not_personal(_CASE)


def _said(category: str) -> Declaration:
    return Declaration(category, Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, _CASE, Subject.ANYONE, Source.PERSON)


def _kept(category: str) -> Declaration:
    return Declaration(category, Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, _DISCLOSED, Subject.ANYONE, Source.USE)


class Case(TenantOwned):
    """A request or complaint. `person` is an account's id, "" for somebody outside, who then left `name` and `contact`."""

    id: str = declared(id_field(), _FACT)
    kind: str = declared(models.CharField(max_length=12), _FACT)
    person: str = declared(models.CharField(max_length=32, blank=True), _said("user.unique_id"))
    name: str = declared(models.CharField(max_length=200, blank=True), _said("user.name"))
    contact: str = declared(models.CharField(max_length=320, blank=True), _said("user.contact.email"))
    text: str = declared(models.TextField(max_length=MAX_TEXT), _said("user.content.private"))
    opened_at: datetime = declared(models.DateTimeField(), _said("user.behavior"))
    due_on: date = declared(models.DateField(db_index=True), _FACT)
    extension: str = declared(models.TextField(max_length=MAX_TEXT, blank=True), _said("user.content.private"))
    answer: str = declared(models.TextField(max_length=MAX_TEXT, blank=True), _said("user.content.private"))
    answered_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _said("user.behavior"))
    answered_by: str = declared(models.CharField(max_length=32, blank=True), _said("user.unique_id"))
    told_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)
    form: str | None = declared(models.CharField(max_length=64, null=True, blank=True, unique=True), _FACT)

    class Meta:
        indexes: ClassVar[Sequence[models.Index]] = [models.Index(fields=["tenant", "due_on"], name="cases_by_due_day")]

    def __str__(self) -> str:
        return self.id


class Disclosure(TenantOwned):
    """An authority wants data. Approved by two different persons before anything leaves; `approvals` are their ids."""

    id: str = declared(id_field(), _kept("user.unique_id"))
    authority: str = declared(models.CharField(max_length=200), _kept("user.content.private"))
    reference: str = declared(models.CharField(max_length=200, blank=True), _kept("user.content.private"))
    basis: str = declared(models.CharField(max_length=500), _kept("user.content.private"))
    scope: str = declared(models.CharField(max_length=500), _kept("user.content.private"))
    state: str = declared(models.CharField(max_length=10, default="asked"), _kept("user.behavior"))
    asked_at: datetime = declared(models.DateTimeField(), _kept("user.behavior"))
    opened_by: str = declared(models.CharField(max_length=32), _kept("user.unique_id"))
    approvals: list[str] = declared(models.JSONField(default=list), _kept("user.unique_id"))
    ended_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _kept("user.behavior"))
    told: bool = declared(models.BooleanField(default=False), _kept("user.behavior"))
    why_not_told: str = declared(models.CharField(max_length=500, blank=True), _kept("user.content.private"))

    def __str__(self) -> str:
        return self.id
