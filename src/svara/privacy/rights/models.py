"""The tables of this room."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from svara.privacy.catalogue import Basis, Declaration, Purpose, Retention, Source, Subject, declared, not_personal
from svara.privacy.files import declare_files
from svara.privacy.rights.asked import KEPT_DAYS, AtOnce, Correction, ErasureWish, Link, Objection, Restriction
from svara.privacy.sealedtext import SealedText, own_key
from svara.privacy.subject import Subject as DataSubject
from svara.privacy.tenancy import OF_TENANT, TenantOwned, id_field

__all__ = [
    "AtOnce",
    "Correction",
    "Erasure",
    "ErasureWish",
    "Hold",
    "Job",
    "Link",
    "Objection",
    "Restriction",
    "RetentionRule",
    "RetentionRun",
    "Undelivered",
]

JOB_DAYS = 30
_KEPT = Retention("tenant", days=JOB_DAYS, since="asked_at")
_FACT = not_personal(_KEPT)


def _asked(category: str) -> Declaration:
    return Declaration(category, Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, _KEPT, Subject.EMPLOYEE, Source.USE)


class Job(TenantOwned):
    """Work that takes long, done by the jobs process (`svara.privacy.rights.jobs`). Arguments name people by id alone."""

    id: str = declared(id_field(), OF_TENANT)
    asked_by: str = declared(models.CharField(max_length=32, blank=True), _asked("user.unique_id"))
    kind: str = declared(models.CharField(max_length=32), _FACT)
    arguments: dict[str, Any] = declared(models.JSONField(default=dict), _asked("user.unique_id"))
    state: str = declared(
        models.CharField(
            max_length=8,
            choices=[("waiting", "waiting"), ("running", "running"), ("done", "done"), ("failed", "failed")],
            default="waiting",
        ),
        _FACT,
    )
    progress: float = declared(models.FloatField(default=0.0), _FACT)
    result: dict[str, Any] | None = declared(models.JSONField(null=True, blank=True), _asked("user.unique_id"))
    error: str = declared(models.CharField(max_length=500, blank=True), _FACT)
    attempts: int = declared(models.IntegerField(default=0), _FACT)
    runner: str = declared(models.CharField(max_length=32, blank=True), _FACT)
    alive_at: float = declared(models.FloatField(default=0.0), _FACT)
    asked_at: datetime = declared(models.DateTimeField(auto_now_add=True), _FACT)
    ended_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), _FACT)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["asked_at"], name="job_by_age"),
            models.Index(fields=["asked_at"], name="job_to_do", condition=models.Q(state__in=["waiting", "running"])),
            models.Index(fields=["asked_by"], name="job_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


_PROOF = Retention("tenant")


def _proof(category: str, *, vaulted: bool = False) -> Declaration:
    basis = Basis.LEGAL_OBLIGATION
    return Declaration(category, Purpose.RIGHTS, basis, _PROOF, Subject.EMPLOYEE, Source.USE, vaulted=vaulted)


declare_files(
    "files.backups", [".backups", ".key-copies", ".backup-*/**", ".restore-*/**", ".verify-*/**", "before-restore-*/**"]
)
_FETCHED = Retention("tenant", days=1, since="the export")
declare_files(
    "files.exports",
    ["exports/*"],
    Declaration("user.content.private", Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, _FETCHED, Subject.EMPLOYEE, Source.SYSTEM),
)
declare_files("files.erasures", ["erasures", ".erasures-lock"], _proof("user.unique_id"))
_DECIDED = Retention("tenant", days=KEPT_DAYS, since="asked_at")
declare_files(
    "files.decisions",
    ["decisions", ".decisions-lock"],
    Declaration("user.privacy_preferences", Purpose.RIGHTS, Basis.LEGAL_OBLIGATION, _DECIDED, Subject.ANYONE, Source.PERSON),
)


class Undelivered(TenantOwned):
    """A decision that its ledger does not have yet (`svara.privacy.rights.delivering`): `row` of the table `kind`."""

    id: int = declared(models.BigAutoField(primary_key=True), OF_TENANT)
    kind: str = declared(models.CharField(max_length=40), OF_TENANT)
    row: str = declared(models.CharField(max_length=32), OF_TENANT)

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"


class Erasure(TenantOwned):
    """What is kept of somebody who was erased: the receipt, which names nobody. `finished`: the key is destroyed and the
    ledger has its line, too."""

    id: str = declared(id_field(), OF_TENANT)
    subject: str = declared(models.CharField(max_length=160), _proof("user.unique_id"))
    by: str = declared(models.CharField(max_length=32, blank=True), _proof("user.unique_id"))
    job: str = declared(models.CharField(max_length=32, blank=True, db_index=True), OF_TENANT)
    at: datetime = declared(models.DateTimeField(db_index=True), _proof("user.behavior"))
    receipt: dict[str, Any] = declared(models.JSONField(), _proof("user.unique_id"))
    digest: str = declared(models.CharField(max_length=64), OF_TENANT)
    key: dict[str, Any] | None = declared(models.JSONField(null=True, blank=True), OF_TENANT)
    finished: bool = declared(models.BooleanField(default=False), OF_TENANT)

    def __str__(self) -> str:
        return self.id


class Hold(TenantOwned):
    """A legal hold on everything about somebody (`subject`), or on a kind of data (`period`: see `port.Period`). Why is
    sealed for whom it is about."""

    id: str = declared(id_field(), OF_TENANT)
    subject: str = declared(models.CharField(max_length=160, blank=True), _proof("user.unique_id"))
    period: str = declared(models.CharField(max_length=64, blank=True), OF_TENANT)
    reason: str = declared(SealedText(), _proof("user.content.private", vaulted=True))
    made_by: str = declared(models.CharField(max_length=32), _proof("user.unique_id"))
    made_at: datetime = declared(models.DateTimeField(auto_now_add=True), OF_TENANT)
    until: datetime = declared(models.DateTimeField(), OF_TENANT)
    lifted_at: datetime | None = declared(models.DateTimeField(null=True, blank=True), OF_TENANT)

    def __str__(self) -> str:
        return self.id

    def sealed_for(self) -> DataSubject:
        return DataSubject(self.subject) if self.subject else own_key(self.id)


class RetentionRule(TenantOwned):
    """A company keeps a kind of data (`port.Period`) for other than the default days."""

    id: str = declared(id_field(), OF_TENANT)
    period: str = declared(models.CharField(max_length=64), OF_TENANT)
    days: int = declared(models.PositiveIntegerField(), OF_TENANT)
    chosen_by: str = declared(models.CharField(max_length=32), _proof("user.unique_id"))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "period"], name="one_retention_rule_of_a_period")
        ]

    def __str__(self) -> str:
        return self.period


class RetentionRun(TenantOwned):
    """Proof of what went because its time was over: counts and digests (`port.Gone`), and a digest over all of it."""

    id: str = declared(id_field(), OF_TENANT)
    at: datetime = declared(models.DateTimeField(db_index=True), OF_TENANT)
    gone: list[dict[str, Any]] = declared(models.JSONField(), OF_TENANT)
    digest: str = declared(models.CharField(max_length=64), OF_TENANT)

    def __str__(self) -> str:
        return self.id
