"""The tables of statistics on groups: a company's choice, this week's use under pseudonyms, figures, requests."""

from __future__ import annotations

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
from svara.privacy.sealedtext import SealedText
from svara.privacy.subject import Subject as DataSubject
from svara.privacy.subject import person as of_person
from svara.privacy.tenancy import OF_TENANT, TenantOwned, id_field

_CHOSEN = not_personal(WITH_TENANT, Source.EMPLOYER)
_COUNTED = not_personal(WITH_TENANT, Source.USE)
_WEEK = Retention("tenant", days=8, since="week")
_AUDITORS = frozenset({Recipient.ADMINISTRATORS})


def _use(category: str) -> Declaration:
    basis = Basis.LEGITIMATE_INTEREST
    return Declaration(category, Purpose.STATISTICS, basis, _WEEK, Subject.EMPLOYEE, Source.USE, frozenset())


def _reveal(category: str, *, vaulted: bool = False) -> Declaration:
    basis, who = Basis.LEGITIMATE_INTEREST, Subject.EMPLOYEE
    return Declaration(category, Purpose.SECURITY, basis, WITH_TENANT, who, Source.USE, _AUDITORS, vaulted=vaulted)


class Choice(TenantOwned):
    """What a company chose; no row: neither. `usage`: how the system is used is counted. `council`: statistics tell managers
    nothing of single people. `auditors` are ids of the accounts who decide on exceptions."""

    id: str = declared(id_field(), OF_TENANT)
    usage: bool = declared(models.BooleanField(default=False), _CHOSEN)
    council: bool = declared(models.BooleanField(default=False), _CHOSEN)
    auditors: list[str] = declared(models.JSONField(default=list), _reveal("user.unique_id"))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant"], name="one_choice_of_figures")
        ]

    def __str__(self) -> str:
        return self.tenant_id


class WeekKey(TenantOwned):
    """The key of a week's pseudonyms. It goes with the week, and nothing links one week's pseudonyms with another's."""

    id: str = declared(id_field(), OF_TENANT)
    week: date = declared(models.DateField(), OF_TENANT)
    key: str = declared(models.CharField(max_length=64), not_personal(WITH_TENANT))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "week"], name="one_key_a_week")
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.week}"


class Use(TenantOwned):
    """How often a pseudonym used a page in the week that runs. Nobody is shown it; when the week is over it goes."""

    id: str = declared(id_field(), OF_TENANT)
    week: date = declared(models.DateField(), _use("user.behavior"))
    page: str = declared(models.CharField(max_length=60), _use("user.behavior"))
    pseudonym: str = declared(models.CharField(max_length=64), _use("user.unique_id"))
    times: int = declared(models.PositiveIntegerField(), _use("user.behavior"))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "week", "page", "pseudonym"], name="one_use_of_a_page_a_week")
        ]

    def __str__(self) -> str:
        return f"{self.page}/{self.week}"


class Figure(TenantOwned):
    """How many people used a page in a week, and how often. Written when the week is over, for five people or more."""

    id: str = declared(id_field(), OF_TENANT)
    week: date = declared(models.DateField(), _COUNTED)
    page: str = declared(models.CharField(max_length=60), _COUNTED)
    people: int = declared(models.PositiveIntegerField(), _COUNTED)
    times: int = declared(models.PositiveIntegerField(), _COUNTED)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "week", "page"], name="one_figure_of_a_page_a_week")
        ]

    def __str__(self) -> str:
        return f"{self.page}/{self.week}"


class Reveal(TenantOwned):
    """A manager asks for one person's figures, with a reason; an auditor decides. All are account ids; the
    reason is sealed for whose figures they are."""

    id: str = declared(id_field(), OF_TENANT)
    asked_by: str = declared(models.CharField(max_length=32), _reveal("user.unique_id"))
    person: str = declared(models.CharField(max_length=32), _reveal("user.unique_id"))
    reason: str = declared(SealedText(), _reveal("user.content.private", vaulted=True))
    asked_at: datetime = declared(models.DateTimeField(), _reveal("user.behavior"))
    decided_by: str = declared(models.CharField(max_length=32, blank=True), _reveal("user.unique_id"))
    decided_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _reveal("user.behavior"))
    ends_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _reveal("user.behavior"))

    def __str__(self) -> str:
        return self.id

    def sealed_for(self) -> DataSubject:
        return of_person(self.person)
